// The GPT-2 decoder with its language-modelling head: the word embedding, or an output layer of its own. It does not
// depend on the memory around it.
// Source: Radford et al. 2019; names and layouts as in Hugging Face's GPT2LMHeadModel
import { attention, attentionWeights, everything } from '../../engine/ops/attention.ts';
import { dropout } from '../../engine/ops/dropout.ts';
import { embedding } from '../../engine/ops/embedding.ts';
import { layerNorm } from '../../engine/ops/layer-norm.ts';
import { feedForward, linear } from '../../engine/ops/linear.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Recording } from '../blueprint.ts';
import { type Axis, alone, axis, matrixGroup, normGroup, type ParameterGroup, spec } from '../parameters.ts';
import { gpt2Entries } from '../schemas/gpt2.ts';
import { gpt2Neutral } from '../schemas/neutral.ts';
import { type ConfigOf, defineBackbone, linearOf } from './backbone.ts';
import { decoderLayout } from './decoder-layout.ts';

export type Gpt2Config = ConfigOf<typeof gpt2Entries>;

/** A linear layer stored as (in, out), like Conv1D. */
function conv1d(name: string, inp: Axis, out: Axis): ParameterGroup[] {
  const weight = { ...spec(`${name}.weight`, [inp, out], 'normal'), transposed: true } as const;
  return [{ label: weight.name, shape: [out.size, inp.size], parts: [weight] }, alone(`${name}.bias`, [out], 'zeros')];
}

const WORDS = 'transformer.wte.weight';
const OUTPUT = 'lm_head.weight';
const isTied = (config: Gpt2Config) => config.tie_word_embeddings !== false;

const layerName = (l: number) => `transformer.h.${l}`;
/** Four times the width unless the configuration says otherwise. */
const inner = (config: Gpt2Config) =>
  config.n_inner === undefined ? axis(config, 'n_embd', 4) : axis(config, 'n_inner');

const finalNorm = ({ tape, parameters }: Recording, config: Gpt2Config, hidden: Tensor) =>
  layerNorm(tape, hidden, parameters.get('transformer.ln_f'), config.layer_norm_epsilon);

export const gpt2 = defineBackbone<typeof gpt2Entries>({
  name: 'GPT-2',
  answers: 'tokens',
  alignment: 'left',
  causal: true,
  entries: gpt2Entries,
  neutral: gpt2Neutral,
  check(config, refuse, positions) {
    const { n_embd: hidden, n_head: heads } = config;
    const ours = 'a limit of our kernels, which read four numbers at a time';
    if (hidden % heads !== 0) refuse('n_head', `a divisor of n_embd ${hidden}`);
    if (hidden % 4 !== 0) refuse('n_embd', `a multiple of 4, ${ours}`);
    if ((hidden / heads) % 4 !== 0) refuse('n_head', `n_embd ${hidden} / n_head to be a multiple of 4, ${ours}`);
    if (inner(config).size % 4 !== 0) refuse('n_inner', `a multiple of 4, ${ours}`);
    if (config.n_positions < positions)
      refuse('n_positions', `at least the ${positions} positions of a segment with its memory`);
  },
  fromKnobs: ({ layers, hidden, heads, inner, vocabulary, positions, epsilon, dropout, attentionDropout }) => ({
    n_embd: hidden,
    n_layer: layers,
    n_head: heads,
    n_inner: inner,
    n_positions: positions,
    vocab_size: vocabulary,
    layer_norm_epsilon: epsilon,
    activation_function: 'gelu_new',
    embd_pdrop: dropout,
    attn_pdrop: attentionDropout,
    resid_pdrop: dropout,
  }),
  toKnobs: (config) => ({
    num_hidden_layers: config.n_layer,
    hidden_size: config.n_embd,
    num_attention_heads: config.n_head,
    intermediate_size: inner(config).size,
    layer_norm_eps: config.layer_norm_epsilon,
    hidden_dropout_prob: config.resid_pdrop,
    attention_probs_dropout_prob: config.attn_pdrop,
  }),
  sizes: (config) => ({
    D: axis(config, 'n_embd'),
    layers: config.n_layer,
    heads: config.n_head,
    classes: config.vocab_size,
  }),
  layout: decoderLayout,
  parameters(config) {
    const [D, F] = [axis(config, 'n_embd'), inner(config)];
    const layer = (name: string): ParameterGroup[] => [
      normGroup(`${name}.ln_1`, D),
      ...conv1d(`${name}.attn.c_attn`, D, axis(config, 'n_embd', 3)),
      ...conv1d(`${name}.attn.c_proj`, D, D),
      normGroup(`${name}.ln_2`, D),
      ...conv1d(`${name}.mlp.c_fc`, D, F),
      ...conv1d(`${name}.mlp.c_proj`, F, D),
    ];
    return [
      matrixGroup(WORDS, axis(config, 'vocab_size'), D),
      alone('transformer.wpe.weight', [axis(config, 'n_positions'), D], 'normal'),
      ...Array.from({ length: config.n_layer }, (_, l) => layer(layerName(l))).flat(),
      normGroup('transformer.ln_f', D),
      ...(isTied(config) ? [] : [matrixGroup(OUTPUT, axis(config, 'vocab_size'), D)]),
    ];
  },
  words: () => ({ table: WORDS, scale: 1 }),
  roles: { embedding: [WORDS, 'transformer.wpe.'], head: [OUTPUT] },
  layersField: 'n_layer',
  layerName,

  encode(recording, config, around, regions) {
    const { tape, parameters, inputs, layout, sites } = recording;
    const { resid_pdrop: p, layer_norm_epsilon: eps } = config;
    let streams = 0;
    const masks = () => ({ counter: inputs.counter, stream: ++streams });
    const dropping = tape.drops && p > 0;
    const tables = {
      word: parameters.get(WORDS),
      position: parameters.get('transformer.wpe.weight'),
    };
    const { ids, lengths, buckets } = inputs;
    const embedded = embedding(tape, ids, lengths, tables, around.inserted, layout.memory, buckets);
    sites.at('embedding', 0, embedded);
    let hidden = dropout(tape, embedded, config.embd_pdrop, masks());
    sites.at('hidden', 0, hidden);

    const attentions: Tensor[][] = [];
    for (let l = 0; l < config.n_layer; l++) {
      const layer = layerName(l);
      const input = around.before(l, hidden);
      const normed = layerNorm(tape, input, parameters.get(`${layer}.ln_1`), eps);
      const projected = linear(tape, normed, linearOf(parameters, `${layer}.attn.c_attn`));
      sites.note('projected', l, projected);
      const attended = attention(tape, projected, lengths, config.n_head, config.attn_pdrop, masks(), around.mask);
      sites.at('attended', l, attended.out);
      if (sites.parts.wants('weights', l))
        sites.note('weights', l, attentionWeights(tape, attended, everything(layout.S)));
      attentions.push(regions.map((region) => tape.program.keep(attentionWeights(tape, attended, region))));
      const output = linearOf(parameters, `${layer}.attn.c_proj`);
      const mixed = dropping
        ? dropout(tape, linear(tape, attended.out, output), p, masks(), input)
        : linear(tape, attended.out, output, { residual: input });
      sites.note('mixed', l, mixed);
      const again = layerNorm(tape, mixed, parameters.get(`${layer}.ln_2`), eps);
      const [inner, outer] = [linearOf(parameters, `${layer}.mlp.c_fc`), linearOf(parameters, `${layer}.mlp.c_proj`)];
      const by = config.activation_function;
      const look = (kind: 'inner' | 'activated', tensor: Tensor) => sites.note(kind, l, tensor);
      hidden = dropping
        ? dropout(tape, feedForward(tape, again, inner, outer, { by, look }), p, masks(), mixed)
        : feedForward(tape, again, inner, outer, { residual: mixed, by, look });
      sites.at('hidden', l + 1, hidden);
      around.after(l, hidden);
    }
    return { hidden: finalNorm(recording, config, hidden), attentions };
  },
  finish: finalNorm,

  head: ({ tape, parameters }, config, rows) =>
    linear(tape, rows, { weight: parameters.get(isTied(config) ? WORDS : OUTPUT) }),
});
