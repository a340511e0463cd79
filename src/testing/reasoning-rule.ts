// The rule of the reasoning task, checked on examples of our generator or of a published file.
import { expect } from 'vitest';
import { places } from '../tasks/facts.ts';
import { solveReasoning } from '../tasks/reasoning.ts';
import { words } from '../text/words.ts';

export interface Example {
  /** In the order of the text. */
  readonly facts: readonly [string, string];
  readonly question: string;
  readonly answer: string;
}

/** [subject, direction, object] of "the <subject> is <direction> of the <object> ." */
export function parts(fact: string): readonly [string, string, string] {
  const [, subject = '', , direction = '', , , object = ''] = words(fact);
  return [subject, direction, object];
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  east: [1, 0],
  west: [-1, 0],
  north: [0, 1],
  south: [0, -1],
};

/** The answer, computed independently of `solveReasoning`: build the map that the facts describe, and look it up. */
function answerFromMap({ facts, question }: Example): string | undefined {
  const [[subject, direction, object], other] = [parts(facts[0]), parts(facts[1])];
  const map = new Map<string, readonly [number, number]>([[object, [0, 0]]]);
  const move = (
    from: readonly [number, number] | undefined,
    towards: string,
    sign: number,
  ): readonly [number, number] => {
    const [x, y] = steps[towards] ?? [Number.NaN, Number.NaN];
    return [(from?.[0] ?? Number.NaN) + sign * x, (from?.[1] ?? Number.NaN) + sign * y];
  };
  map.set(subject, move(map.get(object), direction, 1));
  if (map.has(other[2])) map.set(other[0], move(map.get(other[2]), other[1], 1));
  else map.set(other[2], move(map.get(other[0]), other[1], -1));

  const asked = words(question);
  const isTurned = asked[2] === 'the';
  const target = isTurned
    ? move(map.get(asked[3] ?? ''), asked[4] ?? '', -1)
    : move(map.get(asked[5] ?? ''), asked[2] ?? '', 1);
  return [...map].find(([, [x, y]]) => x === target[0] && y === target[1])?.[0];
}

/** The structure of one example under the rule, from its words alone. */
export function structure({ facts, question, answer }: Example) {
  const [first, second] = [parts(facts[0]), parts(facts[1])];
  const middle = first.filter((word) =>
    word === second[0] || word === second[2] ? places.includes(word as never) : false,
  );
  const solutions = solveReasoning(facts, question);
  const [solution] = solutions;
  const asked = parts(facts[solution?.fact ?? 0] ?? '');
  const endFirst = [first, second].map((fact) => fact[0] !== middle[0]);
  // The direction from the middle to the end.
  const bearing = [first, second].map(([, direction], k) => steps[direction]?.map((x) => (endFirst[k] ? x : -x)) ?? []);
  return {
    solutions,
    middle,
    endFirst,
    bearing,
    asked,
    isAnswerSubject: asked[0] === answer,
    role: answer === middle[0] ? 'middle' : 'end',
  };
}

export function tally<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

/** Pearson's statistic of counts against expected shares, in standard deviations above its mean. */
export function surprise(counts: Map<string, number>, shares: Readonly<Record<string, number>>): number {
  const total = [...counts.values()].reduce((sum, n) => sum + n, 0);
  expect([...counts.keys()].filter((key) => !(key in shares))).toEqual([]);
  const entries = Object.entries(shares);
  const statistic = entries.reduce((sum, [key, share]) => {
    const wanted = total * share;
    return sum + ((counts.get(key) ?? 0) - wanted) ** 2 / wanted;
  }, 0);
  return (statistic - (entries.length - 1)) / Math.sqrt(2 * (entries.length - 1));
}

const equalShares = (keys: readonly string[]) => Object.fromEntries(keys.map((key) => [key, 1 / keys.length]));
const bearings = ['1,0', '-1,0', '0,1', '0,-1'];

/** Checks everything that the rule determines for one example. */
export function expectRule(example: Example) {
  const text = `${example.facts.join(' ')} ${example.question} ${example.answer}`;
  const { solutions, middle, bearing, isAnswerSubject } = structure(example);
  expect(new Set(example.facts.flatMap((fact) => [parts(fact)[0], parts(fact)[2]])).size, text).toBe(3);
  expect(middle, text).toHaveLength(1);
  expect(
    bearing[0]?.map((x) => -x + 0),
    text,
  ).toEqual(bearing[1]?.map((x) => x + 0));
  expect(
    solutions.map(({ place }) => place),
    text,
  ).toEqual([example.answer]);
  expect(answerFromMap(example), text).toBe(example.answer);
  expect(isAnswerSubject, text).toBe(true);
}

/** Checks everything that the rule leaves to chance: the shares are those of the rule, within 4 standard deviations. */
export function expectShares(found: readonly Example[]) {
  const read = found.map((example) => ({ ...example, ...structure(example) }));
  const wording = (ends: readonly boolean[]) => ends.map((isEnd) => (isEnd ? 'end' : 'middle')).join('+');
  const both: Record<string, number> = {};
  for (const [ends, share] of [
    ['end+end', 4 / 9],
    ['end+middle', 2 / 9],
    ['middle+end', 2 / 9],
    ['middle+middle', 1 / 9],
  ] as const)
    for (const fact of [0, 1]) for (const inverted of [true, false]) both[`${ends} ${fact} ${inverted}`] = share / 4;
  expect(
    surprise(
      tally(read, (e) => `${wording(e.endFirst)} ${e.solutions[0]?.fact} ${e.solutions[0]?.inverted}`),
      both,
    ),
  ).toBeLessThan(4);
  expect(
    surprise(
      tally(read, (e) => e.bearing[0]?.map((x) => x + 0).join() ?? ''),
      equalShares(bearings),
    ),
  ).toBeLessThan(4);
  expect(
    surprise(
      tally(read, (e) => e.answer),
      equalShares(places),
    ),
  ).toBeLessThan(4);
  expect(
    surprise(
      tally(read, (e) => e.middle[0] ?? ''),
      equalShares(places),
    ),
  ).toBeLessThan(4);
  expect(
    surprise(
      tally(read, (e) => e.role),
      { middle: 1 / 3, end: 2 / 3 },
    ),
  ).toBeLessThan(4);
}
