import { expect, it } from 'vitest';
import { babiStories, expectPersonStories, fixture } from '../testing/published.ts';
import { words } from '../text/words.ts';
import { actions, names, places } from './facts.ts';
import { longestFact, personFacts, questionLength } from './person-facts.ts';

const count = <T>(items: readonly T[]) => {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts.entries()].sort(([a], [b]) => Number(a) - Number(b)).map(([, n]) => n);
};

it('splits the 120 facts into disjoint sets of 96 and 24', () => {
  const key = (fact: object) => JSON.stringify(fact);
  const { train, validation, all } = personFacts;
  expect([train.length, validation.length, all.length]).toEqual([96, 24, 120]);
  expect(new Set(all.map(key)).size).toBe(120);
  expect([...train, ...validation].map(key).sort()).toEqual(all.map(key).sort());
});

it('balances names and places in both parts, and actions as well as 24 facts allow', () => {
  const { train, validation } = personFacts;
  expect(count(validation.map((fact) => fact.name))).toEqual([6, 6, 6, 6]);
  expect(count(validation.map((fact) => fact.place))).toEqual([4, 4, 4, 4, 4, 4]);
  expect(count(validation.map((fact) => fact.action))).toEqual([5, 4, 5, 5, 5]);
  expect(count(train.map((fact) => fact.name))).toEqual([24, 24, 24, 24]);
  expect(count(train.map((fact) => fact.place))).toEqual([16, 16, 16, 16, 16, 16]);
  expect(count(train.map((fact) => fact.action))).toEqual([19, 20, 19, 19, 19]);
  // The name does not predict the place.
  expect(count(validation.map((fact) => fact.name * 10 + fact.place))).toEqual(Array(24).fill(1));
});

it('states the lengths of its sentences', () => {
  const lengths = names.flatMap((name) =>
    actions.flatMap((action) => places.map((place) => words(`${name} ${action} to the ${place}.`).length)),
  );
  expect(Math.max(...lengths)).toBe(longestFact);
  expect(new Set(names.map((name) => words(`Where is ${name}?`).length))).toEqual(new Set([questionLength]));
});

it('answers each question of stories in the format of bAbI', () => {
  const text = fixture('babi.txt');
  expect(expectPersonStories(text)).toEqual({ stories: 3, facts: 24, questions: 12 });
  expect(babiStories(text)[2]?.at(-1)).toEqual({
    number: 6,
    sentence: 'Where is Daniel?',
    answer: 'bedroom',
    supports: [2],
  });
  expect(() => expectPersonStories(text.replace('\toffice\t1', '\tgarden\t1'))).toThrow();
  expect(() => expectPersonStories(text.replace('\toffice\t1', '\toffice\t2'))).toThrow();
});
