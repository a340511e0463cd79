import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { copy } from './copy.ts';
import { reverse } from './reverse.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const alphabets = copy.knobs['alphabet']?.choices ?? [];

function words(task: typeof copy, asked: Partial<SampleRequest>, random: Random) {
  const vocabulary = task.vocabulary({ noise, ...asked });
  const sample = task.sample(random, { segments: 3, segmentSize: 24, split: 'train', noise, vocabulary, ...asked });
  return { ...sample, words: [...sample.tokens].map((id) => vocabulary.word(id)) };
}

const cases = fc.record({
  segments: fc.integer({ min: 1, max: 9 }),
  segmentSize: fc.integer({ min: 3, max: 40 }),
  split: fc.constantFrom('train' as const, 'validation' as const),
  alphabet: fc.constantFrom(...alphabets),
  seed: fc.integer(),
});

describe('copy', () => {
  it('is a sequence, the start token, and the sequence twice', () => {
    fc.assert(
      fc.property(cases, ({ alphabet, seed, ...shape }) => {
        const drawn = words(copy, { ...shape, knobs: { alphabet } }, new Random(seed));
        const n = Math.floor((shape.segments * shape.segmentSize) / 3);
        const sequence = drawn.words.slice(0, n);
        expect(drawn.words).toEqual([...sequence, '>', ...sequence, ...sequence]);
        expect([drawn.answerFrom, drawn.answerEnd]).toEqual([n + 1, 3 * n + 1]);
        expect(drawn.marks.map(({ kind, start, end }) => [kind, start, end])).toEqual([
          ['fact', 0, n],
          ['question', n, n + 1],
          ['answer', n + 1, 3 * n + 1],
        ]);
      }),
    );
  });

  it('has the lengths of RMT (Bulatov et al. 2022): 24 symbols are 72 inputs, 120 are 360', () => {
    for (const [segments, segmentSize, n] of [
      [3, 24, 24],
      [6, 12, 24],
      [9, 8, 24],
      [9, 40, 120],
    ] as const) {
      const { tokens, answerFrom } = words(copy, { segments, segmentSize }, new Random(1));
      expect([tokens.length - 1, answerFrom]).toEqual([3 * n, n + 1]);
    }
  });
});

describe('reverse', () => {
  it('is a sequence, the start token, and the sequence backwards', () => {
    fc.assert(
      fc.property(cases, ({ alphabet, seed, ...shape }) => {
        const drawn = words(reverse, { ...shape, knobs: { alphabet } }, new Random(seed));
        const n = Math.floor((shape.segments * shape.segmentSize) / 2);
        const sequence = drawn.words.slice(0, n);
        expect(drawn.words).toEqual([...sequence, '>', ...sequence.toReversed()]);
        expect([drawn.answerFrom, drawn.answerEnd]).toEqual([n + 1, 2 * n + 1]);
        expect(drawn.marks.map(({ kind, start, end }) => [kind, start, end])).toEqual([
          ['fact', 0, n],
          ['question', n, n + 1],
          ['answer', n + 1, 2 * n + 1],
        ]);
      }),
    );
  });

  it('has the length of RMT (Bulatov et al. 2022): 24 symbols are 48 inputs', () => {
    expect(words(reverse, { segments: 6, segmentSize: 8 }, new Random(1)).tokens).toHaveLength(49);
  });
});

describe.each([copy, reverse])('$id', (task) => {
  it('draws each letter of its alphabet equally often, and no other', () => {
    for (const alphabet of alphabets) {
      const size = Number(alphabet);
      const random = new Random(3);
      const counts = new Map<string, number>();
      let all = 0;
      for (let k = 0; k < 400; k++) {
        const drawn = words(task, { knobs: { alphabet } }, random);
        for (const word of drawn.words.slice(0, drawn.answerFrom - 1)) counts.set(word, (counts.get(word) ?? 0) + 1);
        all += drawn.answerFrom - 1;
      }
      expect([...counts.keys()].sort()).toEqual([...'abcdefghijklmnopqrstuvwxyz'.slice(0, size)]);
      const deviation = Math.sqrt((all * (size - 1)) / size ** 2);
      // Chance is one in `size`: 0.125 for eight letters.
      for (const n of counts.values()) expect(Math.abs(n - all / size)).toBeLessThan(4 * deviation);
    }
  });

  it('gives a letter the same id in every alphabet', () => {
    const largest = task.vocabulary({ noise, knobs: { alphabet: '26' } });
    expect(largest.words.join(' ')).toBe(
      '[PAD] [UNK] [CLS] [SEP] > a b c d e f g h i j k l m n o p q r s t u v w x y z',
    );
    for (const alphabet of alphabets) {
      const { words } = task.vocabulary({ noise, knobs: { alphabet } });
      expect(words).toEqual(largest.words.slice(0, 5 + Number(alphabet)));
    }
  });

  it('holds out sequences if there are many, and none if there are few', () => {
    const sequences = (split: 'train' | 'validation', length: number, count: number) => {
      const random = new Random(split === 'train' ? 1 : 2);
      const inputs = task === copy ? 3 * length : 2 * length;
      const draw = () => words(task, { segments: 1, segmentSize: inputs, split }, random);
      return new Set(Array.from({ length: count }, () => draw().words.slice(0, length).join('')));
    };
    // 8^4 sequences of 4 letters: enough draws to see nearly all of them.
    const [train, validation] = [sequences('train', 4, 20_000), sequences('validation', 4, 4000)];
    expect([...validation].filter((sequence) => train.has(sequence))).toEqual([]);
    expect(train.size + validation.size).toBeGreaterThan(0.98 * 8 ** 4);
    expect(Math.abs(validation.size / 8 ** 4 - 1 / 8)).toBeLessThan(0.02);
    // 8^3 sequences are too few to split.
    expect(sequences('train', 3, 8000).size).toBe(512);
    expect(sequences('validation', 3, 8000).size).toBe(512);
  });
});
