// The weights as the peers take them: matrices as (in, out), query, key and value side by side in one, so that no peer
// transposes anything in a run or needs more products than ours.
import type { Sizes, Weights } from './workload.ts';

// Types, not interfaces, and plain arrays, as jax-js's trees require.
export type Dense<T> = {
  /** (in, out) */
  readonly weight: T;
  /** (out) */
  readonly bias: T;
};
export type Norm<T> = { readonly gain: T; readonly bias: T };
export type Layer<T> = {
  readonly qkv: Dense<T>;
  readonly out: Dense<T>;
  readonly norm1: Norm<T>;
  readonly up: Dense<T>;
  readonly down: Dense<T>;
  readonly norm2: Norm<T>;
};
export type Stacked<T> = {
  /** (words and memory, D) */
  readonly word: T;
  /** (S, D) */
  readonly position: T;
  /** (D) */
  readonly tokenType: T;
  readonly norm: Norm<T>;
  readonly layers: Layer<T>[];
  readonly pooler: Dense<T>;
  readonly classifier: Dense<T>;
};

/** Each matrix (out, in) as columns of one (in, all outs). */
function columns(matrices: readonly Float32Array[], inputs: number): Float32Array<ArrayBuffer> {
  const widths = matrices.map(({ length }) => length / inputs);
  const all = widths.reduce((sum, width) => sum + width, 0);
  const result = new Float32Array(inputs * all);
  let at = 0;
  matrices.forEach((matrix, i) => {
    const width = widths[i] ?? 0;
    for (let o = 0; o < width; o++)
      for (let c = 0; c < inputs; c++) result[c * all + at + o] = matrix[o * inputs + c] ?? Number.NaN;
    at += width;
  });
  return result;
}

function joined(arrays: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const result = new Float32Array(arrays.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const array of arrays) {
    result.set(array, at);
    at += array.length;
  }
  return result;
}

/** Every tensor of a model, by `make`. */
export function stacked<T>(
  { layers, D, F, S, vocabulary, classes, M }: Sizes,
  weights: Weights,
  make: (values: Float32Array<ArrayBuffer>, shape: number[], name: string) => T,
): Stacked<T> {
  const get = (name: string): Float32Array<ArrayBuffer> => {
    const values = weights.get(name);
    if (!values) throw new Error(`bench: no weights '${name}'`);
    return values;
  };
  const dense = (name: string, inputs: number, outputs: number, parts: readonly string[] = ['']): Dense<T> => {
    const all = (which: string) => parts.map((part) => get(`${name}${part}.${which}`));
    return {
      weight: make(columns(all('weight'), inputs), [inputs, outputs], `${name}.weight`),
      bias: make(joined(all('bias')), [outputs], `${name}.bias`),
    };
  };
  const norm = (name: string): Norm<T> => ({
    gain: make(get(`${name}.weight`), [D], `${name}.gain`),
    bias: make(get(`${name}.bias`), [D], `${name}.bias`),
  });
  const embeddings = 'bert.embeddings';
  const words = joined([get(`${embeddings}.word_embeddings.weight`), ...(M > 0 ? [get('rmt.memory')] : [])]);
  return {
    word: make(words, [vocabulary + M, D], 'word'),
    position: make(get(`${embeddings}.position_embeddings.weight`), [S, D], 'position'),
    tokenType: make(get(`${embeddings}.token_type_embeddings.weight`).slice(0, D), [D], 'token_type'),
    norm: norm(`${embeddings}.LayerNorm`),
    layers: Array.from({ length: layers }, (_, l) => {
      const layer = `bert.encoder.layer.${l}`;
      return {
        qkv: dense(`${layer}.attention.self`, D, 3 * D, ['.query', '.key', '.value']),
        out: dense(`${layer}.attention.output.dense`, D, D),
        norm1: norm(`${layer}.attention.output.LayerNorm`),
        up: dense(`${layer}.intermediate.dense`, D, F),
        down: dense(`${layer}.output.dense`, F, D),
        norm2: norm(`${layer}.output.LayerNorm`),
      };
    }),
    pooler: dense('bert.pooler.dense', D, D),
    classifier: dense('classifier', D, classes),
  };
}
