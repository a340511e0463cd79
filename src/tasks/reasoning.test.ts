import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { words } from '../text/vocabulary.ts';
import { places } from './facts.ts';
import { taskVocabulary } from './index.ts';
import { reasoning, reasoningLines, solveReasoning } from './reasoning.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const vocabulary = taskVocabulary(noise);

interface Example {
  /** In the order of the text. */
  readonly facts: readonly [string, string];
  readonly question: string;
  readonly answer: string;
}

function samples(count: number, asked: Partial<SampleRequest> = {}, seed = 5) {
  const random = new Random(seed);
  const request: SampleRequest = { segments: 1, segmentSize: 24, split: 'train', vocabulary, noise, ...asked };
  return Array.from({ length: count }, () => reasoning.sample(random, request));
}

function examples(count: number, asked: Partial<SampleRequest> = {}, seed?: number): Example[] {
  return samples(count, asked, seed).map(({ tokens, answer, marks }) => {
    const [first, second, question] = marks.map(({ start, end }) =>
      [...tokens.slice(start, end)].map((id) => vocabulary.word(id)).join(' '),
    );
    if (!first || !second || !question || marks.length !== 3) throw new Error('reasoning has two facts and a question');
    return { facts: [first, second], question, answer: places[answer] ?? '' };
  });
}

function officialExamples(): Example[] {
  const path = new URL('../../../shared/data/two_facts_reasoning.csv', import.meta.url);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    throw new Error(`This test needs ${path.pathname}, the official reasoning data, and it is not there.`, { cause });
  }
  const [header, ...lines] = text.trim().split(/\r?\n/);
  expect(header).toBe('fact1,fact2,question,answer');
  return lines.map((line) => {
    const [first = '', second = '', question = '', answer = ''] = line.split(',');
    return { facts: [first, second], question, answer };
  });
}

/** [subject, direction, object] of "the <subject> is <direction> of the <object> ." */
function parts(fact: string): readonly [string, string, string] {
  const [, subject = '', , direction = '', , , object = ''] = words(fact);
  return [subject, direction, object];
}

const steps: Readonly<Record<string, readonly [number, number]>> = {
  east: [1, 0],
  west: [-1, 0],
  north: [0, 1],
  south: [0, -1],
};

/** The answer by another way than `solveReasoning`'s: draw the map that the facts tell, and look at the place asked for. */
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

/** What the rule says about one example, from its words alone. */
function structure({ facts, question, answer }: Example) {
  const [first, second] = [parts(facts[0]), parts(facts[1])];
  const middle = first.filter((word) =>
    word === second[0] || word === second[2] ? places.includes(word as never) : false,
  );
  const solutions = solveReasoning(facts, question);
  const [solution] = solutions;
  const asked = parts(facts[solution?.fact ?? 0] ?? '');
  const endFirst = [first, second].map((fact) => fact[0] !== middle[0]);
  // Where the end lies as seen from the middle.
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

function tally<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

/** Pearson's statistic of counts against expected shares, in standard deviations above its mean. */
function surprise(counts: Map<string, number>, shares: Readonly<Record<string, number>>): number {
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

/** Everything the rule fixes, for one example. */
function expectRule(example: Example) {
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

/** Everything the rule leaves to chance: the shares must be those of the rule, within 4 standard deviations. */
function expectShares(found: readonly Example[]) {
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

describe('solveReasoning', () => {
  const facts = ['The hallway is east of the bathroom.', 'The bedroom is west of the bathroom.'];

  it.each([
    ['What is the bathroom east of?', [{ place: 'bedroom', fact: 1, inverted: true }]],
    ['What is east of the bathroom?', [{ place: 'hallway', fact: 0, inverted: false }]],
    ['What is the hallway east of?', [{ place: 'bathroom', fact: 0, inverted: false }]],
    ['What is west of the hallway?', [{ place: 'bathroom', fact: 0, inverted: true }]],
    ['What is the bathroom west of?', [{ place: 'hallway', fact: 0, inverted: true }]],
    ['What is north of the bathroom?', []],
    ['What is east of the garden?', []],
    ['What is east of the hallway?', []],
  ])('%s', (question, expected) => {
    expect(solveReasoning(facts, question)).toEqual(expected);
  });

  it('gives every answer if there are several', () => {
    const told = ['The hallway is east of the bathroom.', 'The bathroom is west of the office.'];
    expect(solveReasoning(told, 'What is east of the bathroom?')).toEqual([
      { place: 'hallway', fact: 0, inverted: false },
      { place: 'office', fact: 1, inverted: true },
    ]);
  });

  it('says what it cannot read', () => {
    expect(() => solveReasoning(['Mary went home.'], 'What is east of the bathroom?')).toThrow(
      "fact 1: 'Mary went home.' (expected 'The <place> is <direction> of the <place>.')",
    );
    expect(() => solveReasoning(facts, 'Where is Mary?')).toThrow(
      "question: 'Where is Mary?' (expected 'What is the <place> <direction> of?' or 'What is <direction> of the <place>?')",
    );
  });
});

describe('the official data', () => {
  it('follows the rule in each of its 1000 rows', () => {
    const rows = officialExamples();
    expect(rows).toHaveLength(1000);
    expect(tally(rows, (row) => JSON.stringify(row)).size).toBe(933);
    rows.forEach(expectRule);
    const inverted = rows.filter((row) => structure(row).solutions[0]?.inverted).length;
    expect([rows.length - inverted, inverted]).toEqual([506, 494]);
  });

  it('has the shares of the rule', () => {
    expectShares(officialExamples());
  });

  it('can be drawn by our generator, every row of it', () => {
    const key = (...sentences: Iterable<number>[]) => sentences.map((ids) => [...ids].join()).join('|');
    const ours = new Set(
      samples(300_000, { knobs: { sampling: 'official' } }).map(({ tokens, answer, marks }) =>
        key(...marks.map(({ start, end }) => tokens.subarray(start, end)), [answer]),
      ),
    );
    const missing = officialExamples().filter(({ facts, question, answer }) => {
      const sentences = [...facts, question].map((sentence) => vocabulary.encode(sentence));
      return !ours.has(key(...sentences, [places.indexOf(answer as (typeof places)[number])]));
    });
    expect(missing).toEqual([]);
    // 120 triples of places × 4 directions × 4 wordings × 2 facts asked × 2 ways to ask
    expect(ours.size).toBe(7680);
  });
});

describe('reasoning', () => {
  it.each([
    ['train', 'split'],
    ['validation', 'split'],
    ['train', 'official'],
  ] as const)('follows the rule and has its shares (%s, %s)', (split, sampling) => {
    const drawn = examples(10_000, { split, knobs: { sampling } });
    for (const example of drawn.slice(0, 2000)) expectRule(example);
    expectShares(drawn);
  });

  it('keeps every fact pair of validation out of training, in either order and in any wording', () => {
    const line = (example: Example) => {
      const { middle, bearing, endFirst } = structure(example);
      return example.facts
        .map((fact, k) => `${parts(fact)[endFirst[k] ? 0 : 2]} at ${bearing[k]?.map((x) => x + 0)} of ${middle}`)
        .sort()
        .join(', ');
    };
    const lines = (split: 'train' | 'validation', sampling = 'split') =>
      new Set(examples(10_000, { split, knobs: { sampling } }).map(line));
    const [train, validation] = [lines('train'), lines('validation')];
    expect([train.size, validation.size]).toEqual([192, 48]);
    expect([...validation].filter((pair) => train.has(pair))).toEqual([]);
    expect(lines('train', 'official').size).toBe(240);
    expect(lines('validation', 'official').size).toBe(240);
  });

  it('holds out lines that leave every place as frequent as any other in every role', () => {
    for (const part of ['train', 'validation'] as const)
      for (const towards of ['east', 'north'])
        for (const role of ['lower', 'middle', 'upper'] as const) {
          const chosen = reasoningLines[part].filter((line) => line.towards === towards);
          const counts = tally(chosen, (line) => String(line[role]));
          expect([...counts.values()], `${part} ${towards} ${role}`).toEqual(Array(6).fill(chosen.length / 6));
        }
    expect(reasoningLines.validation).toHaveLength(48);
    expect(reasoningLines.train).toHaveLength(192);
  });

  it('holds out lines that say nearly as much of any two places', () => {
    const neighbours = reasoningLines.validation.flatMap(({ lower, middle, upper }) => [
      [lower, middle].sort().join(),
      [middle, upper].sort().join(),
    ]);
    // 96 pairs of neighbours over 15 pairs of places: 6.4 on average.
    const counts = [...tally(neighbours, (pair) => pair).values()].sort();
    expect(counts).toEqual([...Array(12).fill(6), ...Array(3).fill(8)]);
  });

  it('still tells every single fact of validation in training', () => {
    const facts = (split: 'train' | 'validation') => new Set(examples(10_000, { split }).flatMap(({ facts }) => facts));
    const [train, validation] = [facts('train'), facts('validation')];
    // 30 ordered pairs of places × 4 directions
    expect(train.size).toBe(120);
    expect([...validation].filter((fact) => !train.has(fact))).toEqual([]);
  });

  it('puts each fact into a random segment, and the second right after the first if they meet', () => {
    const starts = samples(9000, { segments: 3 }).map(({ marks }) =>
      marks
        .map(({ start }) => start)
        .slice(0, 2)
        .join(),
    );
    // Two unlike segments can come about in two ways.
    const shares = { '0,8': 1 / 9, '24,32': 1 / 9, '48,56': 1 / 9, '0,24': 2 / 9, '0,48': 2 / 9, '24,48': 2 / 9 };
    expect(
      surprise(
        tally(starts, (key) => key),
        shares,
      ),
    ).toBeLessThan(4);
  });

  it('puts the facts at every place where they fit, if they may stand anywhere', () => {
    const drawn = samples(20_000, { segments: 2, segmentSize: 25, knobs: { fact_position: 'anywhere' } });
    const starts = drawn.map(({ marks }) => marks.map(({ start }) => start).slice(0, 2));
    const shares: Record<string, number> = {};
    // Together in the first segment: 25 - 16 = 9, so 10 places; in the last, clear of the question of 7, 3 places.
    for (let at = 0; at < 10; at++) shares[`${at},${at + 8}`] = 1 / 4 / 10;
    for (let at = 25; at < 28; at++) shares[`${at},${at + 8}`] = 1 / 4 / 3;
    // Apart: 18 places in the first segment and 11 in the last.
    for (let at = 0; at < 18; at++) for (let then = 25; then < 36; then++) shares[`${at},${then}`] = 1 / 2 / 18 / 11;
    expect(
      surprise(
        tally(starts, (pair) => pair.join()),
        shares,
      ),
    ).toBeLessThan(4);
  });

  it('puts either fact of a line first', () => {
    const apart = examples(5000, { segments: 1 });
    const eastOrNorthFirst = apart.filter((e) => (structure(e).bearing[0] ?? []).some((x) => x > 0)).length;
    expect(Math.abs(eastOrNorthFirst - 2500)).toBeLessThan(4 * Math.sqrt(5000 / 4));
  });
});
