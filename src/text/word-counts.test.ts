import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { checkVocabularySize, WordCounts } from './word-counts.ts';

function counted(words: readonly string[], limit?: number): WordCounts {
  const counts = new WordCounts(limit);
  for (const word of words) counts.add(word);
  return counts;
}

describe('WordCounts', () => {
  it('gives the most frequent words, of two equally frequent ones the first to occur', () => {
    const counts = counted('b a c a d c a e'.split(' '));
    expect(counts.mostFrequent(10)).toEqual(['a', 'c', 'b', 'd', 'e']);
    expect(counts.mostFrequent(3)).toEqual(['a', 'c', 'b']);
  });

  it('skips special tokens and words that are too long', () => {
    const long = 'x'.repeat(101);
    expect(counted(['[UNK]', '[PAD]', long, 'toString', long.slice(1), '[CLS]', '[SEP]']).mostFrequent(9)).toEqual([
      'toString',
      long.slice(1),
    ]);
  });

  it('drops the rarest words beyond its limit, and keeps the frequent ones', () => {
    const counts = counted([], 100);
    for (let k = 0; k < 5000; k++) {
      counts.add(`rare${k}`);
      counts.add(`often${k % 20}`);
    }
    const kept = counts.mostFrequent(1000);
    expect(kept.length).toBeLessThanOrEqual(100);
    expect(kept.slice(0, 20).sort()).toEqual(Array.from({ length: 20 }, (_, k) => `often${k}`).sort());
  });
});

describe('checkVocabularySize', () => {
  it('accepts what fits into two bytes beside the special tokens', () => {
    for (const size of [1, 8192, 65_532]) expect(() => checkVocabularySize('a.txt', size)).not.toThrow();
    for (const size of [0, -1, 1.5, 65_533, Number.NaN])
      expect(() => checkVocabularySize('a.txt', size)).toThrow(
        new InputError('a.txt: vocabulary size', String(size), 'a whole number from 1 to 65532'),
      );
  });
});
