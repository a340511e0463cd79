// The browser side of scripts/scale.mjs: a long stream through a session, training through many segments, and
// full attention over the same lengths.
import { AdamW } from '../../src/engine/adamw.ts';
import { Gpu } from '../../src/engine/gpu/adapter.ts';
import { presetConfig } from '../../src/experiment/presets.ts';
import { blueprintOf } from '../../src/models/index.ts';
import { Model } from '../../src/models/model.ts';
import { SegmentReader } from '../../src/models/reader.ts';
import { segmentBatch } from '../../src/models/segments.ts';
import { classTargets } from '../../src/models/targets.ts';
import { BpttTrainer } from '../../src/models/training.ts';
import type { Control, Event, JobId, JobKind, StartOf } from '../../src/protocol/index.ts';
import { Random } from '../../src/random.ts';
import { Session } from '../../src/session/session.ts';

/** As in RMT-1M (Bulatov et al. 2023): 512 positions, of which 10 are memory, 3 special tokens and 499 text. */
const MEMORY = 10;
const TEXT = 499;
const SPECIALS = 3;
const size = { layers: 2, width: 64, heads: 4, inner: 256, words: 512, classes: 6 };

const opened = Gpu.open(navigator.gpu);

/** Bytes of the page's heap, if the browser reports them. */
function heap(): number | undefined {
  const { memory } = performance as { memory?: { usedJSHeapSize: number } };
  (globalThis as { gc?: () => void }).gc?.();
  return memory?.usedJSHeapSize;
}

/** A session on the device, and the wait for one of its events. */
class Desk {
  private watch: (event: Event) => void = () => {};
  readonly session = new Session(
    (event) => this.watch(event),
    () => opened,
  );

  private id: JobId = 0;

  /** Start a job and receive its events until `until` returns true. */
  begin<K extends JobKind>(kind: K, request: StartOf<K>['request'], until: (event: Event) => boolean): Promise<void> {
    this.id++;
    const start = { type: 'start', id: this.id, kind, request } as Parameters<Session['handle']>[0];
    return this.ask(start, until);
  }

  /** Control the job started last. */
  control(type: Exclude<Control['type'], 'pace' | 'watch'>): void {
    this.session.handle({ type, id: this.id });
  }

  /** The same, receiving events until `until` returns true. */
  controlled(type: Exclude<Control['type'], 'pace' | 'watch'>, until: (event: Event) => boolean): Promise<void> {
    return this.ask({ type, id: this.id }, until);
  }

  private async ask(command: Parameters<Session['handle']>[0], until: (event: Event) => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.watch = (event) => {
        if (event.type === 'failed' || event.type === 'device-lost') reject(new Error(event.message));
        else if (until(event)) resolve();
      };
      this.session.handle(command);
    });
  }
}

/** A checkpoint of the small model, fresh from its initialisation. */
async function freshCheckpoint(desk: Desk): Promise<Uint8Array<ArrayBuffer>> {
  const config = {
    ...presetConfig('detect'),
    num_hidden_layers: size.layers,
    hidden_size: size.width,
    num_attention_heads: size.heads,
    intermediate_size: size.inner,
    num_mem_tokens: MEMORY,
    segment_size: TEXT,
    batch_size: 1,
    validate_samples: 1,
  };
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  await desk.begin('train', { config, paused: true }, ({ type }) => type === 'train-paused');
  await desk.controlled('checkpoint', (event) => {
    if (event.type === 'checkpoint') bytes = event.bytes;
    return event.type === 'checkpoint';
  });
  await desk.controlled('stop', ({ type }) => type === 'train-end');
  await desk.session.idle();
  if (!bytes) throw new Error('no checkpoint');
  return bytes;
}

/** Segments read in a row when two readings alternate; the next segment is always in flight as well. */
const TURN = 16;

/** A document read through a session, as on the page, which can be paused. */
class Reading {
  readonly milliseconds: number[] = [];
  readonly gpuBytes: number[] = [];
  tokens = 0;
  private readonly desk = new Desk();

  constructor(
    private readonly segments: number,
    private readonly seen: (count: number) => void = () => {},
  ) {}

  private take(event: Event): void {
    if (event.type === 'stream-begin') this.tokens = event.tokens;
    if (event.type !== 'stream-segment') return;
    this.milliseconds.push(event.milliseconds);
    this.gpuBytes.push(event.gpuBytes);
    this.seen(this.milliseconds.length);
  }

  /** Draw the document and load the model, without reading. Returns the milliseconds it took. */
  async begin(): Promise<number> {
    const bytes = await freshCheckpoint(this.desk);
    const started = performance.now();
    await this.desk.begin(
      'stream',
      {
        model: { kind: 'checkpoint', name: 'scale', bytes },
        segments: this.segments,
        seed: 1,
        attention: false,
      },
      (event) => {
        this.take(event);
        if (event.type === 'stream-begin') this.desk.control('pause');
        return event.type === 'stream-paused';
      },
    );
    return performance.now() - started;
  }

  /** Continue until `count` segments have been read, then pause. Returns the milliseconds per segment. */
  async readTo(count: number): Promise<number> {
    const before = this.milliseconds.length;
    const started = performance.now();
    await this.desk.controlled('continue', (event) => {
      this.take(event);
      if (this.milliseconds.length >= count) this.desk.control('pause');
      return event.type === 'stream-paused' || event.type === 'stream-end';
    });
    return (performance.now() - started) / (this.milliseconds.length - before);
  }

  async end(): Promise<void> {
    this.desk.control('stop');
    await this.desk.session.idle();
  }
}

/**
 * One document of `segments` segments. Its last quarter alternates with the first quarter of a second reading, so that other
 * load on the machine affects both equally.
 */
async function stream(segments: number) {
  const heaps: (number | undefined)[] = [];
  const every = Math.max(1, Math.floor(segments / 16));
  const late = new Reading(segments, (count) => {
    if (count % every !== 0) return;
    heaps.push(heap());
    console.info(`stream: segment ${count} of ${segments}`);
  });
  // Both exist from the beginning and have read a segment, so that GPU bytes can be compared.
  const early = new Reading(segments);
  await early.begin();
  await early.readTo(1);
  const drawing = await late.begin();
  const quarter = Math.floor(segments / 4);
  await late.readTo(segments - quarter);
  const turns: { first: number; last: number }[] = [];
  while (late.milliseconds.length < segments) {
    const last = await late.readTo(Math.min(segments, late.milliseconds.length + TURN));
    turns.push({ first: await early.readTo(early.milliseconds.length + TURN), last });
  }
  await early.end();
  await late.end();
  const { tokens, milliseconds, gpuBytes } = late;
  return { tokens, drawing, milliseconds, gpuBytes, heaps, turns };
}

const base = {
  hidden_size: size.width,
  num_hidden_layers: size.layers,
  num_attention_heads: size.heads,
  intermediate_size: size.inner,
  vocab_size: size.words,
  num_labels: size.classes,
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  cls_token_id: 1,
  sep_token_id: 2,
};

/** Random words, with a class to predict after the last. */
function document(model: Model, tokens: number) {
  const random = new Random(1, tokens);
  const words = Int32Array.from({ length: tokens }, () => SPECIALS + random.int(size.words - SPECIALS));
  return classTargets(segmentBatch([words], model.config), [0]);
}

async function modelOf(config: Record<string, unknown>) {
  const gpu = await opened;
  const model = await Model.create(gpu, blueprintOf(config, 'scale'));
  model.parameters.initialise(new Random(1), 0.02);
  return { gpu, model };
}

/** Steps of training through all of `segments` segments, each segment recomputed in the backward pass. */
async function train(segments: number, steps: number) {
  const config = { ...base, model_type: 'rmt-bert', num_mem_tokens: MEMORY, segment_size: TEXT };
  const before = (await opened).bytes;
  const { gpu, model } = await modelOf(config);
  const trainer = await BpttTrainer.create(model, { batch: 1 });
  const { flat, flatGradient } = model.parameters;
  const optimiser = await AdamW.create(gpu, flat, flatGradient);
  const batch = document(model, segments * TEXT);
  const settings = { learningRate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 1e-3 };
  const milliseconds: number[] = [];
  const losses: number[] = [];
  // The first one warms up.
  for (let step = 1; step <= steps + 1; step++) {
    optimiser.set(step, { ...settings, clipNorm: 1, clipValue: 0 });
    const begun = performance.now();
    const { result } = await trainer.train(batch, step, (encoder) => optimiser.encode(encoder), [optimiser.norm]);
    if (step > 1) milliseconds.push((performance.now() - begun) / segments);
    losses.push(result.loss);
  }
  const bytes = gpu.bytes - before;
  const [first = Number.NaN] = losses;
  optimiser.release();
  trainer.release();
  model.release();
  return { milliseconds, bytes, finite: losses.every(Number.isFinite), loss: first, heap: heap() };
}

/** A forward pass over `positions` positions: as segments of 512 with memory, or all at once with full attention. */
async function forward(kind: 'rmt' | 'full', positions: number, runs: number) {
  const config =
    kind === 'rmt'
      ? { ...base, model_type: 'rmt-bert', num_mem_tokens: MEMORY, segment_size: TEXT }
      : {
          ...base,
          model_type: 'bert',
          // [CLS], and [SEP] on both sides of the text.
          segment_size: positions - SPECIALS,
          max_position_embeddings: positions,
        };
  const before = (await opened).bytes;
  const { gpu, model } = await modelOf(config);
  const reader = await SegmentReader.create(model, { batch: 1 });
  const segments = positions / (MEMORY + TEXT + SPECIALS);
  const batch = document(model, kind === 'rmt' ? segments * TEXT : positions - SPECIALS);
  const milliseconds: number[] = [];
  for (let run = 0; run <= runs; run++) {
    const begun = performance.now();
    await reader.evaluate(batch);
    if (run > 0) milliseconds.push(performance.now() - begun);
  }
  const bytes = gpu.bytes - before;
  const activations = reader.cost.activationBytes;
  reader.release();
  model.release();
  return { milliseconds, bytes, activations };
}

async function adapter(): Promise<string> {
  return (await opened).name;
}

export const scale = { adapter, stream, train, forward };
Object.assign(globalThis, { scale });
