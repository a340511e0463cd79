// The BERT encoder with its classification head. It does not depend on the memory around it.
// Source: Devlin et al. 2018, arXiv:1810.04805; names as in Hugging Face's BertForSequenceClassification
import { attention, attentionWeights, everything } from '../../engine/ops/attention.ts';
import { dropout } from '../../engine/ops/dropout.ts';
import { embedding } from '../../engine/ops/embedding.ts';
import { layerNorm } from '../../engine/ops/layer-norm.ts';
import { feedForward, linear } from '../../engine/ops/linear.ts';
import { gatherMemory } from '../../engine/ops/read-out.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Layout } from '../layout.ts';
import { type Axis, alone, axis, denseGroups, normGroup, type ParameterGroup, spec } from '../parameters.ts';
import { bertEntries } from '../schemas/bert.ts';
import { bertNeutral } from '../schemas/neutral.ts';
import { type ConfigOf, defineBackbone, linearOf } from './backbone.ts';

type Config = ConfigOf<typeof bertEntries>;

/** Query, key and value projections as one matrix, so that one dispatch computes all three. */
function qkvGroups(name: string, D: Axis): ParameterGroup[] {
  const three = ['query', 'key', 'value'];
  return [
    {
      label: `${name}.qkv.weight`,
      shape: [3 * D.size, D.size],
      parts: three.map((which) => spec(`${name}.${which}.weight`, [D, D], 'normal')),
    },
    {
      label: `${name}.qkv.bias`,
      shape: [3 * D.size],
      parts: three.map((which) => spec(`${name}.${which}.bias`, [D], 'zeros')),
    },
  ];
}

const WORDS = 'bert.embeddings.word_embeddings.weight';
const layerName = (l: number) => `bert.encoder.layer.${l}`;

/** Nothing after the last layer reads more than its first rows: [CLS] for the head, then the memory. */
const rowsRead = ({ head, memory }: Layout): number =>
  Math.max(head.first + head.rows, memory.count > 0 ? (memory.first ?? 0) + memory.count : 0);

export const bert = defineBackbone<typeof bertEntries>({
  name: 'BERT',
  answers: 'class',
  alignment: 'right',
  causal: false,
  entries: bertEntries,
  neutral: bertNeutral,
  check(config, refuse, positions) {
    const { hidden_size: hidden, num_attention_heads: heads } = config;
    if (hidden % heads !== 0) refuse('num_attention_heads', `a divisor of hidden_size ${hidden}`);
    const ours = 'a limit of our kernels, which read four numbers at a time';
    if (hidden % 4 !== 0) refuse('hidden_size', `a multiple of 4, ${ours}`);
    if ((hidden / heads) % 4 !== 0)
      refuse('num_attention_heads', `hidden_size ${hidden} / num_attention_heads to be a multiple of 4, ${ours}`);
    if (config.intermediate_size % 4 !== 0) refuse('intermediate_size', `a multiple of 4, ${ours}`);
    if (config.max_position_embeddings < positions)
      refuse('max_position_embeddings', `at least segment_size + num_mem_tokens + 3 = ${positions}`);
    for (const field of ['pad_token_id', 'cls_token_id', 'sep_token_id'] as const)
      if (config[field] >= config.vocab_size) refuse(field, `less than vocab_size ${config.vocab_size}`);
  },
  fromKnobs: ({
    layers,
    hidden,
    heads,
    inner,
    vocabulary,
    classes,
    positions,
    epsilon,
    dropout,
    attentionDropout,
  }) => ({
    hidden_act: 'gelu',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: inner,
    vocab_size: vocabulary,
    max_position_embeddings: positions,
    type_vocab_size: 2,
    layer_norm_eps: epsilon,
    hidden_dropout_prob: dropout,
    attention_probs_dropout_prob: attentionDropout,
    num_labels: classes,
  }),
  toKnobs: ({
    num_hidden_layers,
    hidden_size,
    num_attention_heads,
    intermediate_size,
    layer_norm_eps,
    hidden_dropout_prob,
    attention_probs_dropout_prob,
  }) => ({
    num_hidden_layers,
    hidden_size,
    num_attention_heads,
    intermediate_size,
    layer_norm_eps,
    hidden_dropout_prob,
    attention_probs_dropout_prob,
  }),
  sizes: (config) => ({
    D: axis(config, 'hidden_size'),
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    classes: config.num_labels,
  }),
  layout(config, { front }) {
    const before = front + 2;
    return {
      S: before + config.segment_size + 1,
      front: before,
      back: 1,
      memory: { count: front, first: 1, atEnd: false },
      head: { first: 0, rows: 1 },
      specials: [
        [0, config.cls_token_id],
        [front + 1, config.sep_token_id],
        [-1, config.sep_token_id],
      ],
    };
  },
  parameters(config) {
    const [D, F] = [axis(config, 'hidden_size'), axis(config, 'intermediate_size')];
    const table = (name: string, rows: string) =>
      alone(`bert.embeddings.${name}.weight`, [axis(config, rows), D], 'normal');
    const layer = (name: string): ParameterGroup[] => [
      ...qkvGroups(`${name}.attention.self`, D),
      ...denseGroups(`${name}.attention.output.dense`, D, D),
      normGroup(`${name}.attention.output.LayerNorm`, D),
      ...denseGroups(`${name}.intermediate.dense`, F, D),
      ...denseGroups(`${name}.output.dense`, D, F),
      normGroup(`${name}.output.LayerNorm`, D),
    ];
    return [
      table('word_embeddings', 'vocab_size'),
      table('position_embeddings', 'max_position_embeddings'),
      table('token_type_embeddings', 'type_vocab_size'),
      normGroup('bert.embeddings.LayerNorm', D),
      ...Array.from({ length: config.num_hidden_layers }, (_, l) => layer(layerName(l))).flat(),
      ...denseGroups('bert.pooler.dense', D, D),
      ...denseGroups('classifier', axis(config, 'num_labels'), D),
    ];
  },
  positionTable: 'bert.embeddings.position_embeddings.weight',
  words: () => ({ table: WORDS, scale: 1 }),
  roles: { embedding: ['bert.embeddings.'], head: ['bert.pooler.', 'classifier.'] },
  layersField: 'num_hidden_layers',
  layerName,

  encode({ tape, parameters, inputs, layout, sites }, config, around, regions) {
    const { hidden_dropout_prob: p, attention_probs_dropout_prob: pAttention, layer_norm_eps: eps } = config;
    let streams = 0;
    const masks = () => ({ counter: inputs.counter, stream: ++streams });
    const dropping = tape.drops && p > 0;
    const tables = {
      word: parameters.get(WORDS),
      position: parameters.get('bert.embeddings.position_embeddings.weight'),
      tokenType: parameters.get('bert.embeddings.token_type_embeddings.weight'),
    };
    const { ids, lengths, buckets } = inputs;
    const embedded = embedding(tape, ids, lengths, tables, around.inserted, layout.memory, buckets);
    sites.at('embedding', 0, embedded);
    let hidden = dropout(tape, layerNorm(tape, embedded, parameters.get('bert.embeddings.LayerNorm'), eps), p, masks());
    sites.at('hidden', 0, hidden);

    const attentions: Tensor[][] = [];
    for (let l = 0; l < config.num_hidden_layers; l++) {
      const layer = layerName(l);
      const input = around.before(l, hidden);
      const projected = linear(tape, input, linearOf(parameters, `${layer}.attention.self.qkv`));
      sites.note('projected', l, projected);
      const isLast = l === config.num_hidden_layers - 1;
      const unseen = !tape.training && regions.length === 0 && !sites.looked;
      const rows = isLast && unseen ? rowsRead(layout) : undefined;
      const attended = attention(
        tape,
        projected,
        lengths,
        config.num_attention_heads,
        pAttention,
        masks(),
        around.mask,
        rows,
      );
      sites.at('attended', l, attended.out);
      if (sites.parts.wants('weights', l))
        sites.note('weights', l, attentionWeights(tape, attended, everything(layout.S)));
      const kept = rows === undefined ? input : gatherMemory(tape, input, lengths, rows, { first: 0, atEnd: false });
      attentions.push(regions.map((region) => tape.program.keep(attentionWeights(tape, attended, region))));
      const output = linearOf(parameters, `${layer}.attention.output.dense`);
      const mixed = dropping
        ? dropout(tape, linear(tape, attended.out, output), p, masks(), kept)
        : linear(tape, attended.out, output, { residual: kept });
      sites.note('mixed', l, mixed);
      const middle = layerNorm(tape, mixed, parameters.get(`${layer}.attention.output.LayerNorm`), eps);
      const [inner, outer] = [
        linearOf(parameters, `${layer}.intermediate.dense`),
        linearOf(parameters, `${layer}.output.dense`),
      ];
      const look = (kind: 'inner' | 'activated', tensor: Tensor) => sites.note(kind, l, tensor);
      const fed = dropping
        ? dropout(tape, feedForward(tape, middle, inner, outer, { look }), p, masks(), middle)
        : feedForward(tape, middle, inner, outer, { residual: middle, look });
      hidden = layerNorm(tape, fed, parameters.get(`${layer}.output.LayerNorm`), eps);
      sites.at('hidden', l + 1, hidden);
      around.after(l, hidden);
    }
    return { hidden, attentions };
  },

  /** Tanh pooler over [CLS], dropout, linear. */
  head({ tape, parameters, inputs }, config, cls) {
    const pooled = linear(tape, cls, linearOf(parameters, 'bert.pooler.dense'), { activation: 'tanh' });
    const kept = dropout(tape, pooled, config.hidden_dropout_prob, { counter: inputs.counter, stream: 0 });
    return linear(tape, kept, linearOf(parameters, 'classifier'));
  },
});
export type BertConfig = Config;
