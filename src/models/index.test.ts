import { describe, expect, it } from 'vitest';
import { elements } from '../engine/tensor.ts';
import { InputError } from '../errors.ts';
import { type TinyModel, tinyConfigs } from '../testing/models.ts';
import { catalogue, type MemoryId } from './catalogue.ts';
import { architectures, blueprintOf, findArchitecture } from './index.ts';

const ids = Object.keys(catalogue) as (keyof typeof catalogue)[];

const sizes = {
  layers: 2,
  hidden: 16,
  heads: 2,
  headSize: 0,
  inner: 32,
  vocabulary: 20,
  classes: 6,
  epsilon: 1e-6,
  dropout: 0.2,
  attentionDropout: 0,
};
const knobs = {
  num_mem_tokens: 3,
  memory_mask: 'block',
  write_tokens: 'yes',
  mem_len: 5,
  head_size: 8,
  d_mem: 4,
  key_norm: 'none',
  correction: 'yes',
  write_positions: 'end',
  relative_shift: 'lm-rmt',
};
const segments = { segment_size: 7, segment_alignment: 'center' } as const;
/** Ids of special tokens, as in tasks with a classifier. */
const specials = { pad_token_id: 0, cls_token_id: 1, sep_token_id: 2 };

describe('the catalogue', () => {
  it('has an architecture for every entry, and a tiny configuration for the tests', () => {
    expect(Object.keys(architectures)).toEqual(ids);
    expect(Object.keys(tinyConfigs)).toEqual(ids);
    for (const id of ids) expect(findArchitecture(id).id).toBe(id);
    expect(() => findArchitecture('rmt-t5', 'knob model')).toThrow(
      new InputError('knob model', "no model 'rmt-t5'", `one of ${ids.join(', ')}`),
    );
    expect(() => findArchitecture('toString')).toThrow(InputError);
  });

  it.each(ids)('%s is built from a run’s knobs, and its configuration reads back', (id) => {
    const entry = catalogue[id];
    const config = findArchitecture(id).configOf(sizes, knobs, { ...segments, ...specials });
    const blueprint = blueprintOf(config, 'knobs');
    expect(blueprint.config.model_type).toBe(id);
    expect(blueprintOf(JSON.parse(JSON.stringify(blueprint.config)), 'again').config).toEqual(blueprint.config);
    expect(blueprint.config).toMatchObject(segments);
    // Its knobs give the same configuration again.
    const { layers, heads, inner, vocabulary, classes } = sizes;
    const again = {
      vocabulary,
      classes,
      layers: blueprint.knobs['num_hidden_layers'],
      heads: blueprint.knobs['num_attention_heads'],
      inner: blueprint.knobs['intermediate_size'],
      hidden: blueprint.knobs['hidden_size'],
      headSize: blueprint.knobs['head_size'] ?? 0,
      epsilon: blueprint.knobs['layer_norm_eps'],
      dropout: blueprint.knobs['hidden_dropout_prob'],
      attentionDropout: blueprint.knobs['attention_probs_dropout_prob'],
    } as typeof sizes;
    expect(again).toMatchObject({ layers, heads, inner });
    expect(findArchitecture(id).configOf(again, blueprint.knobs, { ...segments, ...specials })).toEqual(config);
    // The catalogue's description agrees with the blueprint.
    expect(blueprint.answers).toBe(entry.answers);
    const has = (memory: MemoryId) => (entry.memories as readonly string[]).includes(memory);
    const memTokens = has('rmtEncoder') || has('rmtDecoder') || has('armt') ? 3 : 0;
    const cacheSize = has('xlCache') ? 5 : 0;
    const { layout, shape } = blueprint;
    expect(shape).toEqual({
      layers: 2,
      heads: 2,
      hiddenSize: 16,
      memTokens,
      cacheSize,
      classes: entry.answers === 'class' ? 6 : 20,
    });
    expect(blueprint.config['d_mem']).toBe(has('armt') ? 4 : undefined);
    expect(blueprint.config['memory_mask']).toBe(has('rmtDecoder') ? 'block' : undefined);
    expect(blueprint.config['mem_at_end']).toBe(has('rmtDecoder') ? true : undefined);
    // A head for each sequence, or one for each position of text.
    expect(layout.head).toEqual(
      entry.answers === 'class' ? { first: 0, rows: 1 } : { first: layout.front, rows: segments.segment_size },
    );
    expect(layout.S).toBe(layout.front + segments.segment_size + layout.back);
    expect(layout.memory.count).toBe(memTokens);
    // As many positions as a segment has, and no more.
    const positions = blueprint.config[entry.answers === 'class' ? 'max_position_embeddings' : 'n_positions'];
    expect(positions).toBe(id.includes('transformer-xl') ? undefined : layout.S);
  });

  it('reads a decoder’s memory before the text, and writes it after the text by default', () => {
    const layoutOf = (id: TinyModel, write: string) =>
      blueprintOf(findArchitecture(id).configOf(sizes, { ...knobs, write_tokens: write }, segments), 'knobs').layout;
    expect(layoutOf('rmt-gpt2', 'yes')).toMatchObject({
      front: 3,
      back: 3,
      memory: { count: 3, first: 0, atEnd: true },
    });
    expect(layoutOf('rmt-gpt2', 'no')).toMatchObject({ front: 3, back: 0, memory: { first: 0, atEnd: false } });
    expect(layoutOf('armt-gpt2', 'no')).toMatchObject({
      front: 0,
      back: 3,
      memory: { first: undefined, atEnd: true },
    });
    expect(layoutOf('gpt2', 'yes')).toMatchObject({ front: 0, back: 0, memory: { count: 0, atEnd: false } });
    const encoder = findArchitecture('armt-bert').configOf(sizes, knobs, { ...segments, ...specials });
    expect(blueprintOf(encoder, 'knobs').layout).toMatchObject({ front: 5, back: 1, memory: { first: 1 } });
  });

  it('uses a given head size, or else the width divided by the number of heads', () => {
    const headOf = (headSize: number) =>
      findArchitecture('transformer-xl').configOf({ ...sizes, headSize }, knobs, segments)['d_head'];
    expect([headOf(0), headOf(12)]).toEqual([8, 12]);
  });
});

describe('blueprints', () => {
  const of = (id: TinyModel, change: object = {}) => blueprintOf({ ...tinyConfigs[id], ...change }, 'test');

  it('describe themselves', () => {
    expect(ids.map((id) => of(id).description)).toEqual([
      '1-layer BERT',
      '1-layer BERT',
      '1-layer GPT-2',
      '1-layer GPT-2',
      '1-layer Transformer-XL',
      '1-layer Transformer-XL',
      '1-layer GPT-2',
      '1-layer BERT',
    ]);
  });

  it('pass on states with the batch dimension first, differentiable states before the others', () => {
    const states = (id: TinyModel, change: object = {}) =>
      of(id, { ['n_layer' in tinyConfigs[id] ? 'n_layer' : 'num_hidden_layers']: 2, ...change })
        .states(5)
        .map(({ label, shape, differentiable }) => [label, shape.join('x'), differentiable]);
    expect(states('rmt-bert')).toEqual([['memory', '5x2x8', true]]);
    expect(states('rmt-bert', { num_mem_tokens: 0 })).toEqual([]);
    expect(states('bert')).toEqual([]);
    expect(states('gpt2')).toEqual([]);
    expect(states('rmt-gpt2')).toEqual([['memory', '5x2x8', true]]);
    const caches = [
      ['cache.0', '5x3x8', false],
      ['cache.1', '5x3x8', false],
    ];
    expect(states('transformer-xl')).toEqual(caches);
    expect(states('transformer-xl', { mem_len: 0 })).toEqual([]);
    expect(states('rmt-transformer-xl')).toEqual([['memory', '5x2x8', true], ...caches]);
    const associations = [
      ['associations.0', '5x24x12', true],
      ['associations.1', '5x24x12', true],
    ];
    expect(states('armt-gpt2')).toEqual(associations);
    expect(states('armt-bert')).toEqual(associations);
  });

  it('give the rectangles of their memory’s attention', () => {
    // Encoder RMT: [CLS] memory [SEP] text [SEP].
    expect(of('rmt-bert').attentionRegions).toEqual({
      write: { row: 1, rows: 2, column: 0, columns: 9 },
      read: { row: 0, rows: 9, column: 1, columns: 2 },
    });
    expect(of('bert').attentionRegions).toEqual({});
    expect(of('gpt2').attentionRegions).toEqual({});
    expect(of('rmt-gpt2').attentionRegions).toEqual({
      write: { row: 2, fromEnd: true, rows: 2, column: 0, columns: 8 },
      read: { row: 0, rows: 8, column: 0, columns: 2 },
    });
    expect(of('rmt-gpt2', { mem_at_end: false }).attentionRegions).toEqual({
      write: { row: 0, fromEnd: false, rows: 2, column: 0, columns: 6 },
      read: { row: 0, rows: 6, column: 0, columns: 2 },
    });
    // Columns count the cache's entries first, then memory; without memory tokens, the cache is what is read.
    expect(of('rmt-transformer-xl').attentionRegions).toEqual({
      write: { row: 2, fromEnd: true, rows: 2, column: 0, columns: 11 },
      read: { row: 0, rows: 8, column: 3, columns: 2 },
    });
    expect(of('transformer-xl').attentionRegions).toEqual({ read: { row: 0, rows: 4, column: 0, columns: 3 } });
    expect(of('transformer-xl', { mem_len: 0 }).attentionRegions).toEqual({});
    expect(of('armt-gpt2').attentionRegions).toEqual({
      write: { row: 2, fromEnd: true, rows: 2, column: 0, columns: 6 },
    });
    expect(of('armt-bert').attentionRegions).toEqual({
      write: { row: 1, fromEnd: false, rows: 2, column: 0, columns: 9 },
    });
  });

  it('pad the parameters of a head, and initialise ARMT’s values with zeros', () => {
    const groups = (id: TinyModel) =>
      new Map(
        of(id)
          .parameters()
          .map((group) => [group.label, group]),
      );
    // Ten words in twelve rows, three classes in four.
    expect(groups('gpt2').get('transformer.wte.weight')?.shape).toEqual([12, 8]);
    expect(groups('transformer-xl').get('crit.out_layers.0.bias')?.shape).toEqual([12]);
    expect(groups('bert').get('classifier.weight')?.shape).toEqual([4, 8]);
    const armt = groups('armt-gpt2');
    expect(armt.get('transformer.h.0.W_mb.weight')?.shape).toEqual([4, 8]);
    expect(armt.get('transformer.h.0.W_mv.weight')?.parts[0]?.initial).toBe('zeros');
    expect(armt.get('transformer.h.0.W_mk.weight')?.parts[0]?.initial).toBe('normal');
    for (const id of ids)
      for (const { shape, parts } of of(id).parameters())
        expect(parts.reduce((sum, part) => sum + elements(part.shape), 0)).toBeLessThanOrEqual(elements(shape));
  });
});
