import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { expectReasoningRows, fixture, reasoningRows } from '../testing/published.ts';
import {
  type Example,
  expectRule,
  expectShares,
  parts,
  structure,
  surprise,
  tally,
} from '../testing/reasoning-rule.ts';
import { generatedNoise } from '../text/noise.ts';
import { places } from './facts.ts';
import { taskVocabulary } from './index.ts';
import { reasoning, reasoningLines, solveReasoning } from './reasoning.ts';
import type { SampleRequest } from './task.ts';

const noise = generatedNoise();
const vocabulary = taskVocabulary(noise);

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
    const several = ['The hallway is east of the bathroom.', 'The bathroom is west of the office.'];
    expect(solveReasoning(several, 'What is east of the bathroom?')).toEqual([
      { place: 'hallway', fact: 0, inverted: false },
      { place: 'office', fact: 1, inverted: true },
    ]);
  });

  it('names the sentence that it cannot parse', () => {
    expect(() => solveReasoning(['Mary went home.'], 'What is east of the bathroom?')).toThrow(
      "fact 1: 'Mary went home.' (expected 'The <place> is <direction> of the <place>.')",
    );
    expect(() => solveReasoning(facts, 'Where is Mary?')).toThrow(
      "question: 'Where is Mary?' (expected 'What is the <place> <direction> of?' or 'What is <direction> of the <place>?')",
    );
  });
});

describe('rows as published', () => {
  const rows = reasoningRows(fixture('reasoning.csv'));

  it('follow the rule, and our generator draws each of them', () => {
    // Both axes × either end first × 4 wordings × 2 facts asked × 2 ways to ask.
    expect(expectReasoningRows(rows)).toEqual({ rows: 64, distinct: 64, asTold: 32, turned: 32 });
  });

  it('are rejected if they break it', () => {
    const [row] = rows;
    if (!row) return expect.fail('there is a row');
    const { facts, answer } = row;
    const wrong = places.find((place) => !facts.join().includes(place)) ?? '';
    expect(() => expectReasoningRows([{ ...row, answer: wrong }])).toThrow(/expected \[ '\w+' \] to deeply equal/);
    expect(() => expectReasoningRows([{ ...row, question: `What is the ${answer} north of?` }])).toThrow();
  });
});

describe('reasoning', () => {
  it('draws 7680 different rows: every wording of the facts and the question', () => {
    const ours = new Set(
      samples(200_000, { knobs: { sampling: 'official' } }).map(({ tokens, answer, marks }) =>
        [...marks.map(({ start, end }) => tokens.subarray(start, end).join()), answer].join('|'),
      ),
    );
    // 120 triples of places × 4 directions × 4 wordings × 2 facts asked × 2 ways to ask
    expect(ours.size).toBe(7680);
  });

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

  it('holds out lines so that every place is equally frequent in every role', () => {
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

  it('holds out lines so that all pairs of neighbours are nearly equally frequent', () => {
    const neighbours = reasoningLines.validation.flatMap(({ lower, middle, upper }) => [
      [lower, middle].sort().join(),
      [middle, upper].sort().join(),
    ]);
    // 96 pairs of neighbours over 15 pairs of places: 6.4 on average.
    const counts = [...tally(neighbours, (pair) => pair).values()].sort();
    expect(counts).toEqual([...Array(12).fill(6), ...Array(3).fill(8)]);
  });

  it('states every single fact of validation in training too', () => {
    const facts = (split: 'train' | 'validation') => new Set(examples(10_000, { split }).flatMap(({ facts }) => facts));
    const [train, validation] = [facts('train'), facts('validation')];
    // 30 ordered pairs of places × 4 directions
    expect(train.size).toBe(120);
    expect([...validation].filter((fact) => !train.has(fact))).toEqual([]);
  });

  it('puts each fact into a random segment, and the second right after the first if both are in one', () => {
    const starts = samples(9000, { segments: 3 }).map(({ marks }) =>
      marks
        .map(({ start }) => start)
        .slice(0, 2)
        .join(),
    );
    // Two different segments can be drawn in two orders.
    const shares = { '0,8': 1 / 9, '24,32': 1 / 9, '48,56': 1 / 9, '0,24': 2 / 9, '0,48': 2 / 9, '24,48': 2 / 9 };
    expect(
      surprise(
        tally(starts, (key) => key),
        shares,
      ),
    ).toBeLessThan(4);
  });

  it('puts the facts at every position where they fit, with fact_position anywhere', () => {
    const drawn = samples(20_000, { segments: 2, segmentSize: 25, knobs: { fact_position: 'anywhere' } });
    const starts = drawn.map(({ marks }) => marks.map(({ start }) => start).slice(0, 2));
    const shares: Record<string, number> = {};
    // Together in the first segment: 25 - 16 = 9, so 10 places; in the last, before the question of 7, 3 places.
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
