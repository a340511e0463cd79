import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../io/safetensors.ts';
import { tinyConfigs } from '../testing/models.ts';
import { type Checkpoint, parameterShapes, readCheckpoint, writeCheckpoint } from './checkpoint.ts';
import { architectures, blueprintOf } from './index.ts';

const golden = new URL('../testing/golden/', import.meta.url);

const { model_type: _encoder, ...small } = tinyConfigs['rmt-bert'];
const blueprint = blueprintOf(small, 'small');
const { config } = blueprint;
const parse = (given: unknown) => blueprintOf(given, 'c').config;

const family = tinyConfigs;
const { gpt2, 'transformer-xl': transformerXl } = family;

/** Tensors of these shapes, no two values alike. */
function fill(shapes: Iterable<readonly [string, readonly number[]]>): Map<string, StoredTensor> {
  let next = 0;
  return new Map(
    [...shapes].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Float32Array.from({ length }, () => next++ / 64) }];
    }),
  );
}
const shapes = parameterShapes(blueprint);
const withMoments = () =>
  fill(
    ['', 'optimizer.m.', 'optimizer.v.'].flatMap((prefix) =>
      [...shapes].map(([name, shape]) => [prefix + name, shape] as const),
    ),
  );

/** A file with these tensors; parts of the metadata as they are given. */
const file = (tensors: Map<string, StoredTensor>, metadata: Record<string, string> = {}) =>
  writeSafetensors(tensors, { format: 'pt', rmt_config: JSON.stringify(small), ...metadata });
const refuse = (bytes: Uint8Array, message: string) =>
  expect(() => readCheckpoint(bytes, 'checkpoint t')).toThrow(expect.objectContaining({ name: 'InputError', message }));

describe('blueprintOf', () => {
  it('fills in what Hugging Face leaves out', () => {
    const required = {
      ...small,
      cls_token_id: null,
      vocab_size: 30522,
      num_labels: undefined,
      max_position_embeddings: null,
    };
    expect(parse(required)).toEqual({
      model_type: 'rmt-bert',
      hidden_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      intermediate_size: 12,
      vocab_size: 30522,
      max_position_embeddings: 512,
      type_vocab_size: 2,
      layer_norm_eps: 1e-12,
      hidden_act: 'gelu',
      hidden_dropout_prob: 0.1,
      attention_probs_dropout_prob: 0.1,
      num_labels: 2,
      num_mem_tokens: 2,
      segment_size: 4,
      segment_alignment: 'right',
      pad_token_id: 0,
      cls_token_id: 101,
      sep_token_id: 3,
    });
    const { n_inner: _inner, n_positions: _positions, ...bare } = family['rmt-gpt2'];
    expect(parse(bare)).toEqual({
      model_type: 'rmt-gpt2',
      n_embd: 8,
      n_layer: 1,
      n_head: 2,
      n_positions: 1024,
      vocab_size: 10,
      layer_norm_epsilon: 1e-5,
      activation_function: 'gelu_new',
      embd_pdrop: 0.1,
      attn_pdrop: 0.1,
      resid_pdrop: 0.1,
      num_mem_tokens: 2,
      memory_mask: 'causal',
      mem_at_end: true,
      segment_size: 4,
      segment_alignment: 'left',
    });
    // n_inner is four times the width where it is not told.
    expect(parameterShapes(blueprintOf(bare, 'c')).get('transformer.h.0.mlp.c_fc.weight')).toEqual([8, 32]);
    expect(parse(family['rmt-transformer-xl'])).toEqual({
      model_type: 'rmt-transformer-xl',
      d_model: 8,
      n_layer: 1,
      n_head: 2,
      d_head: 4,
      d_inner: 12,
      vocab_size: 10,
      layer_norm_epsilon: 1e-5,
      dropout: 0.1,
      dropatt: 0,
      num_mem_tokens: 2,
      memory_mask: 'block',
      mem_at_end: true,
      mem_len: 3,
      segment_size: 4,
      segment_alignment: 'left',
    });
    // A model without memory tokens may say so, or not.
    expect(parse(family.gpt2)['num_mem_tokens']).toBe(0);
    expect(parse({ ...family.gpt2, num_mem_tokens: null })['num_mem_tokens']).toBe(0);
  });

  it('takes the number of labels from their names, and the type bert for rmt-bert', () => {
    const { num_labels, ...rest } = small;
    const parsed = parse({ ...rest, id2label: { 0: 'a', 1: 'b', 2: 'c' }, model_type: 'bert' });
    expect([parsed['num_labels'], parsed.model_type]).toEqual([num_labels, 'rmt-bert']);
  });

  it('takes Hugging Face’s name of a backbone that has memory for the RMT over it, and only then', () => {
    const typeOf = (given: object) => parse(given).model_type;
    expect(typeOf({ ...gpt2, num_mem_tokens: 2 })).toBe('rmt-gpt2');
    expect(typeOf({ ...gpt2, num_mem_tokens: 0 })).toBe('gpt2');
    expect(typeOf({ ...transformerXl, num_mem_tokens: 2 })).toBe('rmt-transformer-xl');
    expect(typeOf(transformerXl)).toBe('transformer-xl');
    expect(typeOf({ ...small, model_type: 'bert' })).toBe('rmt-bert');
    expect(typeOf({ ...small, model_type: 'bert', num_mem_tokens: 0 })).toBe('bert');
    // An RMT by its own name may have no memory tokens; what has an associative memory stays what it is.
    expect(typeOf({ ...small, model_type: 'rmt-bert', num_mem_tokens: 0 })).toBe('rmt-bert');
    expect(typeOf(family['armt-gpt2'])).toBe('armt-gpt2');
  });

  it('reads again what it made of a configuration', () => {
    for (const [id, given] of Object.entries(family)) {
      const once = blueprintOf(given, 'c').config;
      expect(once.model_type).toBe(id);
      expect(blueprintOf(JSON.parse(JSON.stringify(once)), 'c').config).toEqual(once);
    }
    expect(Object.keys(family)).toEqual(Object.keys(architectures));
  });

  it.each([
    [{ hidden_size: undefined }, 'c: hidden_size is missing (expected a whole number from 4 to 16384)'],
    [{ hidden_size: '8' }, 'c: hidden_size is "8" (expected a whole number from 4 to 16384)'],
    [{ hidden_size: 8.5 }, 'c: hidden_size is 8.5 (expected a whole number from 4 to 16384)'],
    [{ hidden_size: 2 ** 40 }, 'c: hidden_size is 1099511627776 (expected a whole number from 4 to 16384)'],
    [{ hidden_size: [[8]] }, 'c: hidden_size is a list (expected a whole number from 4 to 16384)'],
    [{ num_hidden_layers: 1e9 }, 'c: num_hidden_layers is 1000000000 (expected a whole number from 1 to 256)'],
    [{ num_mem_tokens: -1 }, 'c: num_mem_tokens is -1 (expected a whole number from 0 to 65536)'],
    [{ segment_size: 0 }, 'c: segment_size is 0 (expected a whole number from 1 to 1000000)'],
    [{ segment_alignment: 'middle' }, 'c: segment_alignment is "middle" (expected right or left or center)'],
    [{ hidden_act: 'relu' }, 'c: hidden_act is "relu" (expected gelu)'],
    [{ hidden_act: 'gelu_new' }, 'c: hidden_act is "gelu_new" (expected gelu)'],
    [{ layer_norm_eps: -1 }, 'c: layer_norm_eps is -1 (expected a number from 0 to 1)'],
    [{ hidden_dropout_prob: 1.5 }, 'c: hidden_dropout_prob is 1.5 (expected a number from 0 to 1)'],
    [
      { model_type: 'rmt-t5' },
      'c: model_type is "rmt-t5" (expected rmt-bert or bert or rmt-gpt2 or gpt2 or transformer-xl or rmt-transformer-xl or armt-gpt2 or armt-bert)',
    ],
    [
      { model_type: 'toString' },
      'c: model_type is "toString" (expected rmt-bert or bert or rmt-gpt2 or gpt2 or transformer-xl or rmt-transformer-xl or armt-gpt2 or armt-bert)',
    ],
    [{ model_type: 'rmt-gpt2' }, 'c: n_embd is missing (expected a whole number from 4 to 16384)'],
    [{ num_mem_tokens: undefined }, 'c: num_mem_tokens is missing (expected a whole number from 0 to 65536)'],
    [{ position_embedding_type: 'relative_key' }, 'c: position_embedding_type is "relative_key" (expected absolute)'],
    [{ is_decoder: true }, 'c: is_decoder is true (expected false)'],
    [{ num_attention_heads: 3 }, 'c: num_attention_heads is 3 (expected a divisor of hidden_size 8)'],
    [
      { hidden_size: 6 },
      'c: hidden_size is 6 (expected a multiple of 4, a limit of our kernels, which read four numbers at a time)',
    ],
    [
      { num_attention_heads: 4 },
      'c: num_attention_heads is 4 (expected hidden_size 8 / num_attention_heads to be a multiple of 4, a limit of our kernels, which read four numbers at a time)',
    ],
    [
      { intermediate_size: 13 },
      'c: intermediate_size is 13 (expected a multiple of 4, a limit of our kernels, which read four numbers at a time)',
    ],
    [
      { max_position_embeddings: 8 },
      'c: max_position_embeddings is 8 (expected at least segment_size + num_mem_tokens + 3 = 9)',
    ],
    [{ pad_token_id: 10 }, 'c: pad_token_id is 10 (expected less than vocab_size 10)'],
    [{ cls_token_id: undefined }, 'c: cls_token_id is 101 (expected less than vocab_size 10)'],
    [{ sep_token_id: -1 }, 'c: sep_token_id is -1 (expected a whole number from 0 to 2000000)'],
  ])('refuses %o', (change, message) => {
    expect(() => parse({ ...small, ...change })).toThrow(expect.objectContaining({ name: 'InputError', message }));
  });

  const four = 'a multiple of 4, a limit of our kernels, which read four numbers at a time';
  it.each<[keyof typeof family, Record<string, unknown>, string]>([
    ['gpt2', { n_embd: undefined }, 'n_embd is missing (expected a whole number from 4 to 16384)'],
    ['gpt2', { n_embd: '8' }, 'n_embd is "8" (expected a whole number from 4 to 16384)'],
    ['gpt2', { n_embd: 6 }, `n_embd is 6 (expected ${four})`],
    ['gpt2', { n_head: 3 }, 'n_head is 3 (expected a divisor of n_embd 8)'],
    [
      'gpt2',
      { n_head: 4 },
      'n_head is 4 (expected n_embd 8 / n_head to be a multiple of 4, a limit of our kernels, which read four numbers at a time)',
    ],
    ['gpt2', { n_inner: 13 }, `n_inner is 13 (expected ${four})`],
    ['gpt2', { n_layer: 0 }, 'n_layer is 0 (expected a whole number from 1 to 256)'],
    ['gpt2', { n_positions: 3 }, 'n_positions is 3 (expected at least the 4 positions of a segment with its memory)'],
    ['gpt2', { activation_function: 'silu' }, 'activation_function is "silu" (expected gelu or gelu_new or relu)'],
    ['gpt2', { attn_pdrop: 2 }, 'attn_pdrop is 2 (expected a number from 0 to 1)'],
    ['gpt2', { scale_attn_weights: false }, 'scale_attn_weights is false (expected true)'],
    ['gpt2', { add_cross_attention: true }, 'add_cross_attention is true (expected false)'],
    ['gpt2', { scale_attn_by_inverse_layer_idx: true }, 'scale_attn_by_inverse_layer_idx is true (expected false)'],
    ['gpt2', { reorder_and_upcast_attn: true }, 'reorder_and_upcast_attn is true (expected false)'],
    ['gpt2', { segment_size: undefined }, 'segment_size is missing (expected a whole number from 1 to 1000000)'],
    [
      'rmt-gpt2',
      { n_positions: 7 },
      'n_positions is 7 (expected at least the 8 positions of a segment with its memory)',
    ],
    [
      'rmt-gpt2',
      { n_positions: 5, mem_at_end: false },
      'n_positions is 5 (expected at least the 6 positions of a segment with its memory)',
    ],
    ['rmt-gpt2', { memory_mask: 'full' }, 'memory_mask is "full" (expected causal or block)'],
    ['rmt-gpt2', { mem_at_end: 1 }, 'mem_at_end is 1 (expected true or false)'],
    ['rmt-gpt2', { num_mem_tokens: -1 }, 'num_mem_tokens is -1 (expected a whole number from 0 to 65536)'],
    ['transformer-xl', { d_model: 6 }, `d_model is 6 (expected ${four})`],
    ['transformer-xl', { d_head: 5 }, `d_head is 5 (expected ${four})`],
    ['transformer-xl', { d_inner: 13 }, `d_inner is 13 (expected ${four})`],
    ['transformer-xl', { mem_len: undefined }, 'mem_len is missing (expected a whole number from 0 to 1000000)'],
    ['transformer-xl', { mem_len: 1.5 }, 'mem_len is 1.5 (expected a whole number from 0 to 1000000)'],
    [
      'transformer-xl',
      { dropatt: 0.1 },
      'dropatt is 0.1 (expected 0: relative attention has no dropout of its weights here)',
    ],
    ['rmt-transformer-xl', { n_head: 0 }, 'n_head is 0 (expected a whole number from 1 to 1024)'],
    ['rmt-transformer-xl', { mem_len: -1 }, 'mem_len is -1 (expected a whole number from 0 to 1000000)'],
    ['armt-gpt2', { d_mem: undefined }, 'd_mem is missing (expected a whole number from 4 to 4096)'],
    ['armt-gpt2', { d_mem: 6 }, `d_mem is 6 (expected ${four})`],
    ['armt-gpt2', { num_mem_tokens: 0 }, 'num_mem_tokens is 0 (expected a whole number from 1 to 65536)'],
    [
      'armt-gpt2',
      { n_positions: 5 },
      'n_positions is 5 (expected at least the 6 positions of a segment with its memory)',
    ],
    ['armt-bert', { d_mem: 2 }, 'd_mem is 2 (expected a whole number from 4 to 4096)'],
    ['armt-bert', { hidden_act: 'relu' }, 'hidden_act is "relu" (expected gelu)'],
    [
      'bert',
      { max_position_embeddings: 6 },
      'max_position_embeddings is 6 (expected at least segment_size + num_mem_tokens + 3 = 7)',
    ],
  ])('refuses %s with %o', (model, change, message) => {
    expect(() => parse({ ...family[model], ...change })).toThrow(
      expect.objectContaining({ name: 'InputError', message: `c: ${message}` }),
    );
  });

  it.each([
    [[], '[]'],
    [null, 'null'],
    ['x', '"x"'],
    [7, '7'],
  ])('refuses %j for a configuration', (input, found) => {
    expect(() => parse(input)).toThrow(`c: ${found} (expected an object)`);
  });
});

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

  it('has GPT-2’s order, and the memory behind it', () => {
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

  it('has Transformer-XL’s order, heads of their own size', () => {
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

describe('readCheckpoint', () => {
  const dumps = (readdirSync(golden, { recursive: true }) as string[]).filter((name) =>
    name.endsWith('.checkpoint.safetensors'),
  );
  it('finds Python’s', () => {
    expect(dumps.length).toBeGreaterThanOrEqual(18);
  });

  it.each(dumps)('reads %s of Python', (name) => {
    const bytes = readFileSync(new URL(name, golden));
    const checkpoint = readCheckpoint(bytes, name);
    const stored = readSafetensors(bytes, name).tensors;
    expect([...checkpoint.tensors.keys()]).toEqual([...parameterShapes(checkpoint.blueprint).keys()]);
    for (const [name, tensor] of checkpoint.tensors) expect(tensor).toEqual(stored.get(name));
    expect(checkpoint).not.toHaveProperty('vocabulary');
  });

  it('ignores the buffers of Hugging Face’s BERT and a memory of no tokens', () => {
    const without = parameterShapes(blueprintOf({ ...small, num_mem_tokens: 0 }, 'c'));
    const tensors = fill(without);
    tensors.set('bert.embeddings.position_ids', { shape: [1, 16], data: new Float32Array(16) });
    tensors.set('rmt.memory', { shape: [0, 8], data: new Float32Array(0) });
    const bytes = file(tensors, { rmt_config: JSON.stringify({ ...small, num_mem_tokens: 0 }) });
    const read = readCheckpoint(bytes, 'checkpoint t').tensors;
    expect([...read.keys()]).toEqual([...without.keys()]);
  });

  it('ignores the masks of Hugging Face’s GPT-2 and its head, which is the embedding', () => {
    const own = parameterShapes(blueprintOf(gpt2, 'c'));
    const tensors = fill([
      ...own,
      ['transformer.h.0.attn.bias', [1, 1, 16, 16]],
      ['transformer.h.0.attn.masked_bias', [1]],
      ['lm_head.weight', [10, 8]],
    ]);
    const metadata = { rmt_config: JSON.stringify(gpt2) };
    expect([...readCheckpoint(file(tensors, metadata), 'checkpoint t').tensors.keys()]).toEqual([...own.keys()]);
    refuse(
      file(fill([...own, ['transformer.h.0.attn.other_bias', [1]]]), metadata),
      "checkpoint t: unknown tensor 'transformer.h.0.attn.other_bias' (expected only the parameters of the 1-layer GPT-2 of rmt_config)",
    );
  });

  it('says which tensor of a decoder is wrong, and which fields want it otherwise', () => {
    const of = (id: keyof typeof family, name: string, shape: readonly number[] | undefined) => {
      const tensors = fill(parameterShapes(blueprintOf(family[id], 'c')));
      tensors.delete(name);
      const [[, other] = []] = fill(shape ? [[name, shape]] : []);
      if (other) tensors.set(name, other);
      return file(tensors, { rmt_config: JSON.stringify(family[id]) });
    };
    // The matrix as torch.nn.Linear would store it.
    refuse(
      of('rmt-gpt2', 'transformer.h.0.attn.c_attn.weight', [24, 8]),
      "checkpoint t: 'transformer.h.0.attn.c_attn.weight' has shape (24, 8) (expected (8, 24) from n_embd 8)",
    );
    refuse(
      of('rmt-transformer-xl', 'transformer.layers.0.dec_attn.qkv_net.weight', [8, 8]),
      "checkpoint t: 'transformer.layers.0.dec_attn.qkv_net.weight' has shape (8, 8) (expected (24, 8) from n_head 2, d_head 4)",
    );
    refuse(
      of('armt-gpt2', 'transformer.h.0.W_mk.weight', [8, 8]),
      "checkpoint t: 'transformer.h.0.W_mk.weight' has shape (8, 8) (expected (4, 8) from d_mem 4)",
    );
    refuse(
      of('armt-gpt2', 'rmt.memory', undefined),
      "checkpoint t: 'rmt.memory' is missing (expected (2, 8) from num_mem_tokens 2, n_embd 8)",
    );
  });

  it('ignores GPT-2’s masks, whatever their type, and its output layer, which is tied to the embedding', () => {
    const described = {
      model_type: 'gpt2',
      n_embd: 8,
      n_layer: 1,
      n_head: 2,
      n_positions: 4,
      vocab_size: 6,
      segment_size: 4,
    };
    const shapes = parameterShapes(blueprintOf(described, 'g'));
    const tensors = fill([...shapes, ['lm_head.weight', [6, 8]], ['transformer.h.0.attn.bias', [1, 1, 4, 4]]]);
    const bytes = file(tensors, { rmt_config: JSON.stringify(described) });
    // Old files store the mask as bytes: the same length in the header, another name for the type.
    const text = new TextDecoder('latin1').decode(bytes);
    const at = text.indexOf('"F32"', text.indexOf('h.0.attn.bias'));
    bytes.set(new TextEncoder().encode('"I32"'), at);
    expect([...readCheckpoint(bytes, 'checkpoint t').tensors.keys()]).toEqual([...shapes.keys()]);
  });

  it('takes both moments of all parameters', () => {
    const read = readCheckpoint(file(withMoments()), 'checkpoint t').tensors;
    expect(read.size).toBe(3 * shapes.size);
    expect([...read.keys()].at(-1)).toBe('optimizer.v.rmt.memory');
  });

  it('says which tensor is wrong', () => {
    const tensors = fill(shapes);
    const changed = (name: string, shape: number[] | undefined) => {
      const copy = new Map(tensors);
      copy.delete(name);
      return file(new Map([...copy, ...fill(shape ? [[name, shape]] : [])]));
    };
    refuse(
      changed('rmt.memory', [2, 4]),
      "checkpoint t: 'rmt.memory' has shape (2, 4) (expected (2, 8) from hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', [3, 4]),
      "checkpoint t: 'rmt.memory' has shape (3, 4) (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', [16]),
      "checkpoint t: 'rmt.memory' has shape (16) (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', [2, 8, 1]),
      "checkpoint t: 'rmt.memory' has shape (2, 8, 1) (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('rmt.memory', undefined),
      "checkpoint t: 'rmt.memory' is missing (expected (2, 8) from num_mem_tokens 2, hidden_size 8)",
    );
    refuse(
      changed('bert.pooler.dense.weight', [4, 4]),
      "checkpoint t: 'bert.pooler.dense.weight' has shape (4, 4) (expected (8, 8) from hidden_size 8)",
    );
    refuse(
      changed('bert.encoder.layer.1.output.dense.bias', [8]),
      "checkpoint t: unknown tensor 'bert.encoder.layer.1.output.dense.bias' (expected only the parameters of the 1-layer BERT of rmt_config)",
    );
    refuse(
      changed('optimizer.m.rmt.memory', [2, 8]),
      "checkpoint t: 'optimizer.m.bert.embeddings.word_embeddings.weight' is missing (expected (10, 8) from vocab_size 10, hidden_size 8)",
    );
    refuse(
      file(tensors, { rmt_config: JSON.stringify({ ...small, num_mem_tokens: 0 }) }),
      "checkpoint t: unknown tensor 'rmt.memory' (expected none, as num_mem_tokens is 0)",
    );
    const oneMoment = withMoments();
    for (const name of shapes.keys()) oneMoment.delete(`optimizer.v.${name}`);
    refuse(
      file(oneMoment),
      "checkpoint t: 'optimizer.v.bert.embeddings.word_embeddings.weight' is missing (expected (10, 8) from vocab_size 10, hidden_size 8)",
    );
    const unknownMoment = withMoments().set('optimizer.m.x', { shape: [0], data: new Float32Array(0) });
    refuse(
      file(unknownMoment),
      "checkpoint t: unknown tensor 'optimizer.m.x' (expected only the parameters of the 1-layer BERT of rmt_config)",
    );
  });

  it('says what is wrong in the metadata', () => {
    const tensors = fill(shapes);
    refuse(
      writeSafetensors(tensors),
      "checkpoint t: no 'rmt_config' in the metadata (expected the checkpoint of an RMT)",
    );
    refuse(file(tensors, { rmt_config: '{' }), 'checkpoint t: rmt_config: not JSON (expected JSON in the metadata)');
    refuse(file(tensors, { rmt_config: '[]' }), 'checkpoint t: rmt_config: [] (expected an object)');
    refuse(
      file(tensors, { rmt_config: '{}' }),
      'checkpoint t: rmt_config: hidden_size is missing (expected a whole number from 4 to 16384)',
    );
    refuse(
      file(tensors, { vocabulary: '{"a":1}' }),
      'checkpoint t: vocabulary: not a list of strings (expected the words in the order of their ids)',
    );
    refuse(
      file(tensors, { vocabulary: '["a",1]' }),
      'checkpoint t: vocabulary: not a list of strings (expected the words in the order of their ids)',
    );
    refuse(
      file(tensors, { vocabulary: JSON.stringify('abcdefghijk'.split('')) }),
      'checkpoint t: vocabulary: 11 words (expected at most vocab_size 10)',
    );
    refuse(file(tensors, { task: 'memorize' }), 'checkpoint t: task: not JSON (expected JSON in the metadata)');
    refuse(file(tensors, { training: '' }), 'checkpoint t: training: not JSON (expected JSON in the metadata)');
    refuse(new Uint8Array(0), 'checkpoint t: 0 bytes (expected a safetensors file of at least 8 bytes)');
  });
});

describe('a checkpoint', () => {
  it('reads back as it was written, whatever the order of its tensors', () => {
    const json = fc.jsonValue({ maxDepth: 2 });
    const sizes = fc.record({
      model: fc.constantFrom(...(Object.keys(family) as (keyof typeof family)[])),
      heads: fc.integer({ min: 1, max: 3 }),
      layers: fc.integer({ min: 1, max: 2 }),
      memory: fc.nat(3),
      labels: fc.integer({ min: 1, max: 4 }),
    });
    const made = sizes.map(({ model, heads, layers, memory, labels }) => {
      const width = 4 * heads;
      const tokens = model === 'bert' || model === 'gpt2' || model === 'transformer-xl' ? 0 : memory;
      return blueprintOf(
        {
          ...family[model],
          hidden_size: width,
          num_attention_heads: heads,
          num_hidden_layers: layers,
          num_labels: labels,
          n_embd: width,
          d_model: width,
          n_head: heads,
          n_layer: layers,
          num_mem_tokens: model.startsWith('armt') ? memory + 1 : tokens,
        },
        'c',
      );
    });
    const vocabulary = fc.array(fc.string({ unit: 'binary' }), { maxLength: 10 });
    fc.assert(
      fc.property(made, fc.option(vocabulary), json, fc.option(json), (blueprint, vocabulary, task, training) => {
        const checkpoint: Checkpoint = {
          blueprint,
          tensors: fill(parameterShapes(blueprint)),
          ...(vocabulary ? { vocabulary } : {}),
          task: JSON.parse(JSON.stringify(task)), // JSON has no -0
          ...(training === null ? {} : { training: JSON.parse(JSON.stringify(training)) }),
        };
        const bytes = writeCheckpoint({ ...checkpoint, tensors: new Map([...checkpoint.tensors].reverse()) });
        const { blueprint: read, ...rest } = readCheckpoint(bytes, 'c');
        const { blueprint: _written, ...written } = checkpoint;
        expect(rest).toEqual(written);
        expect(read.config).toEqual(blueprint.config);
        expect(Buffer.compare(writeCheckpoint(readCheckpoint(bytes, 'c')), bytes)).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it('is checked before it is written', () => {
    const tensors = fill(shapes);
    const message =
      "writing a checkpoint: 'rmt.memory' is missing (expected (2, 8) from num_mem_tokens 2, hidden_size 8)";
    const without = new Map([...tensors].filter(([name]) => name !== 'rmt.memory'));
    expect(() => writeCheckpoint({ blueprint, tensors: without })).toThrow(
      expect.objectContaining({ name: 'InputError', message }),
    );
    const wider = blueprintOf({ ...small, hidden_size: 16 }, 'c');
    expect(() => writeCheckpoint({ blueprint: wider, tensors })).toThrow(InputError);
    expect(() => writeCheckpoint({ blueprint, tensors, vocabulary: Array(11).fill('a') })).toThrow(InputError);
  });

  it('is read or refused, cut or changed at any byte', () => {
    const whole = writeCheckpoint({
      blueprint,
      tensors: withMoments(),
      vocabulary: ['a', 'b'],
      task: { id: 'x' },
      training: { step: 1 },
    });
    const at = fc.integer({ min: 0, max: whole.length - 1 });
    // Most of the file is data, where any byte will do: the header is hit as often as the rest.
    const headerEnd = 8 + Number(new DataView(whole.buffer).getBigUint64(0, true));
    const inHeader = fc.integer({ min: 0, max: headerEnd - 1 });
    const flips = fc.array(fc.tuple(fc.oneof(at, inHeader), fc.nat(255)), { maxLength: 4 });
    fc.assert(
      fc.property(fc.option(at), flips, (cut, flips) => {
        const bytes = whole.slice(0, cut ?? whole.length);
        for (const [at, value] of flips) bytes[at] = value;
        try {
          readCheckpoint(bytes, 'c');
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
