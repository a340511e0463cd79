// The Transformer-XL decoder: relative positions, and attention to a cache of each layer's earlier inputs, if there is
// one.
// Source: Dai et al. 2019, arXiv:1901.02860; names as in Hugging Face's TransfoXLLMHeadModel, u and v shared by all layers

import { everything } from '../../engine/ops/attention.ts';
import {
  attentionRelative,
  attentionRelativeWeights,
  distancesOf,
  sinusoids,
} from '../../engine/ops/attention-relative.ts';
import { cacheConcat } from '../../engine/ops/cache.ts';
import { dropout } from '../../engine/ops/dropout.ts';
import { embedding } from '../../engine/ops/embedding.ts';
import { layerNorm } from '../../engine/ops/layer-norm.ts';
import { feedForward, linear } from '../../engine/ops/linear.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { axis, denseGroups, matrixGroup, normGroup, type ParameterGroup, padded, spec } from '../parameters.ts';
import { transformerXlNeutral } from '../schemas/neutral.ts';
import { transformerXlEntries } from '../schemas/transformer-xl.ts';
import { type ConfigOf, defineBackbone, linearOf } from './backbone.ts';
import { decoderLayout } from './decoder-layout.ts';

export type TransformerXlConfig = ConfigOf<typeof transformerXlEntries>;

const layerName = (l: number) => `transformer.layers.${l}`;
const WORDS = 'transformer.word_emb.emb_layers.0.weight';
const BIASES = 'transformer.r_biases';

export const transformerXl = defineBackbone<typeof transformerXlEntries>({
  name: 'Transformer-XL',
  answers: 'tokens',
  alignment: 'left',
  causal: true,
  entries: transformerXlEntries,
  neutral: transformerXlNeutral,
  check(config, refuse) {
    const ours = 'a limit of our kernels, which read four numbers at a time';
    for (const field of ['d_model', 'd_head', 'd_inner'] as const)
      if (config[field] % 4 !== 0) refuse(field, `a multiple of 4, ${ours}`);
    if (config.dropatt > 0) refuse('dropatt', '0: relative attention has no dropout of its weights here');
  },
  fromKnobs: (
    { layers, hidden, heads, headSize, inner, vocabulary, epsilon, dropout, attentionDropout },
    { relative_shift },
  ) => ({
    d_model: hidden,
    n_layer: layers,
    n_head: heads,
    d_head: headSize || hidden / heads,
    d_inner: inner,
    vocab_size: vocabulary,
    layer_norm_epsilon: epsilon,
    dropout,
    dropatt: attentionDropout,
    relative_shift,
  }),
  toKnobs: (config) => ({
    num_hidden_layers: config.n_layer,
    hidden_size: config.d_model,
    num_attention_heads: config.n_head,
    head_size: config.d_head,
    intermediate_size: config.d_inner,
    layer_norm_eps: config.layer_norm_epsilon,
    hidden_dropout_prob: config.dropout,
    attention_probs_dropout_prob: config.dropatt,
    relative_shift: config.relative_shift,
  }),
  sizes: (config) => ({
    D: axis(config, 'd_model'),
    layers: config.n_layer,
    heads: config.n_head,
    classes: config.vocab_size,
  }),
  layout: decoderLayout,
  parameters(config) {
    const [D, F] = [axis(config, 'd_model'), axis(config, 'd_inner')];
    const HD = axis(config, ['n_head', 'd_head']);
    const headed = [axis(config, 'n_head'), axis(config, 'd_head')];
    const layer = (name: string): ParameterGroup[] => [
      matrixGroup(`${name}.dec_attn.qkv_net.weight`, axis(config, ['n_head', 'd_head'], 3), D),
      matrixGroup(`${name}.dec_attn.o_net.weight`, D, HD),
      matrixGroup(`${name}.dec_attn.r_net.weight`, HD, D),
      normGroup(`${name}.dec_attn.layer_norm`, D),
      ...denseGroups(`${name}.pos_ff.CoreNet.0`, F, D),
      ...denseGroups(`${name}.pos_ff.CoreNet.3`, D, F),
      normGroup(`${name}.pos_ff.layer_norm`, D),
    ];
    const V = axis(config, 'vocab_size');
    return [
      matrixGroup(WORDS, V, D),
      {
        label: BIASES,
        shape: [2, HD.size],
        parts: ['r_w_bias', 'r_r_bias'].map((name) => spec(`transformer.${name}`, headed, 'normal')),
      },
      ...Array.from({ length: config.n_layer }, (_, l) => layer(layerName(l))).flat(),
      {
        label: 'crit.out_layers.0.bias',
        shape: [padded(V.size)],
        parts: [spec('crit.out_layers.0.bias', [V], 'zeros')],
      },
    ];
  },
  words: ({ d_model }) => ({ table: WORDS, scale: Math.sqrt(d_model) }),
  roles: { embedding: [WORDS], head: ['crit.'] },
  layersField: 'n_layer',
  layerName,

  encode({ tape, parameters, inputs, layout, sites }, config, around, regions) {
    const { dropout: p, layer_norm_epsilon: eps, d_model: D, n_head: heads } = config;
    let streams = 0;
    const masks = () => ({ counter: inputs.counter, stream: ++streams });
    const dropping = tape.drops && p > 0;
    const tables = { word: parameters.get(WORDS), scale: Math.sqrt(D) };
    const { ids, lengths, buckets, extents } = inputs;
    const embedded = embedding(tape, ids, lengths, tables, around.inserted, layout.memory, buckets);
    sites.at('embedding', 0, embedded);
    let hidden = dropout(tape, embedded, p, masks());
    sites.at('hidden', 0, hidden);
    const tablesOf = new Map<number, Tensor>();
    const distances = (cache: number): Tensor => {
      const known = tablesOf.get(cache);
      if (known) return known;
      const { below, count } = distancesOf(layout.S, cache, around.mask, config.relative_shift);
      const table = tape.constant('distances', [count, D], sinusoids(count, below, D));
      tablesOf.set(cache, table);
      return table;
    };

    const attentions: Tensor[][] = [];
    for (let l = 0; l < config.n_layer; l++) {
      const layer = layerName(l);
      const weight = (name: string) => ({ weight: parameters.get(`${layer}.dec_attn.${name}.weight`) });
      const input = around.before(l, hidden);
      const earlier = around.cache(l, input);
      const cache = earlier?.shape[1] ?? 0;
      const keyed = earlier ? cacheConcat(tape, earlier, input) : input;
      const qkv = linear(tape, keyed, weight('qkv_net'));
      sites.note('projected', l, qkv);
      const attended = attentionRelative(tape, {
        qkv,
        r: linear(tape, distances(cache), weight('r_net')),
        biases: parameters.get(BIASES),
        extents,
        heads,
        cache,
        mask: around.mask,
        ahead: config.relative_shift,
      });
      sites.at('attended', l, attended.out);
      if (sites.parts.wants('weights', l))
        sites.note('weights', l, attentionRelativeWeights(tape, attended, everything(layout.S, cache)));
      attentions.push(regions.map((region) => tape.program.keep(attentionRelativeWeights(tape, attended, region))));
      const mixed = dropping
        ? dropout(tape, linear(tape, attended.out, weight('o_net')), p, masks(), input)
        : linear(tape, attended.out, weight('o_net'), { residual: input });
      sites.note('mixed', l, mixed);
      const middle = layerNorm(tape, mixed, parameters.get(`${layer}.dec_attn.layer_norm`), eps);
      const [inner, outer] = ['0', '3'].map((n) => linearOf(parameters, `${layer}.pos_ff.CoreNet.${n}`));
      if (!inner || !outer) throw new Error('transformer-xl: no feed-forward layers');
      const look = (kind: 'inner' | 'activated', tensor: Tensor) => sites.note(kind, l, tensor);
      const fed = dropping
        ? dropout(tape, feedForward(tape, middle, inner, outer, { by: 'relu', look }), p, masks(), middle)
        : feedForward(tape, middle, inner, outer, { residual: middle, by: 'relu', look });
      hidden = layerNorm(tape, fed, parameters.get(`${layer}.pos_ff.layer_norm`), eps);
      sites.at('hidden', l + 1, hidden);
      around.after(l, hidden);
    }
    return { hidden: dropout(tape, hidden, p, masks()), attentions };
  },

  head: ({ tape, parameters }, _config, rows) =>
    linear(tape, rows, { weight: parameters.get(WORDS), bias: parameters.get('crit.out_layers.0.bias') }),
});
