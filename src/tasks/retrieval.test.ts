import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { retrieval } from './retrieval.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const knobs = { alphabet: '26' };
const vocabulary = retrieval.vocabulary({ noise, knobs });

function read(asked: Partial<SampleRequest>, random: Random) {
  const sample = retrieval.sample(random, {
    segments: 5,
    segmentSize: 2,
    split: 'train',
    vocabulary,
    noise,
    knobs,
    ...asked,
  });
  return { ...sample, words: [...sample.tokens].map((id) => vocabulary.word(id)) };
}

describe('retrieval', () => {
  it('consists of pairs with distinct letters, the start token, one of the letters and its digit', () => {
    const shape = { segments: fc.integer({ min: 1, max: 9 }), segmentSize: fc.integer({ min: 4, max: 30 }) };
    const split = fc.constantFrom('train' as const, 'validation' as const);
    fc.assert(
      fc.property(fc.record({ ...shape, split }), fc.integer(), (asked, seed) => {
        const { words, answerFrom, answerEnd, marks } = read(asked, new Random(seed));
        const room = asked.segments * asked.segmentSize;
        const pairs = Math.min(26, Math.floor((room - 2) / 2));
        const text = words.filter((word) => word !== '[PAD]');
        expect(text).toHaveLength(2 * pairs + 3);
        // Padding only if there are too few letters, and then at the front.
        const padding = pairs === 26 ? room - 54 : 0;
        expect(words.slice(0, padding)).toEqual(Array(padding).fill('[PAD]'));
        expect(words.slice(padding)).toEqual(text);

        const letters = text.slice(0, 2 * pairs).filter((_, k) => k % 2 === 0);
        expect(letters.join('')).toMatch(/^[a-z]+$/);
        expect(new Set(letters).size).toBe(pairs);
        expect(
          text
            .slice(0, 2 * pairs)
            .filter((_, k) => k % 2 === 1)
            .join(''),
        ).toMatch(/^\d+$/);
        const [start, letter = '', digit] = text.slice(2 * pairs);
        expect(start).toBe('>');
        const at = letters.indexOf(letter);
        expect(text[2 * at + 1]).toBe(digit);
        expect([answerFrom, answerEnd]).toEqual([words.length - 1, words.length]);
        expect(marks).toEqual([
          { kind: 'fact', start: padding + 2 * at, end: padding + 2 * at + 2 },
          { kind: 'question', start: words.length - 3, end: words.length - 1 },
          { kind: 'answer', start: words.length - 1, end: words.length },
        ]);
      }),
    );
  });

  it('draws from the requested number of letters, whose ids do not depend on the alphabet', () => {
    const few = retrieval.vocabulary({ noise });
    expect(few.words).toEqual(vocabulary.words.slice(0, few.size));
    const asked = { segments: 4, segmentSize: 5, vocabulary: few, knobs: {} };
    const { words } = read(asked, new Random(3));
    const letters = words.slice(2, 18).filter((_, k) => k % 2 === 0);
    // All eight letters; the rest of the 20 tokens is padding at the front.
    expect(words.slice(0, 2)).toEqual(['[PAD]', '[PAD]']);
    expect([...letters].sort().join('')).toBe('abcdefgh');
  });

  it('has the length of RMT (Bulatov et al. 2022): 4 pairs are 10 inputs, in 5 segments of 2 or in 2 of 5', () => {
    expect(read({}, new Random(1)).tokens).toHaveLength(11);
    expect(read({ segments: 2, segmentSize: 5 }, new Random(1)).tokens).toHaveLength(11);
  });

  it('asks for each pair, and has each digit as its answer, equally often', () => {
    const random = new Random(4);
    const asked = [0, 0, 0, 0];
    const digits = Array<number>(10).fill(0);
    const count = 6000;
    for (let k = 0; k < count; k++) {
      const { words, marks } = read({}, random);
      const pair = (marks[0]?.start ?? 0) / 2;
      asked[pair] = (asked[pair] ?? 0) + 1;
      const digit = Number(words.at(-1));
      digits[digit] = (digits[digit] ?? 0) + 1;
    }
    for (const n of asked) expect(Math.abs(n - count / 4)).toBeLessThan(4 * Math.sqrt((count * 3) / 16));
    for (const n of digits) expect(Math.abs(n - count / 10)).toBeLessThan(4 * Math.sqrt((count * 9) / 100));
  });

  it('holds out lists of pairs, whichever pair is asked for; single pairs are too few to hold out', () => {
    const lists = (split: 'train' | 'validation', pairs: number, count: number) => {
      const random = new Random(split === 'train' ? 1 : 2);
      const draw = () => read({ segments: 1, segmentSize: 2 * pairs + 2, split }, random).words;
      return new Set(
        Array.from({ length: count }, () =>
          draw()
            .slice(0, 2 * pairs)
            .join(''),
        ),
      );
    };
    const [train, validation] = [lists('train', 2, 30_000), lists('validation', 2, 10_000)];
    expect([...validation].filter((list) => train.has(list))).toEqual([]);
    expect(validation.size).toBeGreaterThan(5000);
    expect(lists('validation', 1, 5000).size).toBe(260);
  });

  it('refuses sequences without room for a pair', () => {
    expect(() => read({ segments: 1, segmentSize: 3 }, new Random(1))).toThrow(
      new InputError('retrieval: segments × segment size', '3 tokens', 'at least 4, for one pair'),
    );
  });
});
