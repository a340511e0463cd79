// Comparing and naming runs, and the measures of tasks.
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../experiment/presets.ts';
import { chanceOf, lossName, measureOf } from '../tasks/measures.ts';
import { detectOrigin } from '../testing/starting-point.ts';
import { isSpelt } from '../text/vocabulary.ts';
import { automaticName, nearestPreset, sameData, whatDiffers } from './compare.ts';

describe('comparison', () => {
  it('says what the runs started from, if that differs', () => {
    const config = presetConfig('detect');
    const runs = [
      { config, files: [] },
      { config, files: [], origin: detectOrigin },
    ];
    expect(whatDiffers(runs)).toEqual(['from random weights', 'from detect.safetensors']);
    expect(whatDiffers(runs.slice(1))).toEqual(['']);
    // The settings of the model are those of its origin.
    const changed = { ...config, hidden_size: 64, seed: 3 };
    expect(automaticName(changed, 'detect', detectOrigin)).toBe(
      'Detect & memorize · RMT, encoder · from detect.safetensors · seed 3',
    );
  });

  it('says what differs, and whether the data is the same', () => {
    const config = presetConfig('copy');
    const runs = [
      { config, files: [] },
      { config: { ...config, model: 'transformer-xl', mem_len: 9, seed: 2 } as const, files: [] },
    ];
    expect(whatDiffers(runs)).toEqual(['RMT, decoder · seed 1', 'Transformer-XL · seed 2']);
    expect(whatDiffers(runs, ['model'])).toEqual(['seed 1', 'seed 2']);
    expect(sameData(runs)).toBe(true);
    // A knob that applies to neither is no difference; one that applies is.
    const longer = [
      { config, files: [] },
      { config: { ...config, noise_words: 50, batch_size: 8 }, files: [] },
    ];
    expect(whatDiffers(longer)[1]).toBe('Batch size 8');
    expect(sameData([...runs, { config: { ...config, alphabet: '4' }, files: [] }])).toBe(false);
  });
});

describe('names', () => {
  it('say what differs from the preset', () => {
    const copy = presetConfig('copy');
    expect(automaticName(copy, 'copy')).toBe('Copy · RMT, decoder');
    expect(automaticName({ ...copy, seed: 2 }, 'copy')).toBe('Copy · RMT, decoder · seed 2');
    // The preset implies its model and task; a knob that does not apply is not named.
    expect(automaticName({ ...copy, model: 'gpt2', noise_words: 50 }, 'copy')).toBe('Copy · Transformer, decoder');
    expect(nearestPreset({ ...copy, seed: 2 })).toBe('copy');
  });
});

describe('figures', () => {
  it('depend on the task', () => {
    expect([measureOf('memorize'), measureOf('copy'), measureOf('language')]).toEqual([
      'classes',
      'answer words',
      'every word',
    ]);
    expect(chanceOf('memorize')).toBeCloseTo(1 / 6);
    expect(chanceOf('documents')).toBe(1 / 2);
    expect(chanceOf('copy')).toBe(1 / 8);
    expect(chanceOf('reverse', { alphabet: '26' })).toBe(1 / 26);
    expect(chanceOf('retrieval')).toBe(1 / 10);
    expect(chanceOf('quadratic')).toBeUndefined();
    expect(chanceOf('language')).toBeUndefined();
  });

  it('have the usual names', () => {
    expect(lossName('words')?.of(Math.log(20))).toBeCloseTo(20);
    expect(lossName('bytes')?.of(Math.log(2))).toBeCloseTo(1);
    expect(lossName('bytes')?.name).toBe('bits per byte');
    expect(lossName(undefined)).toBeUndefined();
  });

  it('detect character-level text', () => {
    expect(isSpelt(['a', ' ', '\\x0a', '[UNK]'])).toBe(true);
    expect(isSpelt(['a', 'word'])).toBe(false);
  });
});
