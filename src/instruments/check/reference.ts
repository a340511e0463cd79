// The loss of the two recurrent models in f64, reimplemented from the papers, and its gradient by central differences.
// Sources: Bulatov et al. 2023, arXiv:2304.11062 (encoder); Bulatov et al. 2022, arXiv:2207.06881 (decoder)
import {
  attention,
  crossEntropy,
  each,
  gelu,
  geluNew,
  layerNorm,
  linear,
  plus,
  type Rows,
  type Weights,
  weight,
} from './plain.ts';

/** The sizes that the references need; special tokens are the encoder's. */
export interface ReferenceSizes {
  readonly layers: number;
  readonly heads: number;
  readonly memory: number;
  readonly cls: number;
  readonly sep: number;
  readonly eps: number;
}

/** A sequence in segments, and its target. */
export interface ReferenceSequence {
  readonly segments: readonly (readonly number[])[];
  /** The class of the sequence (encoder), or the word after the last (decoder). */
  readonly label: number;
}

const row = (table: Float64Array, index: number, D: number) => table.subarray(index * D, (index + 1) * D);
const rowsOf = (table: Float64Array, D: number): Float64Array[] =>
  Array.from({ length: table.length / D }, (_, i) => row(table, i, D));

/** Mean cross-entropy of the class after the last segment. */
export function encoderLoss(weights: Weights, sizes: ReferenceSizes, sequences: readonly ReferenceSequence[]): number {
  const { layers, heads, memory: M, cls, sep, eps } = sizes;
  const D = weight(weights, 'bert.embeddings.LayerNorm.weight').length;
  const dense = (rows: Rows, name: string) =>
    linear(rows, weight(weights, `${name}.weight`), weight(weights, `${name}.bias`));
  const embeddings = (name: string) => weight(weights, `bert.embeddings.${name}_embeddings.weight`);

  const encode = (text: readonly number[], memory: Rows): Float64Array[] => {
    const word = (id: number) => row(embeddings('word'), id, D);
    // [CLS] memory [SEP] text [SEP]: memory replaces word embeddings.
    const written = [word(cls), ...memory, word(sep), ...text.map(word), word(sep)];
    const type = row(embeddings('token_type'), 0, D);
    const placed = plus(
      plus(
        written,
        written.map((_, s) => row(embeddings('position'), s, D)),
      ),
      written.map(() => type),
    );
    let hidden = layerNorm(placed, weights, 'bert.embeddings.LayerNorm', eps);
    for (let l = 0; l < layers; l++) {
      const layer = `bert.encoder.layer.${l}`;
      const [q = [], k = [], v = []] = ['query', 'key', 'value'].map((part) =>
        dense(hidden, `${layer}.attention.self.${part}`),
      );
      const attended = attention(q, k, v, heads, () => k.length);
      const mixed = plus(dense(attended, `${layer}.attention.output.dense`), hidden);
      const middle = layerNorm(mixed, weights, `${layer}.attention.output.LayerNorm`, eps);
      const fed = dense(each(dense(middle, `${layer}.intermediate.dense`), gelu), `${layer}.output.dense`);
      hidden = layerNorm(plus(fed, middle), weights, `${layer}.output.LayerNorm`, eps);
    }
    return hidden;
  };

  let loss = 0;
  for (const { segments, label } of sequences) {
    let memory = rowsOf(weight(weights, 'rmt.memory'), D);
    let first = new Float64Array(D);
    for (const text of segments) {
      const hidden = encode(text, memory);
      memory = hidden.slice(1, 1 + M);
      first = hidden[0] as Float64Array<ArrayBuffer>;
    }
    const pooled = each(dense([first], 'bert.pooler.dense'), Math.tanh);
    const [logits = new Float64Array(0)] = dense(pooled, 'classifier');
    loss += crossEntropy(logits, label) / sequences.length;
  }
  return loss;
}

/** Mean cross-entropy of every word but the first of each sequence, including the one after the inputs. */
export function decoderLoss(weights: Weights, sizes: ReferenceSizes, sequences: readonly ReferenceSequence[]): number {
  const { layers, heads, memory: M, eps } = sizes;
  const words = weight(weights, 'transformer.wte.weight');
  const D = weight(weights, 'transformer.ln_f.weight').length;
  const conv1d = (rows: Rows, name: string) =>
    linear(rows, weight(weights, `${name}.weight`), weight(weights, `${name}.bias`), true);

  const read = (text: readonly number[], memory: Rows): Float64Array[] => {
    // memory | text | memory, and every position sees itself and those before it.
    const written = [...memory, ...text.map((id) => row(words, id, D)), ...memory];
    const positions = written.map((_, s) => row(weight(weights, 'transformer.wpe.weight'), s, D));
    let hidden = plus(written, positions);
    for (let l = 0; l < layers; l++) {
      const layer = `transformer.h.${l}`;
      const qkv = conv1d(layerNorm(hidden, weights, `${layer}.ln_1`, eps), `${layer}.attn.c_attn`);
      const [q = [], k = [], v = []] = [0, 1, 2].map((part) =>
        qkv.map((all) => all.subarray(part * D, (part + 1) * D)),
      );
      const attended = attention(q, k, v, heads, (i) => i + 1);
      hidden = plus(conv1d(attended, `${layer}.attn.c_proj`), hidden);
      const normed = layerNorm(hidden, weights, `${layer}.ln_2`, eps);
      hidden = plus(conv1d(each(conv1d(normed, `${layer}.mlp.c_fc`), geluNew), `${layer}.mlp.c_proj`), hidden);
    }
    return layerNorm(hidden, weights, 'transformer.ln_f', eps);
  };

  let [loss, asked] = [0, 0];
  for (const { segments, label } of sequences) {
    let memory = rowsOf(weight(weights, 'rmt.memory'), D);
    const following = [...segments.flat().slice(1), label];
    let at = 0;
    for (const text of segments) {
      const hidden = read(text, memory);
      memory = hidden.slice(hidden.length - M);
      for (const logits of linear(hidden.slice(M, M + text.length), words, undefined)) {
        loss += crossEntropy(logits, following[at++] as number);
        asked++;
      }
    }
  }
  return loss / asked;
}

/** Half the distance between the two points of a difference: its error is of order STEP², rounding 1e-16 / STEP. */
const STEP = 1e-5;

/** The gradient of `loss` for one parameter, number by number; `weights` are unchanged afterwards. */
export function gradientOf(loss: (weights: Weights) => number, weights: Weights, name: string): Float64Array {
  const values = weight(weights, name);
  return values.map((value, i) => {
    values[i] = value + STEP;
    const above = loss(weights);
    values[i] = value - STEP;
    const below = loss(weights);
    values[i] = value;
    return (above - below) / (2 * STEP);
  });
}
