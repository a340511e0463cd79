// The BERT encoder: its parameters and one segment's forward. It does not know which memory wraps it.
import { attention, attentionWeights, type Rectangle } from '../../engine/ops/attention.ts';
import { dropout } from '../../engine/ops/dropout.ts';
import { type Buckets, embedding } from '../../engine/ops/embedding.ts';
import { layerNorm } from '../../engine/ops/layer-norm.ts';
import { feedForward, type LinearParameters, linear } from '../../engine/ops/linear.ts';
import type { Tape } from '../../engine/tape.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { type ParameterGroup, type ParameterSpec, type Parameters, padded, single } from '../parameters.ts';

/** BertConfig's names, as in Hugging Face's transformers. */
export interface BertConfig {
  readonly hidden_size: number;
  readonly num_hidden_layers: number;
  readonly num_attention_heads: number;
  readonly intermediate_size: number;
  readonly vocab_size: number;
  readonly max_position_embeddings: number;
  readonly type_vocab_size: number;
  readonly layer_norm_eps: number;
  readonly hidden_dropout_prob: number;
  readonly attention_probs_dropout_prob: number;
  readonly num_labels: number;
}

function norm(name: string, D: number): ParameterGroup {
  return {
    label: name,
    shape: [2, D],
    parts: [
      { name: `${name}.weight`, shape: [D], initial: 'ones' },
      { name: `${name}.bias`, shape: [D], initial: 'zeros' },
    ],
  };
}

function dense(name: string, out: number, inp: number): ParameterGroup[] {
  const weight: ParameterSpec = { name: `${name}.weight`, shape: [out, inp], initial: 'normal' };
  const bias: ParameterSpec = { name: `${name}.bias`, shape: [out], initial: 'zeros' };
  return [
    { label: weight.name, shape: [padded(out), inp], parts: [weight] },
    { label: bias.name, shape: [padded(out)], parts: [bias] },
  ];
}

/** Query, key and value projections as one matrix, so that one dispatch computes all three. */
function qkv(name: string, D: number): ParameterGroup[] {
  const three = ['query', 'key', 'value'];
  return [
    {
      label: `${name}.qkv.weight`,
      shape: [3 * D, D],
      parts: three.map((which) => ({ name: `${name}.${which}.weight`, shape: [D, D], initial: 'normal' as const })),
    },
    {
      label: `${name}.qkv.bias`,
      shape: [3 * D],
      parts: three.map((which) => ({ name: `${name}.${which}.bias`, shape: [D], initial: 'zeros' as const })),
    },
  ];
}

/** Every parameter of `BertForSequenceClassification`, under Hugging Face's names. */
export function bertParameters(config: BertConfig): ParameterGroup[] {
  const { hidden_size: D, intermediate_size: F } = config;
  const groups = [
    single('bert.embeddings.word_embeddings.weight', [config.vocab_size, D], 'normal'),
    single('bert.embeddings.position_embeddings.weight', [config.max_position_embeddings, D], 'normal'),
    single('bert.embeddings.token_type_embeddings.weight', [config.type_vocab_size, D], 'normal'),
    norm('bert.embeddings.LayerNorm', D),
  ];
  for (let l = 0; l < config.num_hidden_layers; l++) {
    const layer = `bert.encoder.layer.${l}`;
    groups.push(
      ...qkv(`${layer}.attention.self`, D),
      ...dense(`${layer}.attention.output.dense`, D, D),
      norm(`${layer}.attention.output.LayerNorm`, D),
      ...dense(`${layer}.intermediate.dense`, F, D),
      ...dense(`${layer}.output.dense`, D, F),
      norm(`${layer}.output.LayerNorm`, D),
    );
  }
  groups.push(...dense('bert.pooler.dense', D, D), ...dense('classifier', config.num_labels, D));
  return groups;
}

/** What a segment brings, on the GPU. */
export interface BertInputs {
  /** (B, S) u32 */
  readonly ids: Tensor;
  /** (B) u32: positions that are not padding. */
  readonly lengths: Tensor;
  readonly buckets: Buckets;
  /** (4) u32: seed of the dropout masks. */
  readonly counter: Tensor;
}

/** The recorded encoder of one segment. */
export interface Encoded {
  /** (B, S, D), last layer. */
  readonly hidden: Tensor;
  /** For every layer, the attention weights of each rectangle asked for. */
  readonly attentions: readonly (readonly Tensor[])[];
}

/**
 * Record embeddings and encoder for one segment.
 * @param written (B, M, D), vectors that replace the words at positions 1..M
 * @param looks   rectangles of every layer's attention to keep for looking at
 */
export function bertEncode(
  tape: Tape,
  config: BertConfig,
  parameters: Parameters,
  inputs: BertInputs,
  written: Tensor,
  looks: readonly Rectangle[] = [],
): Encoded {
  const { hidden_dropout_prob: p, attention_probs_dropout_prob: pAttention, layer_norm_eps: eps } = config;
  const layerOf = (name: string): LinearParameters => ({
    weight: parameters.get(`${name}.weight`),
    bias: parameters.get(`${name}.bias`),
  });
  let streams = 0;
  const masks = () => ({ counter: inputs.counter, stream: ++streams });
  const dropping = tape.training && p > 0;

  const tables = {
    word: parameters.get('bert.embeddings.word_embeddings.weight'),
    position: parameters.get('bert.embeddings.position_embeddings.weight'),
    tokenType: parameters.get('bert.embeddings.token_type_embeddings.weight'),
  };
  const embedded = embedding(tape, inputs.ids, tables, written, inputs.buckets);
  let hidden = dropout(tape, layerNorm(tape, embedded, parameters.get('bert.embeddings.LayerNorm'), eps), p, masks());

  const attentions: Tensor[][] = [];
  for (let l = 0; l < config.num_hidden_layers; l++) {
    const layer = `bert.encoder.layer.${l}`;
    const projected = linear(tape, hidden, layerOf(`${layer}.attention.self.qkv`));
    const attended = attention(tape, projected, inputs.lengths, config.num_attention_heads, pAttention, masks());
    attentions.push(looks.map((look) => tape.program.keep(attentionWeights(tape, attended, look))));
    const output = layerOf(`${layer}.attention.output.dense`);
    const mixed = dropping
      ? dropout(tape, linear(tape, attended.out, output), p, masks(), hidden)
      : linear(tape, attended.out, output, { residual: hidden });
    const middle = layerNorm(tape, mixed, parameters.get(`${layer}.attention.output.LayerNorm`), eps);
    const [inner, outer] = [layerOf(`${layer}.intermediate.dense`), layerOf(`${layer}.output.dense`)];
    const fed = dropping
      ? dropout(tape, feedForward(tape, middle, inner, outer), p, masks(), middle)
      : feedForward(tape, middle, inner, outer, middle);
    hidden = layerNorm(tape, fed, parameters.get(`${layer}.output.LayerNorm`), eps);
  }
  return { hidden, attentions };
}

/** The classification head: tanh pooler over [CLS], dropout, linear. Logits (B, num_labels up to a multiple of 4). */
export function bertClassify(
  tape: Tape,
  config: BertConfig,
  parameters: Parameters,
  cls: Tensor,
  counter: Tensor,
): Tensor {
  const layerOf = (name: string): LinearParameters => ({
    weight: parameters.get(`${name}.weight`),
    bias: parameters.get(`${name}.bias`),
  });
  const pooled = linear(tape, cls, layerOf('bert.pooler.dense'), { activation: 'tanh' });
  const kept = dropout(tape, pooled, config.hidden_dropout_prob, { counter, stream: 0 });
  return linear(tape, kept, layerOf('classifier'));
}
