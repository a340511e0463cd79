import { describe, expect, it } from 'vitest';
import { presetConfig } from './presets.ts';
import { areSeveral, configsOf, isSameRun, valuesOf } from './sweep.ts';

describe('the values of a sweep', () => {
  it('are lists and ranges, each value once', () => {
    expect(valuesOf('seed', '1–5')).toEqual([1, 2, 3, 4, 5]);
    expect(valuesOf('seed', '1-3, 7,2')).toEqual([1, 2, 3, 7]);
    expect(valuesOf('learning_rate', '1e-3, 0.01')).toEqual([1e-3, 0.01]);
    expect(valuesOf('model', 'rmt-gpt2,gpt2')).toEqual(['rmt-gpt2', 'gpt2']);
    expect(valuesOf('stages', '1,2;1,2,4')).toEqual([
      [1, 2],
      [1, 2, 4],
    ]);
  });

  it('are told from single values', () => {
    expect(areSeveral('seed', '1-5')).toBe(true);
    expect(areSeveral('seed', '7')).toBe(false);
    expect(areSeveral('stages', '1,2,3')).toBe(false);
    expect(areSeveral('stages', '1,2;3')).toBe(true);
    // A decimal comma, or a separator for thousands.
    expect(areSeveral('learning_rate', '0,002')).toBe(false);
    expect(areSeveral('learning_rate', '0.1,0.2')).toBe(true);
    expect(areSeveral('stage_until', '0.5, 1')).toBe(true);
    expect(areSeveral('batch_size', '1,024')).toBe(false);
    // A minus in an exponent is no range.
    expect(areSeveral('learning_rate', '1e-3')).toBe(false);
  });

  it('are refused with what is expected', () => {
    expect(() => valuesOf('seed', '5-1')).toThrow("'5-1' (expected a range of at most 256 numbers");
    expect(() => valuesOf('seed', '1,x')).toThrow('expected a whole number');
    expect(() => valuesOf('model', 'gpt2,gpt9')).toThrow('expected one of');
  });
});

describe('the runs of a sweep', () => {
  const copy = presetConfig('copy');

  it('are all combinations; each setting comes once before the next seed', () => {
    const configs = configsOf(copy, { model: 'rmt-gpt2,gpt2', seed: '1-2' });
    expect(configs.map(({ model, seed }) => `${model} ${seed}`)).toEqual([
      'rmt-gpt2 1',
      'gpt2 1',
      'rmt-gpt2 2',
      'gpt2 2',
    ]);
    expect(configsOf(copy, {})).toEqual([copy]);
  });

  it('give a model with a cache one that covers a segment', () => {
    const [xl] = configsOf({ ...copy, mem_len: 1 }, { model: 'transformer-xl' });
    expect(xl?.mem_len).toBe(copy.segment_size);
  });

  it('are refused if values do not go together, or if there are too many', () => {
    expect(() => configsOf(copy, { model: 'rmt-gpt2,bert' })).toThrow(/sweep: model/);
    expect(() => configsOf(copy, { seed: '1-100', batch_size: '4,8,16' })).toThrow('300 runs (expected at most 256)');
  });

  it('are the same run whatever is validated', () => {
    expect(isSameRun(copy, { ...copy, validate_every: 7 })).toBe(true);
    expect(isSameRun(copy, { ...copy, seed: 7 })).toBe(false);
  });
});
