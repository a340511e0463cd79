// Key-value and Rewrite: where the pairs stand, and which value counts.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { tasks } from './index.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const vocabulary = tasks['key-value'].vocabulary({ noise });

describe.each([
  [tasks['key-value'], 1],
  [tasks.rewrite, 2],
] as const)('%o', (task, times) => {
  function read(asked: Partial<SampleRequest>, seed: number) {
    const request: SampleRequest = { segments: 3, segmentSize: 12, split: 'train', vocabulary, noise, ...asked };
    const { tokens, answer, marks } = task.sample(new Random(seed), request);
    const words = [...tokens].map((id) => vocabulary.word(id));
    const pairs = marks.slice(0, -1).map(({ start, end }) => words.slice(start, end));
    return { words, pairs, marks, answer: task.classes[answer], request };
  }

  it('asks for the last value of one of the keys; nothing else is written', () => {
    const shape = {
      segments: fc.integer({ min: 1, max: 6 }),
      segmentSize: fc.integer({ min: 2 * times + 2, max: 40 }),
    };
    const knobs = fc.record({ pairs: fc.constantFrom(...task.knobs.pairs.choices) });
    fc.assert(
      fc.property(fc.record({ ...shape, knobs }), fc.integer(), (asked, seed) => {
        const { words, pairs, answer } = read(asked, seed);
        expect(words).toHaveLength(asked.segments * asked.segmentSize);
        expect(words.at(-2)).toBe('>');
        const about = pairs.filter(([key]) => key === words.at(-1));
        expect(about).toHaveLength(times);
        expect(about.at(-1)?.[1]).toBe(answer);
        if (times === 2) expect(about[0]?.[1]).not.toBe(answer);
        expect(words.filter((word) => word !== '-')).toEqual([...pairs.flat(), '>', words.at(-1)]);
        const keys = new Set(pairs.map(([key]) => key));
        expect(pairs).toHaveLength(times * keys.size);
        expect(keys.size).toBeLessThanOrEqual(Number(asked.knobs.pairs));
      }),
    );
  });

  it('has all its pairs before the last segment, if there are several', () => {
    for (let seed = 0; seed < 50; seed++) {
      const { marks, pairs } = read({ segments: 4, knobs: { pairs: '8' } }, seed);
      expect(pairs).toHaveLength(8 * times);
      for (const { end } of marks.slice(0, -1)) expect(end).toBeLessThanOrEqual(36);
    }
  });

  it('asks more questions first where training wants it, and marks their digits', () => {
    const ask = (split: 'train' | 'validation', segments: number, seed: number) => {
      const knobs = { pairs: '4', pair_position: 'segment-start', more_questions: '1' };
      const request = { segments, segmentSize: 24, split, vocabulary, noise, knobs };
      const { tokens, answer, answered = [] } = task.sample(new Random(seed), request);
      return { words: [...tokens].map((id) => vocabulary.word(id)), answer: task.classes[answer], answered };
    };
    for (const segments of [1, 3]) {
      const counts = new Set<number>();
      for (let seed = 0; seed < 40; seed++) {
        const { words, answer, answered } = ask('train', segments, seed);
        counts.add(answered.length);
        const told = words.slice(0, words.indexOf('>'));
        const lastTold = (key: string | undefined) => told[told.lastIndexOf(key ?? '') + 1];
        for (const at of answered) {
          expect(words[at - 2]).toBe('>');
          expect(words[at]).toBe(lastTold(words[at - 1]));
        }
        expect(lastTold(words.at(-1))).toBe(answer);
        expect(ask('validation', segments, seed).answered).toEqual([]);
      }
      // As many as fit, and every smaller number.
      const most = segments === 1 && times === 2 ? 2 : 3;
      expect([...counts].sort()).toEqual(Array.from({ length: most + 1 }, (_, count) => count));
    }
  });

  it('draws its keys from the first ones, as many as asked for', () => {
    const used = new Set<string | undefined>();
    for (let seed = 0; seed < 60; seed++) {
      const { pairs } = read({ segments: 6, knobs: { keys: '8', pairs: '12' } }, seed);
      expect(pairs).toHaveLength(8 * times);
      for (const [key] of pairs) used.add(key);
    }
    expect([...used].sort()).toEqual(['ba', 'be', 'bi', 'bo', 'bu', 'da', 'de', 'di']);
  });

  describe('graded practice', () => {
    type Asked = Pick<SampleRequest, 'split' | 'stageSegments'> & { readonly practice: 'graded' | 'natural' };
    const documents = ({ practice, ...asked }: Asked) =>
      Array.from({ length: 400 }, (_, seed) => read({ ...asked, segments: 2, knobs: { practice } }, seed));
    const keysOf = (asked: Asked) => new Set(documents(asked).flatMap(({ pairs }) => pairs.map(([key]) => key)));
    /** How often the question is about the first key of a document, in the order of the list, which is the alphabet's. */
    const first = (asked: Asked) =>
      documents(asked).filter(({ words, pairs }) => pairs.map(([key]) => key).sort()[0] === words.at(-1)).length / 400;
    const easy: Asked = { split: 'train', practice: 'graded', stageSegments: 2 };
    const full: readonly Asked[] = [
      { ...easy, split: 'validation' },
      { ...easy, practice: 'natural' },
      { ...easy, stageSegments: 3 },
    ];

    it('has eight keys, in training in stages of up to two segments only', () => {
      expect([...keysOf(easy)].sort()).toEqual(['ba', 'be', 'bi', 'bo', 'bu', 'da', 'de', 'di']);
      for (const asked of full) expect(keysOf(asked).size).toBeGreaterThan(50);
    });

    it('asks for the first keys more often, there only', () => {
      expect(first(easy)).toBeGreaterThan(0.7);
      expect(first(easy)).toBeLessThan(0.95);
      for (const asked of full) expect(first(asked)).toBeLessThan(times === 1 ? 0.33 : 0.42);
    });
  });

  it('keeps the lists of validation out of training', () => {
    const lists = (split: 'train' | 'validation') =>
      Array.from({ length: 300 }, (_, seed) => read({ split, knobs: { pairs: '2' } }, seed).pairs.join());
    const train = new Set(lists('train'));
    expect(lists('validation').filter((list) => train.has(list))).toEqual([]);
  });
});
