// Kernels by counting: what each computes, moves and asks for in a training step, as a GPU would run it. Shapes are recorded on
// a device that allocates nothing; how neighbouring invocations load is traced on small tensors.
import { type BenchShape, positionsOf } from '../analysis/segment-flops.ts';
import { AdamW } from '../engine/adamw.ts';
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { Kernel } from '../engine/gpu/kernel.ts';
import { workgroupMemory, workgroupSize } from '../engine/gpu/kernel-layout.ts';
import { PlanningGpu } from '../engine/gpu/planning.ts';
import type { RecordedDispatch } from '../engine/gpu/program.ts';
import { LANES, SECTOR, type TracedDispatch, trace } from '../engine/gpu/trace.ts';
import { defaultTuning } from '../engine/gpu/tuning.ts';
import { operationsOf } from '../engine/gpu/work.ts';
import { bytesOf } from '../engine/tensor.ts';
import { blueprintOf } from '../models/index.ts';
import { Model } from '../models/model.ts';
import { SegmentPrograms } from '../models/recording.ts';
import { Random } from '../random.ts';

/** The models that together use every kernel. */
const families = ['rmt-bert', 'rmt-transformer-xl', 'armt-gpt2'] as const;

/**
 * Narrow tensors with whole tiles, for tracing. Segments are as long as usual: what an invocation loads once per row counts
 * less the more columns it loops over.
 */
const traced: BenchShape = {
  title: 'traced',
  layers: 1,
  width: 64,
  heads: 4,
  inner: 256,
  memory: 4,
  text: 505,
  batch: 1,
  words: 64,
  light: true,
};

/** All dispatches of one kernel in a training step. */
export interface KernelCount {
  readonly kernel: string;
  /** The model whose training step was counted: the first that uses the kernel. */
  readonly model: string;
  readonly dispatches: number;
  readonly operations: number;
  readonly bytes: number;
  /** Bytes of the sectors touched by loads and stores; undefined if the adapter could not trace the kernel. */
  readonly requested: number | undefined;
  /** Invocations of a dispatch: the fewest and the most. */
  readonly invocations: readonly [fewest: number, most: number];
  /** Bytes of workgroup memory. */
  readonly workgroupBytes: number;
  /** For each binding, the share of the sectors fetched that a subgroup needed; 1: neighbours access neighbours. */
  readonly neighbours: Readonly<Record<string, number>>;
  readonly each: readonly DispatchCount[];
}

/** Equal dispatches. */
export interface DispatchCount {
  readonly count: number;
  readonly operations: number;
  readonly bytes: number;
  readonly requested: number;
  readonly invocations: number;
}

function configOf(model: (typeof families)[number], shape: BenchShape): Record<string, unknown> {
  const { width, layers, heads, inner, memory, text, words } = shape;
  const segments = { num_mem_tokens: memory, segment_size: text, vocab_size: words };
  if (model === 'rmt-bert')
    return {
      model_type: model,
      ...segments,
      hidden_size: width,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      intermediate_size: inner,
      max_position_embeddings: Math.max(512, positionsOf(shape)),
      num_labels: 6,
      pad_token_id: 0,
      cls_token_id: 1,
      sep_token_id: 2,
    };
  if (model === 'armt-gpt2')
    return {
      model_type: model,
      ...segments,
      n_embd: width,
      n_layer: layers,
      n_head: heads,
      n_inner: inner,
      n_positions: Math.max(512, positionsOf(shape)),
      d_mem: Math.min(64, width),
    };
  return {
    model_type: model,
    ...segments,
    d_model: width,
    n_layer: layers,
    n_head: heads,
    d_head: width / heads,
    d_inner: inner,
    mem_len: text,
  };
}

/** The same device, recording what a GPU would run. */
function asGpu(gpu: Gpu): Gpu {
  const facts = { ...gpu.facts, software: false };
  return Object.create(gpu, {
    facts: { value: facts },
    tuning: { value: gpu.facts.software ? defaultTuning(facts) : gpu.tuning, writable: true },
    allocate: { value: gpu.allocate.bind(gpu) },
    release: { value: gpu.release.bind(gpu) },
  });
}

/** A kernel's name, with what tells its variants apart. */
export const variantOf = ({ kernel, params }: Pick<RecordedDispatch, 'kernel' | 'params'>): string =>
  'PER_ROW' in params ? `${kernel.name} (tiles)` : 'BLOCKS' in params ? `${kernel.name} (quads)` : kernel.name;

/** Record a training step, and hand its dispatches to `use` while their tensors live. */
async function withStep<T>(
  gpu: Gpu,
  model: (typeof families)[number],
  shape: BenchShape,
  use: (dispatches: readonly RecordedDispatch[], programs: SegmentPrograms) => Promise<T>,
): Promise<T> {
  const made: { release(): void }[] = [];
  try {
    const weights = await Model.create(gpu, blueprintOf(configOf(model, shape), 'counts'));
    made.push(weights);
    if (!gpu.isPlanning) weights.parameters.initialise(new Random(1), 0.02);
    const programs = await SegmentPrograms.create(weights, { batch: shape.batch, training: true });
    made.push(programs);
    const { flat, flatGradient } = weights.parameters;
    const optimiser = await AdamW.create(gpu, flat, flatGradient);
    made.push(optimiser);
    return await use([...programs.dispatches, ...optimiser.dispatches], programs);
  } finally {
    for (const each of made.reverse()) each.release();
  }
}

/** How every kernel variant loads. */
async function tracesOf(gpu: Gpu): Promise<Map<string, TracedDispatch & { readonly dispatch: RecordedDispatch }>> {
  const found = new Map<string, TracedDispatch & { readonly dispatch: RecordedDispatch }>();
  for (const model of families)
    await withStep(gpu, model, traced, async (dispatches, programs) => {
      const random = new Random(1);
      const text = () => Int32Array.from({ length: traced.text }, () => 3 + random.int(traced.words - 3));
      const rows = Array.from({ length: traced.batch }, text);
      const passed = new Array<number>(traced.batch).fill(positionsOf(traced));
      const { inputs } = programs;
      await gpu.guarded('counts', () => inputs.write(rows, passed, undefined, [0, 0], true));
      for (const dispatch of dispatches) {
        const name = variantOf(dispatch);
        if (found.has(name)) continue;
        const [x, y, z] = dispatch.workgroups;
        found.set(name, { ...(await trace(gpu, { ...dispatch, workgroups: [x, y, z] })), dispatch });
      }
    });
  return found;
}

const invocationsOf = ({ kernel, params, workgroups: [x, y, z] }: RecordedDispatch) =>
  x * y * z * workgroupSize(kernel as Kernel, params);

/** Bytes of the sectors that a dispatch touches. */
function requestedBy(dispatch: RecordedDispatch, { bindings, perInvocation }: TracedDispatch): number {
  const recorded = bindings.reduce((sum, { accesses }) => sum + accesses, 0);
  const sectors = bindings.reduce((sum, { sectors }) => sum + sectors, 0);
  // Where not every access was recorded, those that were stand for the rest.
  const bytesPerAccess = recorded > 0 ? (sectors * SECTOR) / recorded : 0;
  return bytesPerAccess * perInvocation * invocationsOf(dispatch);
}

/**
 * Count every kernel in training steps of models of `shape`.
 * @throws Error if the adapter cannot trace a kernel
 */
export async function countKernels(device: Gpu, shape: BenchShape): Promise<KernelCount[]> {
  const gpu = asGpu(device);
  const traces = await tracesOf(gpu);
  const planning = new PlanningGpu(gpu);
  const kernels = new Map<string, KernelCount>();
  for (const model of families)
    await withStep(planning, model, shape, async (dispatches) => {
      const own = new Map<string, RecordedDispatch[]>();
      for (const dispatch of dispatches) {
        const name = variantOf(dispatch);
        if (!kernels.has(name)) own.set(name, [...(own.get(name) ?? []), dispatch]);
      }
      for (const [name, list] of own) kernels.set(name, countOf(name, model, list, traces.get(name)));
    });
  return [...kernels.values()].sort((a, b) => b.operations - a.operations || b.bytes - a.bytes);
}

function countOf(
  name: string,
  model: string,
  list: readonly RecordedDispatch[],
  traced: (TracedDispatch & { readonly dispatch: RecordedDispatch }) | undefined,
): KernelCount {
  const bytes = (dispatch: RecordedDispatch) => dispatch.tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
  // A trace is of small tensors: what it asks for grows with the operations, or with the bytes where there are none.
  const requested = traced && requestedBy(traced.dispatch, traced);
  const size = (dispatch: RecordedDispatch) => operationsOf(dispatch) || bytes(dispatch);
  const each = new Map<string, DispatchCount>();
  for (const dispatch of list) {
    const one = {
      operations: operationsOf(dispatch),
      bytes: bytes(dispatch),
      requested: traced && requested !== undefined ? (requested * size(dispatch)) / size(traced.dispatch) : 0,
      invocations: invocationsOf(dispatch),
    };
    const key = JSON.stringify(one);
    each.set(key, { ...one, count: (each.get(key)?.count ?? 0) + 1 });
  }
  const all = [...each.values()];
  const sum = (of: (one: DispatchCount) => number) => all.reduce((total, one) => total + one.count * of(one), 0);
  const invocations = all.map((one) => one.invocations);
  const [first] = list;
  return {
    kernel: name,
    model,
    dispatches: list.length,
    operations: sum(({ operations }) => operations),
    bytes: sum((one) => one.bytes),
    requested: traced ? sum((one) => one.requested) : undefined,
    invocations: [Math.min(...invocations), Math.max(...invocations)],
    workgroupBytes: first ? workgroupMemory(first.kernel, first.params) : 0,
    neighbours: Object.fromEntries(
      (traced?.bindings ?? []).map(({ name: binding, sectors, fewest }) => [binding, Math.min(1, fewest / sectors)]),
    ),
    each: all,
  };
}

/** Invocations of the subgroup that is traced. */
export const tracedLanes = LANES;
