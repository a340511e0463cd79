// Train: steps, validations and checkpoints of a run, one step ahead of what is reported.
import { suspicionsOf } from '../../analysis/suspicion.ts';
import type { Suspicion, TrainEvent } from '../../protocol/index.ts';
import { metricsOf } from '../../train/metrics.ts';
import { Trainer, type TurnReport } from '../../train/trainer.ts';
import { Gate } from '../gate.ts';
import type { Job } from '../job.ts';

/**
 * Minimum milliseconds between two automatic checkpoints; and the minimum interval as a multiple of a checkpoint's
 * duration.
 */
const AUTOSAVE = 10_000;
const AUTOSAVE_SPACING = 20;

const kindsOf = (suspicions: readonly Suspicion[]) => suspicions.map(({ kind }) => kind).join(' ');

/**
 * The turns that are submitted but not yet reported: while the GPU runs one, the next is drawn and the last is
 * reported.
 */
class Turns {
  private readonly waiting: TurnReport[] = [];
  private reported = performance.now();
  /** The time per token (including validation), smoothed over about the last ten steps. */
  private pace = 0;
  /** Steps reported; the first one's time includes compiling kernels, so that nothing follows from it. */
  private steps = 0;
  /** What is suspicious about the user's text, about the loss, and about the last validation. */
  private readonly ofText: readonly Suspicion[];
  private ofLoss: readonly Suspicion[] = [];
  private ofAnswers: readonly Suspicion[] = [];

  constructor(private readonly trainer: Trainer) {
    this.ofText = suspicionsOf({ words: trainer.work.report });
  }

  /** @param watches whether a validation comes with a reading of one document */
  async take(watches: boolean): Promise<TurnReport> {
    // A pause does not count towards a step's time.
    if (this.waiting.length === 0) this.reported = performance.now();
    const turn = await this.trainer.turn(watches);
    this.waiting.push(turn);
    return turn;
  }

  get suspicions(): readonly Suspicion[] {
    return [...this.ofText, ...this.ofLoss, ...this.ofAnswers];
  }

  /** Report all turns but the last few. */
  async *report(left: number): AsyncGenerator<TrainEvent, void, void> {
    const { config, tokensLeft } = this.trainer;
    while (this.waiting.length > left) {
      const { report, progress, ...validated } = this.waiting.shift() as TurnReport;
      const { suspicions: ofLoss, ...result } = await report;
      const milliseconds = performance.now() - this.reported;
      this.reported += milliseconds;
      const each = milliseconds / (config.batch_size * result.segments * config.segment_size);
      this.steps++;
      this.pace = this.steps <= 2 ? each : this.pace + (each - this.pace) / 10;
      yield {
        type: 'train-step',
        progress,
        batchSegments: result.segments,
        ...metricsOf({ ...result, milliseconds, tokensPerSecond: 1000 / this.pace }),
        ...(this.steps > 1 ? { remaining: this.pace * tokensLeft } : {}),
      };
      const hasChanged = kindsOf(ofLoss) !== kindsOf(this.ofLoss);
      this.ofLoss = ofLoss;
      if (validated.validation) yield* this.validated({ progress, ...validated }, hasChanged);
      else if (hasChanged) yield { type: 'suspicions', progress, suspicions: this.suspicions };
    }
  }

  /** Report a validation. @param hasChanged what is suspicious has changed since the last report */
  *validated(
    { progress, validation, watched: reading }: Omit<TurnReport, 'report'>,
    hasChanged = false,
  ): Generator<TrainEvent, void, void> {
    if (!validation) return;
    const { examples, suspicions: ofAnswers, ...figures } = validation;
    yield { type: 'validation', progress, ...figures };
    yield { type: 'examples', progress, segments: figures.segments, items: examples };
    if (reading) yield { type: 'watched', progress, model: this.trainer.facts, reading };
    const before = this.suspicions;
    this.ofAnswers = ofAnswers;
    // Their figures follow each validation.
    if (hasChanged || before.length > 0 || ofAnswers.length > 0)
      yield { type: 'suspicions', progress, suspicions: this.suspicions };
  }
}

export const train: Job<'train'> = {
  kind: 'train',
  queue: 'train',
  replaces: true,
  beginsWork: true,
  busyWith: 'a run in training',
  gate: ({ paused }) => new Gate(paused),
  async *run({ id, device, reading, training }, { config, materials, resume, from, watch = false }, gate) {
    gate.watched = watch;
    const start = from && (await training.bytesOf(from, reading));
    const trainer = await Trainer.create(await device(), config, materials, resume, reading, start);
    training.begin(id, trainer, gate, resume?.bytes);
    const turns = new Turns(trainer);
    let saved = performance.now();
    let wait = AUTOSAVE;
    const save = async (): Promise<TrainEvent> => {
      gate.checkpointDue = false;
      const begun = performance.now();
      const bytes = await trainer.checkpoint();
      training.lastCheckpoint = bytes;
      saved = performance.now();
      wait = Math.max(AUTOSAVE, AUTOSAVE_SPACING * (saved - begun));
      return { type: 'checkpoint', bytes: bytes.slice(), progress: trainer.progress };
    };
    const pausing = async function* (): AsyncGenerator<TrainEvent, void, void> {
      yield* turns.report(0);
      if (gate.checkpointDue) yield await save();
      yield { type: 'train-paused', progress: trainer.progress };
    };
    try {
      const { facts: model, progress: beginning, work, origin } = trainer;
      yield {
        type: 'train-begin',
        model,
        progress: beginning,
        ...(origin ? { origin } : {}),
        ...(work.report ? { text: work.report } : {}),
      };
      if (turns.suspicions.length > 0) yield { type: 'suspicions', progress: beginning, suspicions: turns.suspicions };
      if (beginning.step === 0 && !gate.stopped) yield* turns.validated(await trainer.beginning());
      if (beginning.step === 0 && gate.watched && !gate.stopped)
        yield { type: 'watched', model, ...(await trainer.watchBeginning()) };
      while (!trainer.finished && (yield* gate.pass(pausing))) {
        let turn: TurnReport;
        try {
          turn = await turns.take(gate.watched);
        } catch (error) {
          // Report the successful turns first.
          yield* turns.report(0);
          throw error;
        }
        const saving = trainer.finished || gate.checkpointDue || performance.now() - saved > wait;
        yield* turns.report(saving || turn.validation ? 0 : 1);
        if (saving) yield await save();
      }
      yield* turns.report(0);
      const { progress, finished } = trainer;
      if ((!finished && progress.step > 0) || gate.checkpointDue) yield await save();
      training.finish(id, progress);
      yield { type: 'train-end', progress, finished, suspicions: turns.suspicions };
    } finally {
      // The GPU is free for other jobs from here on.
      gate.stop();
      training.release();
      await trainer.release();
    }
  },
};
