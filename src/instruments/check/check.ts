// The self-check: gradients computed by this GPU, through two segments of memory, compared with an f64 reference.

import type { Gpu } from '../../engine/gpu/adapter.ts';
import { type Probe, probe } from '../../engine/gpu/probe.ts';
import { type Tuning, variantName } from '../../engine/gpu/tuning.ts';
import { blueprintOf } from '../../models/index.ts';
import { Model } from '../../models/model.ts';
import type { ParameterGroup } from '../../models/parameters.ts';
import { segmentBatch } from '../../models/segments.ts';
import { type Batch, classTargets, tokenTargets } from '../../models/targets.ts';
import { BpttTrainer } from '../../models/training.ts';
import { Random } from '../../random.ts';
import type { Weights } from './plain.ts';
import { decoderLoss, encoderLoss, gradientOf, type ReferenceSequence, type ReferenceSizes } from './reference.ts';

/** What one part of the self-check compares. */
export interface CheckCase {
  readonly model: 'rmt-bert' | 'rmt-gpt2';
  /** The variants chosen for small problems, or for large ones. */
  readonly kernels: 'small' | 'large';
}
/** One group of parameters: the GPU's gradients compared with the reference. `loss` is the forward pass. */
export interface CheckRow {
  readonly group: string;
  /** Numbers compared. */
  readonly size: number;
  /** Largest difference, relative to the group's largest gradient in the reference; NaN if any value is NaN. */
  readonly error: number;
  readonly passed: boolean;
}

export type CheckEvent =
  | {
      readonly type: 'check-begin';
      readonly probe: Probe;
      /** The largest error that passes. */
      readonly tolerance: number;
      readonly cases: readonly CheckCase[];
    }
  | {
      readonly type: 'check-progress';
      readonly of: CheckCase;
      readonly doing: 'reference' | 'gpu';
      /** Fraction of the reference's work, 0 to 1. */
      readonly share: number;
    }
  | { readonly type: 'check-result'; readonly of: CheckCase; readonly rows: readonly CheckRow[] }
  | { readonly type: 'check-end'; readonly finished: boolean };

/**
 * The tolerance. f32 has seven digits, and sums, exp, tanh and division may each be off by a few units in the last
 * place, which leaves errors of about 1e-6 here; a wrong sign, index or factor leaves thousands of times as much.
 */
export const checkTolerance = 1e-3;

// Sizes that fill no tile and no workgroup, so that every kernel's edge cases run; small, because the reference is
// slow.
const size = { D: 8, heads: 2, inner: 12, layers: 2, words: 9, classes: 3, memory: 2, text: 3 } as const;
const special = { pad: 0, cls: 1, sep: 2 } as const;
const off = {
  bert: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
  gpt2: { embd_pdrop: 0, attn_pdrop: 0, resid_pdrop: 0 },
} as const;

const configs: Readonly<Record<CheckCase['model'], Record<string, unknown>>> = {
  'rmt-bert': {
    model_type: 'rmt-bert',
    hidden_size: size.D,
    num_hidden_layers: size.layers,
    num_attention_heads: size.heads,
    intermediate_size: size.inner,
    vocab_size: size.words,
    max_position_embeddings: size.memory + size.text + 3,
    num_labels: size.classes,
    num_mem_tokens: size.memory,
    segment_size: size.text,
    pad_token_id: special.pad,
    cls_token_id: special.cls,
    sep_token_id: special.sep,
    ...off.bert,
  },
  'rmt-gpt2': {
    model_type: 'rmt-gpt2',
    n_embd: size.D,
    n_layer: size.layers,
    n_head: size.heads,
    n_inner: size.inner,
    vocab_size: size.words,
    n_positions: 2 * size.memory + size.text,
    num_mem_tokens: size.memory,
    segment_size: size.text,
    ...off.gpt2,
  },
};

const sizes: Readonly<Record<CheckCase['model'], ReferenceSizes>> = {
  'rmt-bert': { ...size, cls: special.cls, sep: special.sep, eps: 1e-12 },
  'rmt-gpt2': { ...size, cls: special.cls, sep: special.sep, eps: 1e-5 },
};
const losses = { 'rmt-bert': encoderLoss, 'rmt-gpt2': decoderLoss } as const;

/** Three sequences: full segments, a short one, and one that starts a segment later. */
const lengths = [2 * size.text, 2 * size.text - 2, size.text];

/** The same documents for both models, each cut by its own rules. */
function documents(model: Model): { readonly batch: Batch; readonly sequences: readonly ReferenceSequence[] } {
  const random = new Random(7);
  const drawn = lengths.map((length) =>
    Int32Array.from({ length: length + 1 }, () => special.sep + 1 + random.int(size.words - special.sep - 1)),
  );
  const inputs = drawn.map((words) => words.subarray(0, -1));
  const isEncoder = model.blueprint.answers === 'class';
  const labels = drawn.map((words, b) => (isEncoder ? b % size.classes : (words.at(-1) as number)));
  const segmented = segmentBatch(inputs, model.config);
  const batch = isEncoder
    ? classTargets(segmented, labels)
    : tokenTargets(
        segmented,
        size.text,
        drawn,
        drawn.map(({ length }) => ({ from: 1, to: length })),
      );
  const sequences = labels.map((label, b) => ({
    segments: segmented.segments.flatMap((rows) => (rows[b] ? [[...rows[b]]] : [])),
    label,
  }));
  return { batch, sequences };
}

/** Values for every parameter that keep its gradients from being small: gains around 1, the rest around 0. */
function drawWeights(model: Model): { readonly single: Map<string, Float32Array>; readonly double: Weights } {
  const random = new Random(11);
  const single = new Map(
    model.parameters.specs.map(({ name, shape, initial }) => {
      const n = shape.reduce((product, length) => product * length, 1);
      const values = Float32Array.from({ length: n }, () => (initial === 'ones' ? 1 : 0) + 0.4 * random.normal());
      return [name, values];
    }),
  );
  return { single, double: new Map([...single].map(([name, values]) => [name, Float64Array.from(values)])) };
}

interface Reference {
  readonly loss: number;
  readonly gradients: Weights;
}

/** The largest difference, relative to the largest expected value; NaN if any value is NaN. */
export function largestError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  let [difference, scale] = [got.length === want.length ? 0 : Number.NaN, 0];
  for (let i = 0; i < want.length; i++) {
    // Unlike a comparison, Math.max propagates NaN.
    difference = Math.max(difference, Math.abs((got[i] as number) - (want[i] as number)));
    scale = Math.max(scale, Math.abs(want[i] as number));
  }
  return difference / (scale || 1);
}

function rowOf(group: string, got: ArrayLike<number>, want: ArrayLike<number>): CheckRow {
  const error = largestError(got, want);
  return { group, size: want.length, error, passed: error <= checkTolerance };
}

const joined = (arrays: readonly ArrayLike<number>[]) => arrays.flatMap((array) => Array.from(array));

/**
 * One forward and backward pass on the GPU, compared. The model is small whatever problem size its kernels are meant
 * for.
 */
async function compare(
  gpu: Gpu,
  { model: id, kernels }: CheckCase,
  weights: ReadonlyMap<string, Float32Array>,
  reference: Reference,
): Promise<CheckRow[]> {
  const { product, attention } = gpu.tuning;
  const tuning: Tuning = {
    product: { small: product[kernels], large: product[kernels] },
    attention: { small: attention[kernels], large: attention[kernels] },
  };
  const model = await Model.create(gpu.withTuning(tuning), blueprintOf(configs[id], 'check'));
  let trainer: BpttTrainer | undefined;
  try {
    model.parameters.load(weights);
    trainer = await BpttTrainer.create(model, { batch: lengths.length });
    const { result } = await trainer.train(documents(model).batch, 1);
    const found = await model.parameters.read(model.parameters.flatGradient);
    gpu.check();
    const groupRow = ({ label, parts }: ParameterGroup) =>
      rowOf(
        label,
        joined(parts.map(({ name }) => found.get(name)?.data ?? [])),
        joined(parts.map(({ name }) => reference.gradients.get(name) ?? [])),
      );
    return [rowOf('loss', [result.loss], [reference.loss]), ...model.blueprint.parameters().map(groupRow)];
  } finally {
    trainer?.release();
    model.release();
  }
}

/** Yield, so that the worker can receive messages. */
const yieldToMessages = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

interface ReferenceCase {
  readonly weights: ReadonlyMap<string, Float32Array>;
  readonly reference: Reference;
}
/** Cached, because it is the same for every adapter. */
const knownReferences = new Map<CheckCase['model'], ReferenceCase>();

/** The reference gradients of a model, parameter by parameter: yields progress, and returns them unless stopped. */
async function* computeReference(
  gpu: Gpu,
  id: CheckCase['model'],
  stopped: () => boolean,
): AsyncGenerator<number, ReferenceCase | undefined> {
  const known = knownReferences.get(id);
  if (known) return known;
  const model = await Model.create(gpu, blueprintOf(configs[id], 'check'));
  const { single, double } = drawWeights(model);
  const { sequences } = documents(model);
  model.release();
  const lossOf = (weights: Weights) => losses[id](weights, sizes[id], sequences);
  const gradients = new Map<string, Float64Array>();
  for (const name of double.keys()) {
    if (stopped()) return undefined;
    yield gradients.size / double.size;
    gradients.set(name, gradientOf(lossOf, double, name));
    await yieldToMessages();
  }
  const reference = { weights: single, reference: { loss: lossOf(double), gradients } };
  knownReferences.set(id, reference);
  return reference;
}

/** Compare loss and every gradient of the models with the reference, for each of the cases. */
export async function* compareGradients(
  gpu: Gpu,
  cases: readonly CheckCase[],
  stopped: () => boolean,
): AsyncGenerator<CheckEvent> {
  for (const of of cases) {
    if (stopped()) return;
    const work = computeReference(gpu, of.model, stopped);
    let step = await work.next();
    for (; !step.done; step = await work.next())
      yield { type: 'check-progress', of, doing: 'reference', share: step.value };
    if (!step.value || stopped()) return;
    yield { type: 'check-progress', of, doing: 'gpu', share: 1 };
    const { weights, reference } = step.value;
    yield { type: 'check-result', of, rows: await compare(gpu, of, weights, reference) };
  }
}

/** Both models with the variants for small problems, and with those for large ones where they differ. */
export function checkCases({ product, attention }: Tuning): CheckCase[] {
  const same = variantName(product.small) === variantName(product.large) && attention.small === attention.large;
  const models = Object.keys(configs) as CheckCase['model'][];
  return models.flatMap((model) =>
    (same ? (['small'] as const) : (['small', 'large'] as const)).map((kernels): CheckCase => ({ model, kernels })),
  );
}

/**
 * Probe the adapter, then compare the gradients of an encoder and a decoder with the reference.
 * @param stopped polled between parameters
 */
export async function* check(gpu: Gpu, stopped: () => boolean): AsyncGenerator<CheckEvent> {
  const cases = checkCases(gpu.tuning);
  yield { type: 'check-begin', probe: await probe(gpu), tolerance: checkTolerance, cases };
  yield* compareGradients(gpu, cases, stopped);
  yield { type: 'check-end', finished: !stopped() };
}
