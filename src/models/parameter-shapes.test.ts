import { describe, expect, it } from 'vitest';
import { tinyConfigs } from '../testing/models.ts';
import { parameterShapes } from './checkpoint.ts';
import { blueprintOf } from './index.ts';

const { model_type: _encoder, ...small } = tinyConfigs['rmt-bert'];
const blueprint = blueprintOf(small, 'small');
const { config } = blueprint;

const family = tinyConfigs;
const { gpt2 } = family;
const shapes = parameterShapes(blueprint);

describe('parameterShapes', () => {
  it('has Hugging Face’s order', () => {
    expect([...shapes].map(([name, shape]) => `${name} ${shape.join('x')}`)).toEqual([
      'bert.embeddings.word_embeddings.weight 10x8',
      'bert.embeddings.position_embeddings.weight 16x8',
      'bert.embeddings.token_type_embeddings.weight 2x8',
      'bert.embeddings.LayerNorm.weight 8',
      'bert.embeddings.LayerNorm.bias 8',
      'bert.encoder.layer.0.attention.self.query.weight 8x8',
      'bert.encoder.layer.0.attention.self.query.bias 8',
      'bert.encoder.layer.0.attention.self.key.weight 8x8',
      'bert.encoder.layer.0.attention.self.key.bias 8',
      'bert.encoder.layer.0.attention.self.value.weight 8x8',
      'bert.encoder.layer.0.attention.self.value.bias 8',
      'bert.encoder.layer.0.attention.output.dense.weight 8x8',
      'bert.encoder.layer.0.attention.output.dense.bias 8',
      'bert.encoder.layer.0.attention.output.LayerNorm.weight 8',
      'bert.encoder.layer.0.attention.output.LayerNorm.bias 8',
      'bert.encoder.layer.0.intermediate.dense.weight 12x8',
      'bert.encoder.layer.0.intermediate.dense.bias 12',
      'bert.encoder.layer.0.output.dense.weight 8x12',
      'bert.encoder.layer.0.output.dense.bias 8',
      'bert.encoder.layer.0.output.LayerNorm.weight 8',
      'bert.encoder.layer.0.output.LayerNorm.bias 8',
      'bert.pooler.dense.weight 8x8',
      'bert.pooler.dense.bias 8',
      'classifier.weight 3x8',
      'classifier.bias 3',
      'rmt.memory 2x8',
    ]);
  });

  it('has no memory without memory tokens', () => {
    expect(parameterShapes(blueprintOf({ ...small, num_mem_tokens: 0 }, 'c')).has('rmt.memory')).toBe(false);
    expect(parameterShapes(blueprintOf(gpt2, 'c')).has('rmt.memory')).toBe(false);
    const none = { ...family['rmt-gpt2'], num_mem_tokens: 0 };
    expect(parameterShapes(blueprintOf(none, 'c')).has('rmt.memory')).toBe(false);
  });

  const shown = (id: keyof typeof family) =>
    [...parameterShapes(blueprintOf(family[id], 'c'))].map(([name, shape]) => `${name} ${shape.join('x')}`);
  const ofGpt2 = [
    'transformer.wte.weight 10x8',
    'transformer.wpe.weight 16x8',
    'transformer.h.0.ln_1.weight 8',
    'transformer.h.0.ln_1.bias 8',
    // Conv1D: (in, out).
    'transformer.h.0.attn.c_attn.weight 8x24',
    'transformer.h.0.attn.c_attn.bias 24',
    'transformer.h.0.attn.c_proj.weight 8x8',
    'transformer.h.0.attn.c_proj.bias 8',
    'transformer.h.0.ln_2.weight 8',
    'transformer.h.0.ln_2.bias 8',
    'transformer.h.0.mlp.c_fc.weight 8x12',
    'transformer.h.0.mlp.c_fc.bias 12',
    'transformer.h.0.mlp.c_proj.weight 12x8',
    'transformer.h.0.mlp.c_proj.bias 8',
    'transformer.ln_f.weight 8',
    'transformer.ln_f.bias 8',
  ];

  it('has GPT-2’s order, followed by the memory', () => {
    expect(shown('gpt2')).toEqual(ofGpt2);
    expect(shown('rmt-gpt2')).toEqual([...ofGpt2, 'rmt.memory 2x8']);
  });

  it('has ARMT’s projections beside the layers', () => {
    expect(shown('armt-gpt2')).toEqual([
      ...ofGpt2,
      'transformer.h.0.W_mq.weight 4x8',
      'transformer.h.0.W_mk.weight 4x8',
      'transformer.h.0.W_mv.weight 8x8',
      'transformer.h.0.W_mb.weight 1x8',
      'transformer.h.0.W_mb.bias 1',
      'rmt.memory 2x8',
    ]);
    expect(shown('armt-bert').slice(-6)).toEqual([
      'bert.encoder.layer.0.W_mq.weight 4x8',
      'bert.encoder.layer.0.W_mk.weight 4x8',
      'bert.encoder.layer.0.W_mv.weight 8x8',
      'bert.encoder.layer.0.W_mb.weight 1x8',
      'bert.encoder.layer.0.W_mb.bias 1',
      'rmt.memory 2x8',
    ]);
  });

  it('has Transformer-XL’s order, with a separate head size', () => {
    const own = { ...family['rmt-transformer-xl'], d_head: 8 };
    expect([...parameterShapes(blueprintOf(own, 'c'))].map(([name, shape]) => `${name} ${shape.join('x')}`)).toEqual([
      'transformer.word_emb.emb_layers.0.weight 10x8',
      'transformer.r_w_bias 2x8',
      'transformer.r_r_bias 2x8',
      'transformer.layers.0.dec_attn.qkv_net.weight 48x8',
      'transformer.layers.0.dec_attn.o_net.weight 8x16',
      'transformer.layers.0.dec_attn.r_net.weight 16x8',
      'transformer.layers.0.dec_attn.layer_norm.weight 8',
      'transformer.layers.0.dec_attn.layer_norm.bias 8',
      'transformer.layers.0.pos_ff.CoreNet.0.weight 12x8',
      'transformer.layers.0.pos_ff.CoreNet.0.bias 12',
      'transformer.layers.0.pos_ff.CoreNet.3.weight 8x12',
      'transformer.layers.0.pos_ff.CoreNet.3.bias 8',
      'transformer.layers.0.pos_ff.layer_norm.weight 8',
      'transformer.layers.0.pos_ff.layer_norm.bias 8',
      'crit.out_layers.0.bias 10',
      'rmt.memory 2x8',
    ]);
  });

  const count = (given: object) =>
    [...parameterShapes(blueprintOf(given, 'c')).values()]
      .map((shape) => shape.reduce((product, size) => product * size))
      .reduce((sum, size) => sum + size);

  it('counts the parameters of bert-base and gpt2', () => {
    const base = {
      ...config,
      hidden_size: 768,
      num_hidden_layers: 12,
      num_attention_heads: 12,
      intermediate_size: 3072,
      vocab_size: 30522,
      max_position_embeddings: 512,
      num_labels: 2,
      num_mem_tokens: 0,
    };
    expect(count(base)).toBe(109_483_778); // BertForSequenceClassification, bert-base-uncased
    const { n_inner: _inner, ...bare } = gpt2;
    const small124 = { ...bare, n_embd: 768, n_layer: 12, n_head: 12, n_positions: 1024, vocab_size: 50257 };
    expect(count(small124)).toBe(124_439_808); // GPT2LMHeadModel, gpt2: its head is the embedding
  });
});
