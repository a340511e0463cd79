// The bench: a segment's forward pass, or a training step on it, at named shapes, timed against the adapter's probed
// rates.

import {
  type BenchMode,
  type BenchShape,
  benchModes,
  benchShapeNames,
  benchShapes,
  segmentFlops,
} from '../analysis/segment-flops.ts';
import { spreadOf } from '../analysis/statistics.ts';
import { AdamW } from '../engine/adamw.ts';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { type Probe, probe } from '../engine/gpu/probe.ts';
import { type KernelUse, Profile } from '../engine/gpu/profile.ts';
import { tuningText } from '../engine/gpu/tune.ts';
import { halfTuning } from '../engine/gpu/tuning.ts';
import { bytesOf, type Tensor } from '../engine/tensor.ts';
import { InputError } from '../errors.ts';
import { layerDispatches } from '../models/cost.ts';
import { blueprintOf } from '../models/index.ts';
import { Model } from '../models/model.ts';
import { SegmentReader } from '../models/reader.ts';
import { segmentBatch } from '../models/segments.ts';
import { type Batch, classTargets } from '../models/targets.ts';
import { BpttTrainer } from '../models/training.ts';
import { Random } from '../random.ts';
import type { BenchCase, BenchEvent, BenchRequest, BenchRow, KernelRow } from './bench-row.ts';

const CLASSES = 6;
/** Default runs, and the milliseconds after which a case stops early (after at least two runs). */
const RUNS = 5;
const TIME_LIMIT = 15_000;
/** Approximate duration of a forward run: a document has enough segments to make the final wait negligible. */
const RUN_MILLISECONDS = 200;
const MOST_SEGMENTS = 64;

const settings = {
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 1e-3,
  clipNorm: 1,
  clipValue: 0,
};

/** The requested cases, and those skipped because they are slow on this adapter and were not named. */
export function benchCases({ shapes, modes }: BenchRequest, software: boolean) {
  const all = (shapes ?? benchShapeNames).flatMap((shape) =>
    (modes ?? benchModes).map((mode): BenchCase => ({ shape, mode })),
  );
  const sensible = ({ shape }: BenchCase) => shapes !== undefined || !software || benchShapes[shape].light;
  return { cases: all.filter(sensible), leftOut: all.filter((each) => !sensible(each)) };
}

function configOf(shape: BenchShape): Record<string, unknown> {
  return {
    model_type: 'rmt-bert',
    hidden_size: shape.width,
    num_hidden_layers: shape.layers,
    num_attention_heads: shape.heads,
    intermediate_size: shape.inner,
    vocab_size: shape.words,
    max_position_embeddings: Math.max(512, shape.memory + shape.text + 3),
    num_labels: CLASSES,
    num_mem_tokens: shape.memory,
    segment_size: shape.text,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    pad_token_id: 0,
    cls_token_id: 1,
    sep_token_id: 2,
  };
}

/** Documents of `segments` full segments; the words do not affect the time. */
function documents(shape: BenchShape, model: Model, segments: number): Batch {
  const random = new Random(1, segments);
  const sequences = Array.from({ length: shape.batch }, () =>
    Int32Array.from({ length: segments * shape.text }, () => 3 + random.int(shape.words - 3)),
  );
  return classTargets(
    segmentBatch(sequences, model.config),
    sequences.map((_, b) => b % CLASSES),
  );
}

/** Why the adapter cannot run this case, if so: everything bound as a whole must fit into one binding. */
function obstacle(gpu: Gpu, model: Model): string | undefined {
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  const groups = model.blueprint.parameters().map(({ shape }) => 4 * shape.reduce((a, b) => a * b, 1));
  const needed = Math.max(...groups);
  if (needed <= limit) return undefined;
  return `one binding of ${needed.toLocaleString('en')} bytes (expected at most ${limit.toLocaleString('en')}, the adapter's maxStorageBufferBindingSize)`;
}

/** What a case runs: a training step, or a forward pass. */
interface Pass {
  readonly activationBytes: number;
  run(batch: Batch): Promise<unknown>;
  release(): void;
}

async function passOf(model: Model, batch: number, mode: BenchMode): Promise<Pass> {
  if (mode !== 'train') {
    const reader = await SegmentReader.create(model, { batch });
    const { activationBytes } = reader.cost;
    return { activationBytes, run: (documents) => reader.evaluate(documents), release: () => reader.release() };
  }
  const trainer = await BpttTrainer.create(model, { batch });
  try {
    const optimiser = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
    return {
      activationBytes: trainer.cost.activationBytes,
      run(documents) {
        optimiser.set(1, settings);
        return trainer.train(documents, 1, (encoder) => optimiser.encode(encoder), [optimiser.norm]);
      },
      release() {
        optimiser.release();
        trainer.release();
      },
    };
  } catch (error) {
    trainer.release();
    throw error;
  }
}

/** One case, ready to run. */
class Subject {
  private constructor(
    private readonly gpu: Gpu,
    private readonly shape: BenchShape,
    readonly model: Model,
    private readonly pass: Pass,
  ) {}

  static async create(gpu: Gpu, shape: BenchShape, model: Model, mode: BenchMode): Promise<Subject> {
    return new Subject(gpu, shape, model, await passOf(model, shape.batch, mode));
  }

  get activationBytes(): number {
    return this.pass.activationBytes;
  }

  /** One run until the GPU is done; returns milliseconds. */
  async run(batch: Batch): Promise<number> {
    const started = performance.now();
    await this.pass.run(batch);
    const milliseconds = performance.now() - started;
    this.gpu.check();
    return milliseconds;
  }

  /** Profile `runs` runs of one segment. */
  async watch(batch: Batch, runs: number, timed: boolean): Promise<KernelUse[]> {
    const { shape } = this;
    const read = 4 * shape.width * shape.batch * (shape.memory + shape.text + 3);
    // Of the word table (and its gradient) only the rows of this segment's words are touched.
    const touched = (tensor: Tensor) =>
      tensor.label.endsWith('bert.embeddings.word_embeddings.weight')
        ? Math.min(read, bytesOf(tensor))
        : bytesOf(tensor);
    const profile = Profile.start(this.gpu, { timed, touched });
    try {
      for (let i = 0; i < runs; i++) await this.run(batch);
    } catch (error) {
      await profile.stop().catch(() => {});
      throw error;
    }
    return profile.stop();
  }

  release(): void {
    this.pass.release();
  }
}

/** Kernels as rows, longest time first, per segment. */
function kernelRows(uses: readonly KernelUse[], runs: number): KernelRow[] {
  const rows = new Map<string, KernelRow>();
  for (const { kernel, program, section: within, params: all, dispatches, bytes, nanoseconds } of uses) {
    // The random stream of a dispatch does not affect its time.
    const { STREAM: _, ...params } = all;
    const section = within === 'main' ? program : within;
    const key = `${kernel} ${section} ${JSON.stringify(params)}`;
    const before = rows.get(key) ?? { kernel, section, params, dispatches: 0, bytes: 0, milliseconds: 0 };
    rows.set(key, {
      ...before,
      dispatches: before.dispatches + dispatches / runs,
      bytes: before.bytes + bytes / runs,
      milliseconds: before.milliseconds + (nanoseconds ?? 0) / runs / 1e6,
    });
  }
  return [...rows.values()].sort((a, b) => b.milliseconds - a.milliseconds);
}

/** All figures of a case, from its runs. */
async function rowOf(
  gpu: Gpu,
  subject: Subject,
  { shape: name, mode }: BenchCase,
  peak: Probe,
  times: readonly number[],
  segments: number,
  counted: readonly KernelUse[],
  bytesBefore: number,
): Promise<Omit<BenchRow, 'start'>> {
  const shape: BenchShape = benchShapes[name];
  const { model, activationBytes } = subject;
  const milliseconds = spreadOf(times.map((time) => time / segments));
  const { median } = milliseconds;
  const flops = segmentFlops(shape, mode);
  const bytesMoved = counted.reduce((sum, { bytes }) => sum + bytes, 0);
  const dispatches: Record<string, number> = {};
  for (const use of counted) {
    const section = use.section === 'main' ? use.program : use.section;
    dispatches[section] = (dispatches[section] ?? 0) + use.dispatches;
  }
  const parameters = model.parameters.length * 4;
  return {
    shape: name,
    mode,
    runs: times.length,
    segmentsPerRun: segments,
    milliseconds,
    flops,
    gflops: flops / median / 1e6,
    peakShare: flops / median / 1e6 / peak.matmulGflops,
    bytesMoved,
    gigabytesPerSecond: bytesMoved / median / 1e6,
    copyShare: bytesMoved / median / 1e6 / peak.copyGBs,
    dispatches,
    perLayer: await layerDispatches(model, shape.batch, mode === 'train'),
    gpuBytes: {
      parameters,
      // Gradients and AdamW's two moments.
      training: mode === 'train' ? 3 * parameters : 0,
      activations: activationBytes,
      total: gpu.bytes - bytesBefore,
    },
    kernels: undefined,
  };
}

/**
 * Measure the requested cases, one after the other.
 * @param stopped polled between runs
 * @throws InputError if there is nothing to measure, or the adapter does not support the requested profile or f16
 */
export async function* bench(device: Gpu, request: BenchRequest, stopped: () => boolean): AsyncGenerator<BenchEvent> {
  if (request.profile && !Profile.canTime(device))
    throw new InputError('bench: profile', `${device.name} without 'timestamp-query'`, 'an adapter that has it');
  const { cases, leftOut } = benchCases(request, device.facts.software);
  const gpu = request.half ? device.withTuning(halfTuning(device.tuning, device.facts)) : device;
  // The peak is always that of f32, so that the shares can be compared.
  const peak = await probe(device);
  const kernels = tuningText(gpu.tuning);
  yield { type: 'bench-begin', device: gpu.facts, kernels, probe: peak, cases, leftOut };
  for (const name of benchShapeNames) {
    const own = cases.filter(({ shape }) => shape === name);
    if (own.length === 0 || stopped()) continue;
    const bytesBefore = gpu.bytes;
    let model: Model | undefined;
    try {
      yield { type: 'bench-progress', ...(own[0] as BenchCase), doing: 'preparing', run: 0, runs: 0 };
      model = await Model.create(gpu, blueprintOf(configOf(benchShapes[name]), `bench: ${name}`));
      model.parameters.initialise(new Random(1), 0.02);
      for (const each of own) {
        if (stopped()) break;
        yield* measure(gpu, model, each, request, peak, bytesBefore, stopped);
      }
    } catch (error) {
      // An adapter with too little memory for one shape may have enough for the next.
      if (!(error instanceof RangeError)) throw error;
      for (const each of own) yield { type: 'bench-refused', ...each, reason: error.message };
    } finally {
      model?.release();
    }
  }
  yield { type: 'bench-end', finished: !stopped() };
}

async function* measure(
  gpu: Gpu,
  model: Model,
  each: BenchCase,
  request: BenchRequest,
  peak: Probe,
  bytesBefore: number,
  stopped: () => boolean,
): AsyncGenerator<BenchEvent> {
  const shape: BenchShape = benchShapes[each.shape];
  const reason = obstacle(gpu, model);
  if (reason !== undefined) return yield { type: 'bench-refused', ...each, reason };
  let subject: Subject;
  const compiled = gpu.pipelines.size;
  const began = performance.now();
  try {
    subject = await Subject.create(gpu, shape, model, each.mode);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return yield { type: 'bench-refused', ...each, reason: error.message };
  }
  try {
    const one = documents(shape, model, 1);
    yield { type: 'bench-progress', ...each, doing: 'warming up', run: 0, runs: 0 };
    const start = { pipelines: gpu.pipelines.size - compiled, preparing: performance.now() - began };
    const counted = await subject.watch(one, 1, false);
    const firstRun = performance.now() - began - start.preparing;
    if (stopped()) return;
    const once = await subject.run(one);
    const segments =
      each.mode === 'train' ? 1 : Math.max(1, Math.min(MOST_SEGMENTS, Math.floor(RUN_MILLISECONDS / once)));
    const batch = segments === 1 ? one : documents(shape, model, segments);
    const runs = request.runs ?? RUNS;
    const times: number[] = [];
    const started = performance.now();
    while (times.length < runs) {
      if (stopped()) return;
      yield { type: 'bench-progress', ...each, doing: 'measuring', run: times.length, runs };
      times.push(await subject.run(batch));
      if (request.runs === undefined && times.length >= 2 && performance.now() - started > TIME_LIMIT) break;
    }
    const measured = await rowOf(gpu, subject, each, peak, times, segments, counted, bytesBefore);
    const row: BenchRow = { ...measured, start: { ...start, firstRun } };
    if (!request.profile) return yield { type: 'bench-row', row };
    if (stopped()) return;
    const watched = Math.min(runs, 3);
    yield { type: 'bench-progress', ...each, doing: 'profiling', run: 0, runs: watched };
    const uses = await subject.watch(one, watched, true);
    yield { type: 'bench-row', row: { ...row, kernels: kernelRows(uses, watched) } };
  } finally {
    subject.release();
  }
}
