import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { taskVocabulary, taskWords } from '../tasks/index.ts';
import { generatedNoise } from './noise.ts';
import type { Vocabulary } from './vocabulary.ts';

const read = (tokens: Int32Array, vocabulary: Vocabulary) => [...tokens].map((id) => vocabulary.word(id));

describe('generatedNoise', () => {
  const counts = Array.from({ length: 91 }, (_, k) => 10 + k);

  it('has the requested number of words without repeats, and shares only "the" and "." with the tasks', () => {
    for (const count of counts) {
      const { words } = generatedNoise(count);
      expect(new Set(words).size).toBe(count);
      expect(words.filter((word) => taskWords.includes(word)).sort()).toEqual(['.', 'the']);
    }
    expect(generatedNoise().words).toHaveLength(100);
  });

  it('uses every one of its words, and no other', () => {
    for (const count of counts) {
      const noise = generatedNoise(count);
      const vocabulary = taskVocabulary(noise);
      const used = new Set(read(noise.fill(new Random(1), 10_000, vocabulary), vocabulary));
      expect([...used].sort()).toEqual([...noise.words].sort());
    }
  });

  it('writes sentences with plausible starts, lengths and commas', () => {
    const noise = generatedNoise();
    const vocabulary = taskVocabulary(noise);
    const sentences = read(noise.fill(new Random(1), 10_000, vocabulary), vocabulary)
      .join(' ')
      .split(' . ')
      .slice(0, -1);
    expect(sentences.length).toBeGreaterThan(10_000 / 17);
    const starts = new Set(sentences.map((sentence) => sentence.split(' ')[0] ?? ''));
    expect([...starts].sort()).toEqual(
      'a above another behind below beside beyond each every like near one our that the their this under with without'.split(
        ' ',
      ),
    );
    for (const sentence of sentences) {
      expect(sentence).toMatch(/^[a-z ]+(?: , [a-z ]+)?$/);
      const length = sentence.split(' ').length;
      expect(length, sentence).toBeGreaterThanOrEqual(3);
      expect(length, sentence).toBeLessThanOrEqual(16);
    }
    expect(new Set(sentences).size).toBeGreaterThan(0.95 * sentences.length);
  });

  it('has the requested length, and depends on the seed', () => {
    const noise = generatedNoise();
    const vocabulary = taskVocabulary(noise);
    for (const length of [0, 1, 2, 17, 1000])
      expect(noise.fill(new Random(1), length, vocabulary)).toHaveLength(length);
    const fill = (seed: number) => noise.fill(new Random(seed), 100, vocabulary);
    expect(fill(1)).toEqual(fill(1));
    expect(fill(1)).not.toEqual(fill(2));
  });

  it('reads words that the vocabulary lacks as [UNK]', () => {
    const vocabulary = taskVocabulary(generatedNoise(10));
    expect(generatedNoise(100).fill(new Random(1), 1000, vocabulary)).toContain(vocabulary.unknown);
    expect(generatedNoise(10).fill(new Random(1), 1000, vocabulary)).not.toContain(vocabulary.unknown);
  });

  it.each([9, 101, 10.5, Number.NaN, -1, Number.POSITIVE_INFINITY])('refuses %s words', (count) => {
    expect(() => generatedNoise(count)).toThrow(`noise words: ${count} (expected a whole number from 10 to 100)`);
  });
});
