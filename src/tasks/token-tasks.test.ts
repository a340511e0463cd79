// The common properties of the tasks whose answer is generated token by token.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import type { Split } from '../text/split.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { tasks, vocabularyOf } from './index.ts';
import { equationText, solutionText, withRoots } from './quadratic-text.ts';
import type { TokenTask } from './task.ts';

const noise = generatedNoise();
const split = 'train';
const tokenTasks: readonly TokenTask[] = [tasks.copy, tasks.reverse, tasks.retrieval, tasks.quadratic, tasks.language];
type Knobs = Readonly<Record<string, string>>;

/** Characters of the longest equation with its solution under these knobs, including the `>` between them. */
function longestSolution({ roots = '', leading = '' }: Knobs): number {
  const range = Array.from({ length: 2 * Number(roots) + 1 }, (_, k) => k - Number(roots));
  const texts = Array.from({ length: Number(leading) }, (_, k) => k + 1).flatMap((a) =>
    range.flatMap((p) => range.map((q) => withRoots(a, p, q)).map((e) => `${equationText(e)}>${solutionText(e)}`)),
  );
  return Math.max(...texts.map((text) => text.length));
}
const solutions = new Map<Knobs, number>();

/** The minimum number of inputs of a sample. Its last token is not an input, because it is only predicted. */
function fewest({ id, minimumSegmentSize }: TokenTask, knobs: Knobs): number {
  if (id === 'retrieval') return 4;
  if (id !== 'quadratic') return minimumSegmentSize;
  const longest = solutions.get(knobs) ?? longestSolution(knobs);
  solutions.set(knobs, longest);
  return longest - 1;
}

/** All choices of all knobs, each combination once. */
const combinations = ({ knobs }: TokenTask): readonly Knobs[] =>
  Object.entries(knobs).reduce<readonly Knobs[]>(
    (all, [name, { choices }]) => all.flatMap((chosen) => choices.map((choice) => ({ ...chosen, [name]: choice }))),
    [{}],
  );

describe.each(tokenTasks)('every token task: $id', (task) => {
  const allKnobs = combinations(task);
  const splits = ['train', 'validation'] as const;

  interface Asked {
    readonly segments: number;
    readonly segmentSize: number;
    readonly split: Split;
    readonly knobs: Knobs;
  }
  const draw = (asked: Asked, seed: number) =>
    task.sample(new Random(seed), { ...asked, vocabulary: vocabularyOf(task, { noise, knobs: asked.knobs }), noise });

  function expectWellFormed(asked: Asked, seed: number) {
    const { segments, segmentSize } = asked;
    const { tokens, answerFrom, answerEnd, marks } = draw(asked, seed);
    expect(tokens).toBeInstanceOf(Int32Array);
    const inputs = tokens.length - 1;
    expect(inputs).toBeLessThanOrEqual(segments * segmentSize);
    expect(inputs).toBeGreaterThan((segments - 1) * segmentSize);
    expect(draw({ ...asked, split: 'train' }, seed + 1).tokens).toHaveLength(tokens.length);

    expect(answerFrom).toBeGreaterThan(0);
    expect(answerEnd).toBeGreaterThan(answerFrom);
    expect(answerEnd).toBeLessThanOrEqual(tokens.length);
    expect(tokens.subarray(answerFrom, answerEnd)).not.toContain(0); // [PAD]
    let free = 0;
    for (const { start, end } of marks) {
      expect(start).toBeGreaterThanOrEqual(free);
      expect(end).toBeGreaterThan(start);
      free = end;
    }
    if (marks.length > 0) expect(marks.at(-1)).toEqual({ kind: 'answer', start: answerFrom, end: answerEnd });
  }

  it('needs exactly the requested segments, has a length that does not depend on the draw, and ordered marks', () => {
    const requests = fc
      .record({
        segments: fc.integer({ min: 1, max: 9 }),
        segmentSize: fc.integer({ min: task.minimumSegmentSize, max: 40 }),
        split: fc.constantFrom(...splits),
        knobs: fc.constantFrom(...allKnobs),
      })
      .filter(({ segments, segmentSize, knobs }) => segments * segmentSize >= fewest(task, knobs));
    fc.assert(fc.property(requests, fc.integer(), expectWellFormed));
  });

  it('accepts every length from its minimum, for all knobs, and refuses shorter ones', () => {
    let refused = 0;
    for (const knobs of allKnobs) {
      const least = fewest(task, knobs);
      const sizes = new Set([...Array(10).keys()].flatMap((k) => [task.minimumSegmentSize + k, least - 3 + k, 4 * k]));
      for (const segments of [1, 2, 3, 7])
        for (const segmentSize of [...sizes].filter((size) => size >= task.minimumSegmentSize))
          for (const split of splits) {
            const asked = { segments, segmentSize, split, knobs };
            if (segments * segmentSize >= least) expectWellFormed(asked, 3);
            else {
              refused++;
              expect(() => draw(asked, 3), JSON.stringify(asked)).toThrow(
                `${task.id}: segments × segment size: ${segments * segmentSize} tokens (expected at least ${least}, for `,
              );
            }
          }
    }
    // The others accept any segment of their minimum size.
    expect(refused > 0).toBe(['retrieval', 'quadratic'].includes(task.id));
  });

  const vocabulary = vocabularyOf(task, { noise });
  const request = { segments: 4, segmentSize: 24, split, vocabulary, noise } as const;

  it('gives the same sample for the same seed, and different ones for different seeds', () => {
    const draw = (seed: number) => task.sample(new Random(seed, 7), request);
    expect(draw(5)).toEqual(draw(5));
    const drawn = Array.from({ length: 20 }, (_, seed) => draw(seed).tokens.join());
    // There are only 54 equations.
    expect(new Set(drawn).size).toBeGreaterThan(task.id === 'quadratic' ? 10 : 19);
  });

  it('refuses invalid shapes and unknown knobs', () => {
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

  it('has knobs whose initial value is one of their choices', () => {
    for (const knob of Object.values(task.knobs)) expect(knob.choices).toContain(knob.initial);
  });
});
