// The workload of all peers: two BERT encoders with the same weights, and the same training batch.
import { elements } from '../../src/engine/tensor.ts';
import { findArchitecture } from '../../src/models/index.ts';
import { specsOf } from '../../src/models/parameters.ts';
import { Random } from '../../src/random.ts';

export interface Sizes {
  readonly layers: number;
  readonly D: number;
  readonly heads: number;
  /** Width of the feed-forward block. */
  readonly F: number;
  /** Positions of a sequence, special tokens and memory included. */
  readonly S: number;
  readonly B: number;
  readonly vocabulary: number;
  readonly classes: number;
  /** Memory vectors, at positions 1 to M instead of words. */
  readonly M: number;
  readonly eps: number;
}

/**
 * A forward pass. All but a dozen positions are memory, because the memory after a segment is the part of the last hidden
 * state that our engine returns: nearly every row can be compared. The computation is the same.
 */
export const forwardSizes: Sizes = {
  layers: 4,
  D: 256,
  heads: 4,
  F: 1024,
  S: 512,
  B: 1,
  vocabulary: 64,
  classes: 2,
  M: 500,
  eps: 1e-12,
};

/** A training step: a plain encoder with a class for each sequence. */
export const trainingSizes: Sizes = {
  layers: 2,
  D: 64,
  heads: 4,
  F: 256,
  S: 64,
  B: 8,
  vocabulary: 64,
  classes: 4,
  M: 0,
  eps: 1e-12,
};

export const optimiser = { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 } as const;
/** Steps whose losses are compared before any is timed. */
export const COMPARED_STEPS = 5;

export const [PAD, CLS, SEP] = [0, 1, 2] as const;

/** Positions of a segment that are neither words nor memory: [CLS], [SEP], [SEP]. */
const SPECIALS = 3;
/** Words of a sequence. */
export const textLength = ({ S, M }: Sizes): number => S - M - SPECIALS;

/** Our model of the given sizes; its parameters have Hugging Face's names. */
export function blueprintOf(sizes: Sizes) {
  const { layers, D, heads, F, S, vocabulary, classes, M, eps } = sizes;
  const type = M > 0 ? 'rmt-bert' : 'bert';
  const config = {
    hidden_size: D,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: F,
    vocab_size: vocabulary,
    max_position_embeddings: S,
    layer_norm_eps: eps,
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    num_labels: classes,
    num_mem_tokens: M,
    segment_size: textLength(sizes),
    pad_token_id: PAD,
    cls_token_id: CLS,
    sep_token_id: SEP,
  };
  return findArchitecture(type).blueprint(config, `bench ${type}`);
}

export type Weights = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

/**
 * The numbers in a model: larger than a fresh model's, so that attention is not flat and a mistake shows; biases and
 * gains are not 0 and 1 either.
 */
export function weightsOf(sizes: Sizes): Weights {
  return new Map(
    specsOf(blueprintOf(sizes).parameters()).map(({ name, shape }, i) => {
      const random = new Random(1, i);
      const [mean, deviation] = name.endsWith('LayerNorm.weight')
        ? [1, 0.1]
        : shape.length === 1
          ? [0, 0.1]
          : [0, /embeddings|memory/.test(name) ? 0.5 : 0.8 / Math.sqrt(shape[1] ?? 1)];
      return [name, Float32Array.from({ length: elements(shape) }, () => mean + deviation * random.normal())];
    }),
  );
}

/** The words of each sequence, without special tokens. */
export function textsOf(sizes: Sizes): Int32Array<ArrayBuffer>[] {
  const random = new Random(2);
  return Array.from({ length: sizes.B }, () =>
    Int32Array.from({ length: textLength(sizes) }, () => SEP + 1 + random.int(sizes.vocabulary - SEP - 1)),
  );
}

/** The class of each sequence. */
export function labelsOf({ B, classes }: Sizes): Int32Array<ArrayBuffer> {
  const random = new Random(3);
  return Int32Array.from({ length: B }, () => random.int(classes));
}

/**
 * (B, S) rows of the table that `stacked` makes: [CLS], memory, [SEP], words, [SEP], as our segments have them; memory
 * vectors follow the words in that table.
 */
export function rowsOf(sizes: Sizes): Int32Array<ArrayBuffer> {
  const { vocabulary, M } = sizes;
  const memory = Array.from({ length: M }, (_, m) => vocabulary + m);
  return Int32Array.from(textsOf(sizes).flatMap((text) => [CLS, ...memory, SEP, ...text, SEP]));
}
