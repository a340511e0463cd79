// The session: takes commands, runs training, streams and evaluations on one GPU device, and tells what happens in events.
import { macroF1 } from '../analysis/f1.ts';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { detailsOf } from '../engine/gpu/details.ts';
import { dispatchMicroseconds, probe } from '../engine/gpu/probe.ts';
import { millisecondsOf, type Speed } from '../engine/gpu/work.ts';
import { DeviceLostError, InputError } from '../errors.ts';
import {
  drawSamples,
  factsOf,
  loadModel,
  openCheckpoint,
  type Reading,
  workOfCheckpoint,
} from '../experiment/workspace.ts';
import { evaluateSamples, positionLosses } from '../inference/evaluate.ts';
import { generate } from '../inference/generate.ts';
import { lookAt } from '../inference/look.ts';
import { Stream } from '../inference/stream.ts';
import { bench } from '../instruments/bench.ts';
import { check } from '../instruments/check/check.ts';
import { measure } from '../instruments/measure.ts';
import { obstacleOf, plannedWork, planRun } from '../instruments/plan.ts';
import { SegmentReader } from '../models/reader.ts';
import type { Command, Event, ModelSource, Post, TrainProgress } from '../protocol/index.ts';
import { Random } from '../random.ts';
import { places } from '../tasks/facts.ts';
import { strangersOf } from '../text/text-noise.ts';
import { isSpelt, type Vocabulary } from '../text/vocabulary.ts';
import { totalSteps } from '../train/schedule.ts';
import { Trainer, type TurnReport } from '../train/trainer.ts';

type During = Extract<Event, { type: 'failed' }>['during'];

/** A job that can be paused, stepped and stopped between two of its steps. */
class Gate {
  stopped = false;
  /** A checkpoint is asked for as soon as the step that is under way has been told. */
  checkpointDue = false;
  /** Steps asked for and not yet begun. */
  private steps = 0;
  private wake: (() => void) | undefined;
  /** When the last step began. */
  private last = 0;

  /** @param interval milliseconds from one step to the next, at least */
  constructor(
    public paused = false,
    private interval = 0,
  ) {}

  pace(interval: number): void {
    this.interval = interval;
    this.wake?.();
  }

  continue(): void {
    this.paused = false;
    this.steps = 0;
    this.wake?.();
  }

  step(): void {
    this.paused = true;
    this.steps++;
    this.wake?.();
  }

  stop(): void {
    this.stopped = true;
    this.wake?.();
  }

  /** Whether to stay here until somebody says something. */
  get held(): boolean {
    return this.paused && this.steps === 0 && !this.stopped;
  }

  /** Wait here while paused. `waiting` is called, and waited for, when the wait begins. Returns whether to go on. */
  async pass(waiting: () => void | Promise<void>): Promise<boolean> {
    while (this.held || this.early > 0) {
      if (this.held) await waiting();
      // Meanwhile it may have been told to go on.
      const { held, early } = this;
      if (!held && early <= 0) break;
      let timer: ReturnType<typeof setTimeout> | undefined;
      await new Promise<void>((resolve) => {
        this.wake = resolve;
        if (!held) timer = setTimeout(resolve, early);
      });
      clearTimeout(timer);
      this.wake = undefined;
    }
    if (this.steps > 0) this.steps--;
    this.last = performance.now();
    return !this.stopped;
  }

  /** Milliseconds that are left until the next step is due; a step asked for is due at once. */
  private get early(): number {
    if (this.interval === 0 || this.stopped || this.paused) return 0;
    return this.last + this.interval - performance.now();
  }
}

/** Milliseconds between two automatic checkpoints, at least; and in how many times its own duration one is taken. */
const AUTOSAVE = 10_000;
const AUTOSAVE_SPACING = 20;
/** Sequences an evaluation runs at once. */
const EVALUATION_BATCH = 32;

/** Commands after which the GPU has something to do. */
const beginsWork: ReadonlySet<Command['type']> = new Set([
  'train-start',
  'train-continue',
  'train-step',
  'stream-start',
  'stream-continue',
  'stream-step',
  'look-start',
  'evaluate-start',
  'generate-start',
]);

/** Jobs whose figures are worth nothing with other work beside. */
type Alone = 'bench' | 'measure' | 'check';
type AloneStart = Extract<Command, { type: `${Alone}-start` }>;

function aloneJob(gpu: Gpu, command: AloneStart, stopped: () => boolean): AsyncGenerator<Event> {
  switch (command.type) {
    case 'bench-start':
      return bench(gpu, command, stopped);
    case 'measure-start':
      return measure(gpu, command, stopped);
    case 'check-start':
      return check(gpu, stopped);
  }
}

export class Session {
  private gpu: Promise<Gpu> | undefined;
  private training: Gate | undefined;
  private streaming: Gate | undefined;
  private evaluating: Gate | undefined;
  private generating: Gate | undefined;
  /** The job that has the GPU to itself, if there is one. */
  private alone: { readonly kind: Alone; readonly gate: Gate } | undefined;
  private trainer: Trainer | undefined;
  /** Each kind of job runs after the one before it has ended. */
  private readonly tails = new Map<During, Promise<void>>();
  /** The last one kept of the run that is on. */
  private lastCheckpoint: Uint8Array<ArrayBuffer> | undefined;
  /** The last model trained, once its run has been released. */
  private trained: { readonly bytes: Uint8Array<ArrayBuffer>; readonly progress: TrainProgress } | undefined;
  /** What the adapter reaches, once it was measured. */
  private speed: Speed | undefined;
  /** The loss of the device that was told last. */
  private lost: DeviceLostError | undefined;

  /**
   * @param post    takes the events
   * @param openGpu opens the adapter; called once, and again after the device was lost
   */
  constructor(
    private readonly post: Post,
    private readonly openGpu: () => Promise<Gpu>,
  ) {}

  handle(command: Command): void {
    // What a visitor begins next goes before a job that wants the GPU to itself.
    if (beginsWork.has(command.type)) this.alone?.gate.stop();
    switch (command.type) {
      case 'connect':
        this.start('connect', () => this.connect());
        break;
      case 'estimate':
        this.start('estimate', () => this.estimate(command));
        break;
      case 'train-start':
        this.training?.stop();
        this.training = new Gate(command.paused);
        this.start('train', this.train.bind(this, command, this.training));
        break;
      case 'train-pause':
        if (this.training) this.training.paused = true;
        break;
      case 'train-continue':
        this.training?.continue();
        break;
      case 'train-step':
        this.training?.step();
        break;
      case 'train-stop':
        this.training?.stop();
        break;
      case 'checkpoint':
        this.start('checkpoint', () => this.sendCheckpoint());
        break;
      case 'stream-start':
        this.streaming?.stop();
        this.streaming = new Gate(false, command.interval);
        this.start('stream', this.stream.bind(this, command, this.streaming));
        break;
      case 'stream-pace':
        this.streaming?.pace(command.interval);
        break;
      case 'stream-pause':
        if (this.streaming) this.streaming.paused = true;
        break;
      case 'stream-continue':
        this.streaming?.continue();
        break;
      case 'stream-step':
        this.streaming?.step();
        break;
      case 'stream-stop':
        this.streaming?.stop();
        break;
      case 'look-start':
        this.start('look', this.look.bind(this, command));
        break;
      case 'evaluate-start':
        this.evaluating?.stop();
        this.evaluating = new Gate();
        this.start('evaluate', this.evaluate.bind(this, command, this.evaluating));
        break;
      case 'evaluate-stop':
        this.evaluating?.stop();
        break;
      case 'generate-start':
        this.generating?.stop();
        this.generating = new Gate();
        this.start('generate', this.generate.bind(this, command, this.generating));
        break;
      case 'generate-stop':
        this.generating?.stop();
        break;
      case 'bench-start':
        this.startAlone('bench', command);
        break;
      case 'measure-start':
        this.startAlone('measure', command);
        break;
      case 'check-start':
        this.startAlone('check', command);
        break;
      case 'bench-stop':
        this.stopAlone('bench');
        break;
      case 'measure-stop':
        this.stopAlone('measure');
        break;
      case 'check-stop':
        this.stopAlone('check');
        break;
      default:
        command satisfies never;
    }
  }

  private startAlone(kind: Alone, command: AloneStart): void {
    this.alone?.gate.stop();
    this.alone = { kind, gate: new Gate() };
    // Whichever they are, one after the other.
    this.start(kind, this.runAlone.bind(this, command, this.alone), 'bench');
  }

  private stopAlone(kind: Alone): void {
    if (this.alone?.kind === kind) this.alone.gate.stop();
  }

  /** Run a job after the last one of its kind (or of another queue); what it throws becomes an event. */
  private start(during: During, job: () => Promise<void>, queue = during): void {
    const before = this.tails.get(queue) ?? Promise.resolve();
    this.tails.set(
      queue,
      before.then(job).catch((error: unknown) => this.report(during, error)),
    );
  }

  /** Resolves when every job started so far has ended. */
  async idle(): Promise<void> {
    await Promise.all(this.tails.values());
  }

  private report(during: During, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof DeviceLostError) {
      // All jobs on the device fail with the same error; it is told once.
      if (error === this.lost) return;
      this.lost = error;
      this.post({ type: 'device-lost', message, ...(this.lastCheckpoint ? { checkpoint: this.lastCheckpoint } : {}) });
      return;
    }
    this.post({ type: 'failed', during, message, status: error instanceof InputError ? 2 : 1 });
  }

  /** The device; another one if there is none yet, or the last one failed. */
  private device(): Promise<Gpu> {
    if (!this.gpu) {
      const opening = this.openGpu();
      const forget = () => {
        if (this.gpu === opening) this.gpu = undefined;
      };
      opening.then((gpu) => gpu.onFailure(forget), forget);
      this.gpu = opening;
    }
    return this.gpu;
  }

  private async connect(): Promise<void> {
    const gpu = await this.device();
    this.post({ type: 'device', device: gpu.facts, details: detailsOf(gpu) });
  }

  /** What the adapter reaches, measured when it has nothing else to do; undefined as long as it has. */
  private async probedSpeed(gpu: Gpu): Promise<Speed | undefined> {
    if (this.alone || this.busyWith() !== undefined) return this.speed;
    this.speed ??= { ...(await probe(gpu)), dispatchMicroseconds: await dispatchMicroseconds(gpu) };
    return this.speed;
  }

  private async estimate({
    id,
    config,
    materials,
    speed: given,
  }: Extract<Command, { type: 'estimate' }>): Promise<void> {
    const gpu = await this.device();
    const plan = await planRun(gpu, config, await plannedWork(config, materials));
    const speed = given ?? (await this.probedSpeed(gpu));
    const { parameters, bytes, tokens } = plan;
    this.post({
      type: 'estimate',
      id,
      parameters,
      bytes,
      tokens,
      steps: totalSteps(config),
      milliseconds: speed && millisecondsOf(plan.labour, speed),
      speed,
      obstacle: obstacleOf(plan)?.message,
    });
  }

  private readonly reading: Reading = (name, share) => this.post({ type: 'reading', name, share });

  private async train(command: Extract<Command, { type: 'train-start' }>, gate: Gate): Promise<void> {
    const { config, materials, resume } = command;
    const gpu = await this.device();
    const trainer = await Trainer.create(gpu, config, materials, resume, this.reading);
    this.trainer = trainer;
    this.trained = undefined;
    this.lastCheckpoint = resume?.bytes as Uint8Array<ArrayBuffer> | undefined;
    let saved = performance.now();
    let wait = AUTOSAVE;
    const save = async (): Promise<void> => {
      gate.checkpointDue = false;
      const begun = performance.now();
      const bytes = await trainer.checkpoint();
      this.lastCheckpoint = bytes;
      saved = performance.now();
      wait = Math.max(AUTOSAVE, AUTOSAVE_SPACING * (saved - begun));
      this.post({ type: 'checkpoint', bytes: bytes.slice(), progress: trainer.progress });
    };
    try {
      this.post({ type: 'train-begin', model: trainer.facts, progress: trainer.progress });
      let pace = 0;
      let told = performance.now();
      // Steps that are submitted and not told yet: while the GPU is at one, the next is drawn and the last is told.
      const waiting: TurnReport[] = [];
      const tell = async (left: number): Promise<void> => {
        while (waiting.length > left) {
          const { report, progress, validation } = waiting.shift() as TurnReport;
          const { segments: batchSegments, loss, accuracy, learningRate, gradientNorm } = await report;
          const milliseconds = performance.now() - told;
          told += milliseconds;
          const tokens = config.batch_size * batchSegments * config.segment_size;
          // The time a token takes (validation included), smoothed over the last ten steps or so.
          pace = pace === 0 ? milliseconds / tokens : pace + (milliseconds / tokens - pace) / 10;
          this.post({
            type: 'train-step',
            progress,
            batchSegments,
            loss,
            accuracy,
            learningRate,
            gradientNorm,
            milliseconds,
            tokensPerSecond: 1000 / pace,
            remaining: pace * trainer.tokensLeft,
          });
          if (!validation) continue;
          const { examples, ...figures } = validation;
          this.post({ type: 'validation', progress, ...figures });
          this.post({ type: 'examples', progress, segments: figures.segments, items: examples });
        }
      };
      const pausing = async (): Promise<void> => {
        await tell(0);
        if (gate.checkpointDue) await save();
        this.post({ type: 'train-paused', progress: trainer.progress });
      };
      while (!trainer.finished && (await gate.pass(pausing))) {
        // What a pause took is no step's time.
        if (waiting.length === 0) told = performance.now();
        let turn: TurnReport;
        try {
          turn = await trainer.turn();
        } catch (error) {
          // What went well before it is told first.
          await tell(0);
          throw error;
        }
        waiting.push(turn);
        const saving = trainer.finished || gate.checkpointDue || performance.now() - saved > wait;
        await tell(saving || turn.validation ? 0 : 1);
        if (saving) await save();
      }
      await tell(0);
      const { progress, finished } = trainer;
      if ((!finished && progress.step > 0) || gate.checkpointDue) await save();
      this.trained = this.lastCheckpoint && { bytes: this.lastCheckpoint, progress };
      this.lastCheckpoint = undefined;
      this.post({ type: 'train-end', progress, finished });
    } finally {
      this.trainer = undefined;
      if (this.training === gate) this.training = undefined;
      await trainer.release();
    }
  }

  private async sendCheckpoint(): Promise<void> {
    const { trainer, trained, training } = this;
    // Between two steps, so that what it holds has been told: whoever keeps it keeps the curves up to there.
    if (trainer && training && !training.held) training.checkpointDue = true;
    else if (trainer) {
      const bytes = await trainer.checkpoint();
      if (trainer === this.trainer) this.lastCheckpoint = bytes;
      this.post({ type: 'checkpoint', bytes: bytes.slice(), progress: trainer.progress });
    } else if (trained) this.post({ type: 'checkpoint', bytes: trained.bytes.slice(), progress: trained.progress });
    else throw new InputError('checkpoint', 'no run', 'a run that was started');
  }

  /** The bytes of the model a command names. */
  private async bytesOf(source: ModelSource): Promise<{ readonly name: string; readonly bytes: Uint8Array }> {
    if (source.kind === 'checkpoint') return source;
    const bytes = this.trainer ? await this.trainer.checkpoint() : this.trained?.bytes;
    if (!bytes) throw new InputError('model', 'no model has been trained', 'a run, or a checkpoint');
    return { name: 'training', bytes };
  }

  private async stream(command: Extract<Command, { type: 'stream-start' }>, gate: Gate): Promise<void> {
    const { name, bytes } = await this.bytesOf(command.model);
    const { checkpoint, where } = openCheckpoint(bytes, name);
    const work = await workOfCheckpoint(checkpoint, where, command.task, command.materials, this.reading);
    const gpu = await this.device();
    const model = await loadModel(gpu, checkpoint);
    let stream: Stream | undefined;
    try {
      stream = await Stream.create(gpu, model, work, command);
      const { expected, blank, othersExpected: others } = stream;
      const noise = command.materials?.noise && strangersOf(command.materials.noise.text, work.vocabulary, places);
      this.post({
        type: 'stream-begin',
        model: factsOf(model, work, name),
        segments: stream.length,
        expected,
        tokens: stream.sample.inputs.length,
        ...(blank ? { blank } : {}),
        ...(others.length > 0 ? { others } : {}),
        ...(noise ? { noise } : {}),
      });
      let index = 0;
      while (!stream.done && (await gate.pass(() => this.post({ type: 'stream-paused', index })))) {
        const segment = await stream.next();
        index = segment.index;
        this.post({ type: 'stream-segment', ...segment });
      }
      const { answered, untouched, done } = stream;
      this.post({ type: 'stream-end', expected, finished: done, ...answered, ...(untouched ? { untouched } : {}) });
    } finally {
      if (this.streaming === gate) this.streaming = undefined;
      stream?.release();
      model.release();
    }
  }

  private async look(command: Extract<Command, { type: 'look-start' }>): Promise<void> {
    const { name, bytes } = await this.bytesOf(command.model);
    const { checkpoint, where } = openCheckpoint(bytes, name);
    const work = await workOfCheckpoint(checkpoint, where, command.task, command.materials, this.reading);
    const model = await loadModel(await this.device(), checkpoint);
    try {
      this.post({ type: 'look-begin' });
      for await (const seen of lookAt(model, work, command, command.at)) this.post({ type: 'look-segment', ...seen });
      this.post({ type: 'look-end' });
    } finally {
      model.release();
    }
  }

  private async evaluate(command: Extract<Command, { type: 'evaluate-start' }>, gate: Gate): Promise<void> {
    const { name, bytes } = await this.bytesOf(command.model);
    const { checkpoint, where } = openCheckpoint(bytes, name);
    const work = await workOfCheckpoint(checkpoint, where, command.task, command.materials, this.reading);
    const gpu = await this.device();
    const model = await loadModel(gpu, checkpoint);
    let reader: SegmentReader | undefined;
    try {
      const { samples: wanted, seed } = command;
      reader = await SegmentReader.create(model, { batch: Math.min(EVALUATION_BATCH, wanted) });
      const unit = work.material.corpus?.unit ?? work.material.knobs?.['unit'];
      const facts = factsOf(model, work, name);
      this.post({ type: 'evaluate-begin', model: facts, task: work.task.id, ...(unit ? { unit } : {}) });
      for (const segments of command.segments) {
        for await (const sums of evaluateSamples(reader, model, work, new Random(seed, segments), segments, {
          count: wanted,
          generate: command.generate,
        })) {
          if (gate.stopped) break;
          const { right, asked, whole, samples } = sums;
          const positions = samples === wanted ? positionLosses(sums) : undefined;
          const generated = sums.generated === undefined ? {} : { generated: sums.generated };
          this.post({
            type: 'evaluate-point',
            segments,
            right,
            asked,
            whole,
            samples,
            wanted,
            loss: sums.loss / samples,
            ...generated,
            ...(sums.classes ? { f1: macroF1(sums.classes) } : {}),
            ...(positions ? { positions } : {}),
          });
        }
        if (gate.stopped) break;
      }
      this.post({ type: 'evaluate-end', finished: !gate.stopped });
    } finally {
      if (this.evaluating === gate) this.evaluating = undefined;
      reader?.release();
      model.release();
    }
  }

  /** What keeps the GPU busy, if anything does but the bench. */
  private busyWith(): string | undefined {
    const jobs = Object.entries({
      'a run in training': this.training,
      'a stream being read': this.streaming,
      'an evaluation': this.evaluating,
      'a text being written': this.generating,
    });
    return jobs.find(([, job]) => job && !job.paused && !job.stopped)?.[0];
  }

  private async runAlone(command: AloneStart, job: { readonly kind: Alone; readonly gate: Gate }): Promise<void> {
    try {
      const busy = this.busyWith();
      if (busy) throw new InputError(job.kind, busy, 'nothing else on the GPU; pause or stop it first');
      const gpu = await this.device();
      for await (const event of aloneJob(gpu, command, () => job.gate.stopped)) this.post(event);
    } finally {
      if (this.alone === job) this.alone = undefined;
    }
  }

  private async generate(command: Extract<Command, { type: 'generate-start' }>, gate: Gate): Promise<void> {
    const { name, bytes } = await this.bytesOf(command.model);
    const { checkpoint, where } = openCheckpoint(bytes, name);
    if (checkpoint.blueprint.answers === 'class')
      throw new InputError(where, `${checkpoint.blueprint.config.model_type}, which answers with a class`, 'a decoder');
    const work = await workOfCheckpoint(checkpoint, where, command.task, command.materials, this.reading);
    const { vocabulary, task } = work;
    const random = new Random(command.seed);
    const size = checkpoint.blueprint.config.segment_size;
    const sample =
      command.prompt === undefined
        ? drawSamples(work, random, 1, command.segments ?? 1, size, 'validation')[0]
        : undefined;
    const from = sample && (task.kind === 'generation' && task.measure === 'loss' ? size : sample.from);
    const prompt = sample ? sample.words.subarray(0, from) : promptOf(command.prompt ?? '', vocabulary);
    const expected = sample ? sample.words.subarray(from, sample.to) : new Int32Array(0);
    const gpu = await this.device();
    const model = await loadModel(gpu, checkpoint);
    let reader: SegmentReader | undefined;
    try {
      reader = await SegmentReader.create(model, { batch: 1 });
      const inWords = (ids: Int32Array) => Array.from(ids, (id) => vocabulary.word(id));
      this.post({
        type: 'generate-begin',
        model: factsOf(model, work, name),
        prompt: inWords(prompt),
        expected: inWords(expected),
      });
      const words =
        sample && task.kind === 'generation' && task.measure === 'accuracy' ? expected.length : command.words;
      const answer: string[] = [];
      for await (const [added] of generate(reader, model, [prompt], {
        length: prompt.length + words,
        temperature: command.temperature,
        random,
      })) {
        if (gate.stopped) break;
        if (!added) continue;
        const word = vocabulary.word(added.id);
        answer.push(word);
        const segments = Math.ceil(added.at / size);
        this.post({ type: 'generate-word', word, probability: added.probability, segments });
      }
      const judgement =
        sample && task.kind === 'generation' && task.check && !('answer' in sample.sample) && !gate.stopped
          ? task.check(answer, sample.sample, vocabulary)
          : undefined;
      this.post({ type: 'generate-end', finished: !gate.stopped, ...(judgement ? { judgement } : {}) });
    } finally {
      if (this.generating === gate) this.generating = undefined;
      reader?.release();
      model.release();
    }
  }
}

/** The tokens of a text to go on with: characters where that is what the vocabulary holds, words elsewhere. */
function promptOf(text: string, vocabulary: Vocabulary): Int32Array {
  const singles = isSpelt(vocabulary.words);
  const ids = singles
    ? Int32Array.from([...text], (character) => vocabulary.id(character))
    : Int32Array.from(text.split(/\s+/).filter(Boolean), (word) => vocabulary.id(word));
  if (ids.length === 0) throw new InputError('prompt', 'no words', 'something to go on with');
  const unknown = ids.indexOf(vocabulary.unknown);
  if (unknown >= 0 && singles)
    throw new InputError('prompt', `'${[...text][unknown]}'`, 'characters of the model\u2019s vocabulary');
  return ids;
}
