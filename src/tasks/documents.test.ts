import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { Random } from '../random.ts';
import type { DocumentSource } from '../text/document-source.ts';
import { blame, generatedDocuments, praise } from '../text/generated-documents.ts';
import { generatedNoise } from '../text/noise.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { documents } from './documents.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const vocabulary = documents.vocabulary({ noise });

function read(asked: Partial<SampleRequest>, random: Random) {
  const request = { segments: 4, segmentSize: 24, split: 'train' as const, vocabulary, noise, ...asked };
  const { tokens, answer, marks } = documents.sample(random, request);
  return { words: [...tokens].map((id) => vocabulary.word(id)), answer, marks };
}
const count = (words: readonly string[], list: readonly string[]) => words.filter((word) => list.includes(word)).length;
/** 1 if praise outnumbers blame, 0 if blame outnumbers praise, 0.5 for a tie. */
const majority = (words: readonly string[]) => (Math.sign(count(words, praise) - count(words, blame)) + 1) / 2;

const sentence =
  /^(?:(?:again|still|overall|honestly|today) )?(?:it|the (?:[a-z]+ )?[a-z]+) was (?:[a-z]+ )?[a-z]+(?: (?:too|indeed|throughout))?$/;

describe('documents', () => {
  const shapes = fc.record({
    segments: fc.integer({ min: 1, max: 9 }),
    segmentSize: fc.integer({ min: documents.minimumSegmentSize, max: 60 }),
    split: fc.constantFrom('train' as const, 'validation' as const),
  });

  it('consist of complete sentences, fill at least half of the segments, and are classified by the majority of verdicts', () => {
    fc.assert(
      fc.property(shapes, fc.integer(), (shape, seed) => {
        const { words, answer, marks } = read(shape, new Random(seed));
        const most = shape.segments * shape.segmentSize;
        expect(words.length).toBeGreaterThanOrEqual(most / 2);
        expect(words.length).toBeLessThanOrEqual(most);
        expect(words.at(-1)).toBe('.');
        const sentences = words.join(' ').slice(0, -2).split(' . ');
        for (const text of sentences) {
          expect(text).toMatch(sentence);
          expect(count(text.split(' '), [...praise, ...blame])).toBe(1);
        }
        expect(majority(words)).toBe(answer);
        expect(marks).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('have every length, and each class equally often', () => {
    for (const split of ['train', 'validation'] as const) {
      const random = new Random(3);
      const drawn = Array.from({ length: 4000 }, () => read({ split }, random));
      expect(new Set(drawn.map(({ words }) => words.length)).size).toBe(49);
      const yes = drawn.filter(({ answer }) => answer === 1).length;
      expect(Math.abs(yes - 2000)).toBeLessThan(4 * Math.sqrt(1000));
    }
  });

  it('can hardly be classified by their last segment or their length', () => {
    const random = new Random(4);
    const drawn = Array.from({ length: 4000 }, () => read({}, random));
    const right = drawn.reduce((sum, { words, answer }) => sum + 1 - Math.abs(majority(words.slice(-24)) - answer), 0);
    expect(right / drawn.length).toBeGreaterThan(0.55);
    expect(right / drawn.length).toBeLessThan(0.75);
    const long = drawn.filter(({ words }) => words.length > 72);
    expect(Math.abs(long.filter(({ answer }) => answer === 1).length / long.length - 0.5)).toBeLessThan(0.06);
  });

  it('differ between training and validation', () => {
    const texts = (split: 'train' | 'validation') => {
      const random = new Random(5);
      return new Set(
        Array.from({ length: 20_000 }, () => read({ split, segments: 1, segmentSize: 16 }, random).words.join(' ')),
      );
    };
    const train = texts('train');
    const validation = [...texts('validation')];
    expect(validation.filter((text) => train.has(text))).toEqual([]);
    // Documents this short would coincide by chance if the splits were not separate.
    expect(train.size).toBeLessThan(19_950);
  });

  it('are the same for the same seed, and differ between seeds', () => {
    const draw = (seed: number) => read({}, new Random(seed)).words.join(' ');
    expect(draw(1)).toBe(draw(1));
    expect(new Set(Array.from({ length: 50 }, (_, seed) => draw(seed))).size).toBe(50);
  });

  it('come from the given source; the vocabulary has its words and the two classes', () => {
    const source: DocumentSource = {
      name: 'mine',
      words: ['left', 'right', 'no'],
      draw: (_, split, most, vocabulary) => ({
        tokens: new Int32Array(Math.min(most, 5)).fill(vocabulary.id(split === 'train' ? 'left' : 'right')),
        answer: 1,
      }),
    };
    const vocabulary = documents.vocabulary({ noise, documents: source });
    expect(vocabulary.words.slice(4)).toEqual(['no', 'yes', 'left', 'right']);
    const asked = { segments: 1, segmentSize: 16, vocabulary, noise, documents: source };
    const [train, validation] = (['train', 'validation'] as const).map((split) =>
      documents.sample(new Random(1), { ...asked, split }),
    );
    expect(train).toEqual({ tokens: Int32Array.of(6, 6, 6, 6, 6), answer: 1, marks: [] });
    expect(validation?.tokens).toEqual(Int32Array.of(7, 7, 7, 7, 7));
  });

  it('refuse segments that are too small, unknown knobs, and a vocabulary without their words', () => {
    expect(() => read({ segmentSize: 15 }, new Random(1))).toThrow(
      'documents: segment size: 15 (expected a whole number from 16)',
    );
    expect(() => read({ knobs: { sampling: 'split' } }, new Random(1))).toThrow(
      "documents: unknown knob 'sampling' (expected no knobs)",
    );
    expect(() => read({ vocabulary: Vocabulary.of(['no', 'yes']) }, new Random(1))).toThrow(
      new InputError('vocabulary', "no word 'the'", 'every word of the task'),
    );
  });

  it('use all the words of their list, which has no repeats', () => {
    const { words } = generatedDocuments();
    expect(new Set(words).size).toBe(words.length);
    const random = new Random(6);
    const used = new Set(Array.from({ length: 500 }, () => read({}, random).words).flat());
    expect([...used].sort()).toEqual([...words].sort());
  });
});
