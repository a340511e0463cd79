// What all tasks have in common that are gone on with token by token.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { tasks, vocabularyOf } from './index.ts';
import type { TokenTask } from './task.ts';

const noise = generatedNoise();
const split = 'train';
const tokenTasks: readonly TokenTask[] = [tasks.copy, tasks.reverse, tasks.retrieval, tasks.quadratic, tasks.language];
/** Segments that are long enough for every solution of the quadratic equations; the others take any. */
const fewest: Readonly<Record<string, number>> = { retrieval: 4, quadratic: 75 };

describe.each(tokenTasks)('every token task: $id', (task) => {
  const knobs: fc.Arbitrary<Readonly<Record<string, string>>> = fc.record(
    Object.fromEntries(Object.entries(task.knobs).map(([name, { choices }]) => [name, fc.constantFrom(...choices)])),
  );
  const shapes = fc
    .record({ segments: fc.integer({ min: 1, max: 9 }), segmentSize: fc.integer({ min: 1, max: 40 }) })
    .filter(
      ({ segments, segmentSize }) =>
        segmentSize >= task.minimumSegmentSize && segments * segmentSize >= (fewest[task.id] ?? 0),
    );
  const splits = fc.constantFrom('train' as const, 'validation' as const);

  it('needs exactly so many segments, has a length that nothing drawn changes, and marks in order', () => {
    fc.assert(
      fc.property(shapes, splits, knobs, fc.integer(), (shape, split, values, seed) => {
        const vocabulary = vocabularyOf(task, { noise, knobs: values });
        const request = { ...shape, split, vocabulary, noise, knobs: values };
        const { tokens, answerFrom, answerEnd, marks } = task.sample(new Random(seed), request);
        expect(tokens).toBeInstanceOf(Int32Array);
        const inputs = tokens.length - 1;
        expect(inputs).toBeLessThanOrEqual(shape.segments * shape.segmentSize);
        expect(inputs).toBeGreaterThan((shape.segments - 1) * shape.segmentSize);
        const other = task.sample(new Random(seed + 1), { ...request, split: 'train' });
        expect(other.tokens).toHaveLength(tokens.length);

        expect(answerFrom).toBeGreaterThan(0);
        expect(answerEnd).toBeGreaterThan(answerFrom);
        expect(answerEnd).toBeLessThanOrEqual(tokens.length);
        expect(tokens.subarray(answerFrom, answerEnd)).not.toContain(vocabulary.pad);
        let free = 0;
        for (const { start, end } of marks) {
          expect(start).toBeGreaterThanOrEqual(free);
          expect(end).toBeGreaterThan(start);
          free = end;
        }
        if (marks.length > 0) expect(marks.at(-1)).toEqual({ kind: 'answer', start: answerFrom, end: answerEnd });
      }),
    );
  });

  const vocabulary = vocabularyOf(task, { noise });
  const request = { segments: 4, segmentSize: 24, split, vocabulary, noise } as const;

  it('gives the same sample for the same seed, and others for others', () => {
    const draw = (seed: number) => task.sample(new Random(seed, 7), request);
    expect(draw(5)).toEqual(draw(5));
    const drawn = Array.from({ length: 20 }, (_, seed) => draw(seed).tokens.join());
    // Of the equations there are only 54.
    expect(new Set(drawn).size).toBeGreaterThan(task.id === 'quadratic' ? 10 : 19);
  });

  it('refuses shapes and knobs that are none', () => {
    const draw = (asked: object) => () => task.sample(new Random(1), { ...request, ...asked });
    expect(draw({ segments: 0 })).toThrow(`${task.id}: segments: 0 (expected a whole number from 1)`);
    expect(draw({ segmentSize: task.minimumSegmentSize - 1 })).toThrow(
      `${task.id}: segment size: ${task.minimumSegmentSize - 1} (expected a whole number from ${task.minimumSegmentSize})`,
    );
    expect(draw({ knobs: { volume: '11' } })).toThrow(`${task.id}: unknown knob 'volume'`);
    for (const name of Object.keys(task.knobs))
      expect(draw({ knobs: { [name]: 'x' } })).toThrow(`${task.id}: ${name}: 'x' (expected one of `);
  });

  it('refuses a vocabulary that lacks its words', () => {
    const draw = () => task.sample(new Random(1), { ...request, vocabulary: Vocabulary.of(['mary']) });
    expect(draw).toThrow(InputError);
  });

  it('starts with knobs at a choice they have', () => {
    for (const knob of Object.values(task.knobs)) expect(knob.choices).toContain(knob.initial);
  });
});
