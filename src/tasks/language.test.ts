import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { Random } from '../random.ts';
import type { Corpus } from '../text/corpus.ts';
import { generatedNoise } from '../text/noise.ts';
import { generatedCorpus } from '../text/stories.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { language } from './language.ts';

const noise = generatedNoise();
const shape = { segments: 3, segmentSize: 8, split: 'train' as const, noise };

/** Consecutive numbers from a random start. */
const counting: Corpus = {
  name: 'numbers',
  unit: 'words',
  vocabulary: Vocabulary.of(Array.from({ length: 100 }, (_, n) => String(n))),
  length: () => 100,
  sample: (random, split, length) => {
    const from = (split === 'train' ? 4 : 54) + random.int(10);
    return Int32Array.from({ length }, (_, k) => from + k);
  },
};

describe('language', () => {
  it('predicts every token but the first; there is one token more than the segments hold', () => {
    for (const unit of ['words', 'characters', 'bytes'] as const) {
      const vocabulary = language.vocabulary({ noise, knobs: { unit } });
      const sample = language.sample(new Random(5), { ...shape, vocabulary, knobs: { unit } });
      expect(sample.tokens).toEqual(generatedCorpus(unit).sample(new Random(5), 'train', 25));
      expect(sample).toMatchObject({ answerFrom: 1, answerEnd: 25, marks: [] });
    }
  });

  it('reads the given corpus in the requested split', () => {
    const vocabulary = language.vocabulary({ noise, corpus: counting });
    expect(vocabulary).toBe(counting.vocabulary);
    for (const split of ['train', 'validation'] as const) {
      const { tokens } = language.sample(new Random(5), { ...shape, split, vocabulary, corpus: counting });
      expect(tokens).toEqual(counting.sample(new Random(5), split, 25));
    }
  });

  it('accepts an equal vocabulary, such as a checkpoint’s', () => {
    const vocabulary = new Vocabulary([...counting.vocabulary.words]);
    for (let k = 0; k < 2; k++)
      expect(language.sample(new Random(5), { ...shape, vocabulary, corpus: counting }).tokens).toHaveLength(25);
  });

  it('refuses a vocabulary in which the text’s ids stand for other words', () => {
    const draw = (words: readonly string[]) => () =>
      language.sample(new Random(5), { ...shape, vocabulary: new Vocabulary(words), corpus: counting });
    const { words } = counting.vocabulary;
    expect(draw(words.map((word) => (word === '7' ? 'seven' : word)))).toThrow(
      new InputError('language: vocabulary', "'seven' as word 11", "'7', as numbers has it"),
    );
    expect(draw([...words, '100'])).toThrow(
      new InputError('language: vocabulary', '105 words', 'the 104 words of numbers'),
    );
  });

  it('refuses a corpus whose unit differs from the knob', () => {
    const asked = { noise, corpus: counting, knobs: { unit: 'bytes' } };
    const error = new InputError('language: numbers', 'a text in words', "one in bytes, as 'unit' says");
    expect(() => language.vocabulary(asked)).toThrow(error);
    expect(() => language.sample(new Random(1), { ...shape, ...asked, vocabulary: counting.vocabulary })).toThrow(
      error,
    );
  });
});
