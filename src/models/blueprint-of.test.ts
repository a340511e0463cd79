import { describe, expect, it } from 'vitest';
import { tinyConfigs } from '../testing/models.ts';
import { parameterShapes } from './checkpoint.ts';
import { architectures, blueprintOf } from './index.ts';

const { model_type: _encoder, ...small } = tinyConfigs['rmt-bert'];
const parse = (given: unknown) => blueprintOf(given, 'c').config;

const family = tinyConfigs;
const { gpt2, 'transformer-xl': transformerXl } = family;

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
    // n_inner defaults to four times the width.
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
      // Checkpoints without these fields were trained before there was a choice.
      relative_shift: 'distance',
      num_mem_tokens: 2,
      memory_mask: 'block',
      mem_at_end: true,
      mem_len: 3,
      segment_size: 4,
      segment_alignment: 'left',
    });
    expect(parse(family['armt-gpt2'])).toMatchObject({ key_norm: 'l2', correction: true, write_positions: 'after' });
    // A model without memory tokens may state this or omit it.
    expect(parse(family.gpt2)['num_mem_tokens']).toBe(0);
    expect(parse({ ...family.gpt2, num_mem_tokens: null })['num_mem_tokens']).toBe(0);
  });

  it('gives memory tokens the last positions of a decoder only', () => {
    const given = { write_positions: 'end' };
    expect(blueprintOf({ ...family['armt-gpt2'], ...given }, 'c').layout.memory.lastPositions).toBe(true);
    expect(() => parse({ ...family['armt-bert'], ...given })).toThrow(/^c: write_positions is "end" \(expected after/);
  });

  it('takes the number of labels from their names, and the type bert for rmt-bert', () => {
    const { num_labels, ...rest } = small;
    const parsed = parse({ ...rest, id2label: { 0: 'a', 1: 'b', 2: 'c' }, model_type: 'bert' });
    expect([parsed['num_labels'], parsed.model_type]).toEqual([num_labels, 'rmt-bert']);
  });

  it('reads Hugging Face’s name of a backbone as the RMT over it if the model has memory, and only then', () => {
    const typeOf = (given: object) => parse(given).model_type;
    expect(typeOf({ ...gpt2, num_mem_tokens: 2 })).toBe('rmt-gpt2');
    expect(typeOf({ ...gpt2, num_mem_tokens: 0 })).toBe('gpt2');
    expect(typeOf({ ...transformerXl, num_mem_tokens: 2 })).toBe('rmt-transformer-xl');
    expect(typeOf(transformerXl)).toBe('transformer-xl');
    expect(typeOf({ ...small, model_type: 'bert' })).toBe('rmt-bert');
    expect(typeOf({ ...small, model_type: 'bert', num_mem_tokens: 0 })).toBe('bert');
    // An RMT under its own name may have no memory tokens; a model with an associative memory keeps its type.
    expect(typeOf({ ...small, model_type: 'rmt-bert', num_mem_tokens: 0 })).toBe('rmt-bert');
    expect(typeOf(family['armt-gpt2'])).toBe('armt-gpt2');
  });

  it('is idempotent: its own output reads back unchanged', () => {
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
    [
      'rmt-bert',
      { num_mem_tokens: { toString: 1 } },
      'num_mem_tokens is an object (expected a whole number from 0 to 65536)',
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

  const unknown = (id: string) => `no field unknown to ${id}, as it may change the numbers; remove it if it does not`;
  it.each<[keyof typeof family, string, unknown, string]>([
    ['rmt-transformer-xl', 'clamp_len', 400, '0 or less'],
    ['transformer-xl', 'same_length', true, 'false'],
    ['transformer-xl', 'pre_lnorm', true, 'false'],
    ['transformer-xl', 'attn_type', 2, '0'],
    ['transformer-xl', 'div_val', 4, '1'],
    ['transformer-xl', 'untie_r', true, 'false'],
    ['transformer-xl', 'd_embed', 4, 'the same as d_model'],
    ['transformer-xl', 'cutoffs', [20000], '[]'],
    ['rmt-transformer-xl', 'read_mem_from_cache', false, 'true'],
    ['transformer-xl', 'tie_word_embeddings', false, 'true'],
    ['rmt-bert', 'position_embedding_type', 'relative_key', 'absolute'],
    ['rmt-bert', 'classifier_dropout', 0.5, 'the same as hidden_dropout_prob'],
    ['rmt-bert', 'pruned_heads', { 0: [1] }, '{}'],
    ['armt-bert', 'rotary', true, unknown('armt-bert')],
    ['rmt-gpt2', 'd_mem', 4, unknown('rmt-gpt2')],
    ['rmt-gpt2', 'hidden_size', 8, unknown('rmt-gpt2')],
    ['gpt2', 'rope_theta', 10000, unknown('gpt2')],
    ['gpt2', 'toString', 1, unknown('gpt2')],
    ['gpt2', 'mem_len', 3, '0'],
    ['armt-gpt2', 'mem_at_end', false, 'no such field in a model with this memory'],
    ['armt-gpt2', 'quantization_config', { bits: 4 }, unknown('armt-gpt2')],
  ])('refuses %s with the field %s that it does not compute', (model, field, value, expected) => {
    const message = new RegExp(`^c: ${field} is .+ \\(expected (.+)\\)$`);
    expect(() => parse({ ...family[model], [field]: value })).toThrow(message);
    try {
      parse({ ...family[model], [field]: value });
    } catch (error) {
      expect(message.exec(String((error as Error).message))?.[1]).toBe(expected);
    }
  });

  it('takes a field it does not compute where its value has no effect, and leaves it out', () => {
    const published = {
      'rmt-bert': {
        architectures: ['BertForMaskedLM'],
        position_embedding_type: 'absolute',
        classifier_dropout: null,
        gradient_checkpointing: false,
        initializer_range: 0.02,
        tie_word_embeddings: false,
        transformers_version: '4.6.0.dev0',
        use_cache: true,
        pruned_heads: {},
      },
      gpt2: {
        bos_token_id: 50256,
        n_ctx: 1024,
        reorder_and_upcast_attn: false,
        scale_attn_weights: true,
        summary_type: 'cls_index',
        task_specific_params: { 'text-generation': { do_sample: true } },
        memory_mask: 'block',
        mem_len: 0,
      },
      'transformer-xl': {
        adaptive: true,
        clamp_len: -1,
        cutoffs: [],
        d_embed: 8,
        div_val: 1,
        proj_share_all_but_first: true,
        same_length: false,
        untie_r: false,
      },
    } as const;
    for (const [id, fields] of Object.entries(published)) {
      const own = family[id as keyof typeof published];
      expect(parse({ ...own, ...fields }), id).toEqual(parse(own));
    }
  });

  it('refuses a number of memory tokens that is none', () => {
    for (const tokens of [{}, { valueOf: 1, toString: 1 }, '2', true, [2]])
      expect(() => parse({ ...gpt2, num_mem_tokens: tokens })).toThrow(
        /^c: num_mem_tokens is .* \(expected a whole number/,
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
