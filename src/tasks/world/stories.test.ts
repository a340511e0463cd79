// The tasks about a world: what their documents hold, and that reading them gives their answers.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../../random.ts';
import { expectWorldStories, fixture } from '../../testing/published.ts';
import { generatedNoise } from '../../text/noise.ts';
import { Vocabulary } from '../../text/vocabulary.ts';
import { tasks } from '../index.ts';
import type { Sample, SampleRequest } from '../task.ts';
import { userSample } from '../user-document.ts';
import { eventOf } from './sentences.ts';
import { people, worldVocabulary } from './words.ts';

const noise = generatedNoise();
const vocabulary = worldVocabulary(noise);
const all = [tasks.tracking, tasks.carrying, tasks['carrying-before'], tasks.giving];
const request: SampleRequest = { segments: 3, segmentSize: 30, split: 'train', vocabulary, noise };
const text = (tokens: Int32Array) => Array.from(tokens, (id) => vocabulary.word(id)).join(' ');

function read(task: (typeof all)[number], seed: number, asked: Partial<SampleRequest> = {}) {
  const { tokens, answer, marks } = task.sample(new Random(seed), { ...request, ...asked });
  const sentences = marks.map(({ start, end }) => text(tokens.subarray(start, end)));
  const question = sentences.pop() ?? '';
  return { tokens, marks, facts: sentences, question, answer };
}

const knobsOf = (task: (typeof all)[number]): fc.Arbitrary<Record<string, string>> =>
  fc.record(
    Object.fromEntries(Object.entries(task.knobs).map(([name, { choices }]) => [name, fc.constantFrom(...choices)])),
  );

describe.each(all)('$id', (task) => {
  it('is answered by reading its sentences, at every size and for all knobs', () => {
    const sizes = fc.integer({ min: task.minimumSegmentSize, max: 50 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 6 }),
        knobsOf(task),
        fc.integer(),
        (segmentSize, segments, knobs, seed) => {
          const { tokens, marks, facts, question, answer } = read(task, seed, { segmentSize, segments, knobs });
          expect(tokens).toHaveLength(segments * segmentSize);
          expect(task.userForms?.solve(facts, question)).toBe(answer);
          expect(facts.length).toBeLessThanOrEqual(Number(knobs['moves']));
          let free = 0;
          for (const { start, end } of marks) {
            expect(start).toBeGreaterThanOrEqual(free);
            expect(Math.floor((end - 1) / segmentSize)).toBe(Math.floor(start / segmentSize));
            free = end;
          }
          expect(free).toBe(tokens.length);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('has as many sentences as chosen where they fit, about as many people', () => {
    for (const people of ['2', '5'])
      for (let seed = 0; seed < 20; seed++) {
        const { facts } = read(task, seed, { segments: 8, knobs: { moves: '12', people } });
        expect(facts).toHaveLength(12);
        const named = new Set(facts.map((fact) => eventOf(fact)?.person));
        expect(named.size).toBeLessThanOrEqual(Number(people));
        if (task.id === 'tracking') expect(named.size).toBe(Number(people));
      }
  });

  it('keeps the worlds of validation out of training', () => {
    const worlds = (split: 'train' | 'validation') =>
      new Set(
        Array.from({ length: 400 }, (_, seed) =>
          JSON.stringify(read(task, seed, { split, knobs: { moves: '3', people: '2' } }).facts.map(eventOf)),
        ),
      );
    const train = worlds('train');
    const validation = [...worlds('validation')];
    expect(validation.length).toBeGreaterThan(100);
    expect(validation.filter((world) => train.has(world))).toEqual([]);
  });

  it('spreads its sentences over the whole document', () => {
    const counts = new Array<number>(8).fill(0);
    for (let seed = 0; seed < 500; seed++)
      for (const { start } of read(task, seed, { segments: 8, knobs: { moves: '4' } }).marks.slice(0, -1)) {
        const segment = Math.floor(start / 30);
        counts[segment] = (counts[segment] ?? 0) + 1;
      }
    // Four sentences fit in each segment, three before the question: 31 places for 2000 sentences.
    const expected = counts.map((_, segment) => (2000 * (segment === 7 ? 3 : 4)) / 31);
    counts.forEach((count, segment) => {
      const mean = expected[segment] ?? 0;
      expect(Math.abs(count - mean), `${counts}`).toBeLessThan(4.5 * Math.sqrt(mean));
    });
  });

  it('gives its user’s sentences the same answer', () => {
    const { facts, question, answer } = read(task, 3);
    const document = { facts: facts.map((fact, k) => ({ text: fact, segment: Math.min(k >> 1, 2) })), question };
    expect(userSample(task, new Random(1), request, document).answer).toBe(answer);
  });

  it('refuses a vocabulary without its words', () => {
    expect(() => task.sample(new Random(1), { ...request, vocabulary: Vocabulary.of(noise.words) })).toThrow(
      /^vocabulary: no word '\w+' \(expected every word of the tasks\)$/,
    );
  });
});

describe('graded practice of tracking', () => {
  const graded = { practice: 'graded' };
  const drawn = (asked: Partial<SampleRequest>) =>
    Array.from({ length: 300 }, (_, seed) => {
      const { facts, question } = read(tasks.tracking, seed, {
        segments: 2,
        stageSegments: 4,
        knobs: graded,
        ...asked,
      });
      const movers = facts.map((fact) => people.findIndex((person) => fact.startsWith(person)));
      return { movers, asked: people.findIndex((person) => question.includes(person)) };
    });
  /** The share of documents that ask about the first name of the list among those who moved. */
  const first = (all: ReturnType<typeof drawn>) =>
    all.filter(({ movers, asked }) => asked === Math.min(...movers)).length / all.length;

  it('has everyone move once, and asks more often about the first names, in training and in short stages', () => {
    const all = drawn({});
    for (const { movers } of all) expect([movers.length, new Set(movers).size]).toEqual([3, 3]);
    expect(first(all)).toBeGreaterThan(0.65);
    // But about all of them: each name is asked about somewhere.
    expect(new Set(all.map(({ asked }) => asked)).size).toBe(people.length);
  });

  it.each([{ split: 'validation' }, { knobs: { practice: 'natural' } }, { stageSegments: 8 }] as const)(
    'not with %o',
    (asked) => {
      const all = drawn(asked);
      for (const { movers } of all) expect(movers).toHaveLength(6);
      expect(first(all)).toBeLessThan(0.45);
    },
  );

  it('favours them in earlier questions too', () => {
    const size = 30;
    const asked = { segments: 4, segmentSize: size, stageSegments: 4, knobs: { ...graded, earlier_questions: '1' } };
    const hits = Array.from({ length: 200 }, (_, seed) => {
      const { tokens, marks, asked: answers } = tasks.tracking.sample(new Random(seed), { ...request, ...asked });
      return [0, 1, 2].flatMap((segment) => {
        const end = (segment + 1) * size;
        const told = marks.filter((mark) => mark.kind === 'fact' && mark.end <= end);
        const ranks = told.map(({ start }) =>
          people.findIndex((person) => person === vocabulary.word(tokens[start] ?? 0)),
        );
        const question = people.findIndex((person) => person === vocabulary.word(tokens[end - 2] ?? 0));
        return (answers?.[segment] ?? -1) < 0 || ranks.length < 2 ? [] : [question === Math.min(...ranks)];
      });
    }).flat();
    expect(hits.length).toBeGreaterThan(100);
    expect(hits.filter(Boolean).length / hits.length).toBeGreaterThan(0.65);
  });
});

describe('few names', () => {
  it.each(all)('$id: has people of the first names only', (task) => {
    const words = (knobs: Record<string, string>) =>
      new Set(Array.from({ length: 40 }, (_, seed) => read(task, seed, { knobs }).facts.join(' ').split(' ')).flat());
    const seen = (names: string) => people.filter((name) => words({ people: '3', names }).has(name));
    expect(seen('3')).toEqual(people.slice(0, 3));
    expect(seen('7').length).toBeGreaterThan(4);
  });

  it('are at least as many as people', () => {
    const { facts } = read(tasks.tracking, 1, { segments: 4, knobs: { people: '5', names: '2' } });
    expect(new Set(facts.map((fact) => fact.split(' ')[0])).size).toBe(5);
  });
});

describe('questions of a document', () => {
  const knobs = { questions_together: '3', earlier_questions: '0.5' };
  const parts = ({ tokens, marks, answer }: Sample) => {
    const sentences = marks.map(({ start, end }) => text(tokens.subarray(start, end)));
    const question = sentences.pop() ?? '';
    return { facts: sentences, question, answer };
  };
  const group = (task: (typeof all)[number], seed: number, split: 'train' | 'validation') => {
    const sample = task.sample(new Random(seed), { ...request, split, knobs });
    return [sample, ...(sample.alike ?? [])];
  };

  it.each(all)('$id: differ, of the same document, and each has its own answer', (task) => {
    let several = 0;
    for (let seed = 0; seed < 60; seed++) {
      const samples = group(task, seed, 'train');
      const [{ facts: told }] = samples.map(parts) as [ReturnType<typeof parts>];
      if (samples.length > 1) several++;
      expect(new Set(samples.map((sample) => parts(sample).question)).size).toBe(samples.length);
      for (const { facts, question, answer } of samples.map(parts)) {
        expect(facts).toEqual(told);
        expect(task.userForms?.solve(facts, question)).toBe(answer);
      }
      // All else is the same noise, but for earlier questions: those of a segment are as many in each.
      const [one, ...others] = samples.map(({ asked }) => Array.from(asked ?? [], (answer) => answer >= 0));
      for (const other of others) expect(other).toEqual(one);
    }
    expect(several).toBeGreaterThan(10);
  });

  it('is one in validation, and the first of several is what is drawn without the others', () => {
    expect(group(tasks.tracking, 1, 'validation')).toHaveLength(1);
    const alone = tasks.tracking.sample(new Random(5), { ...request, knobs: { earlier_questions: '0.5' } });
    const [first, ...others] = group(tasks.tracking, 5, 'train');
    expect(others).toHaveLength(2);
    expect({ ...first, alike: undefined }).toEqual({ ...alone, alike: undefined });
  });
});

describe('earlier questions', () => {
  const segments = 4;
  const given = (split: 'train' | 'validation', share: string) => ({
    ...request,
    segments,
    split,
    knobs: { earlier_questions: share, fact_position: 'anywhere' },
  });

  it.each(all)('$id: are answered by what was told until then', (task) => {
    let questions = 0;
    for (let seed = 0; seed < 100; seed++) {
      const { tokens, marks, asked, answer } = task.sample(new Random(seed), given('train', '1'));
      expect(asked ? asked[segments - 1] : answer).toBe(answer);
      const facts = marks.slice(0, -1);
      for (const [segment, expected] of asked?.subarray(0, -1).entries() ?? []) {
        if (expected < 0) continue;
        const end = (segment + 1) * request.segmentSize;
        const told = facts.filter((fact) => fact.end <= end).map(({ start, end }) => text(tokens.subarray(start, end)));
        // The question is the words after the last full stop that the forms know.
        const solved = [4, 5, 6, 7, 8].map((length) => {
          try {
            return task.userForms?.solve(told, text(tokens.subarray(end - length, end)));
          } catch {
            return undefined;
          }
        });
        expect(solved).toContain(expected);
        questions++;
      }
    }
    expect(questions).toBeGreaterThan(30);
  });

  it('are asked as often as chosen, and never in validation', () => {
    const count = (split: 'train' | 'validation', share: string) => {
      let sum = 0;
      for (let seed = 0; seed < 300; seed++)
        sum +=
          tasks.tracking
            .sample(new Random(seed), given(split, share))
            .asked?.subarray(0, -1)
            .filter((answer) => answer >= 0).length ?? 0;
      return sum;
    };
    const [every, half] = [count('train', '1'), count('train', '0.5')];
    expect(half / every).toBeGreaterThan(0.42);
    expect(half / every).toBeLessThan(0.58);
    expect(count('train', '0')).toBe(0);
    expect(count('validation', '1')).toBe(0);
  });
});

it('every place is the answer equally often', () => {
  for (const task of all.slice(0, 3)) {
    const counts = new Array<number>(6).fill(0);
    for (let seed = 0; seed < 600; seed++) {
      const { answer } = read(task, seed, { segments: 1, segmentSize: 40 });
      counts[answer] = (counts[answer] ?? 0) + 1;
    }
    for (const count of counts) expect(Math.abs(count - 100), `${task.id} ${counts}`).toBeLessThan(4 * Math.sqrt(83));
  }
});

describe('stories as published', () => {
  it('are answered by the rules', () => {
    expect(expectWorldStories(fixture('babi.txt'), tasks.tracking).questions).toBeGreaterThan(2);
    expect(expectWorldStories(fixture('babi-carrying.txt'), tasks.carrying)).toEqual({
      stories: 1,
      facts: 11,
      questions: 5,
      earlier: 0,
    });
    expect(expectWorldStories(fixture('babi-giving.txt'), tasks.giving)).toEqual({
      stories: 1,
      facts: 8,
      questions: 5,
      earlier: 0,
    });
  });

  it('are rejected where an answer is wrong', () => {
    const wrong = fixture('babi-carrying.txt').replace('kitchen\t1', 'garden\t1');
    expect(() => expectWorldStories(wrong, tasks.carrying)).toThrow(/expected 'kitchen' to be 'garden'/);
  });
});

describe('a user’s story', () => {
  const solve = (task: (typeof all)[number], facts: readonly string[], question: string) =>
    task.classes[task.userForms?.solve(facts, question) ?? -1];

  it('of three people and six moves has an answer for each', () => {
    const facts = [
      'mary went to the garden.',
      'john moved to the office.',
      'daniel journeyed to the kitchen.',
      'mary travelled to the hallway.',
      'john went back to the bedroom.',
      'mary went to the bathroom.',
    ];
    expect(['mary', 'john', 'daniel'].map((name) => solve(tasks.tracking, facts, `where is ${name}?`))).toEqual([
      'bathroom',
      'bedroom',
      'kitchen',
    ]);
  });

  it('about objects is judged by what happened to them', () => {
    const facts = [
      'mary went to the garden.',
      'mary got the milk there.',
      'mary moved to the office.',
      'mary left the milk.',
    ];
    expect(solve(tasks.carrying, facts, 'where is the milk?')).toBe('office');
    expect(solve(tasks['carrying-before'], facts, 'where was the milk before the office?')).toBe('garden');
  });

  it('about gifts has people and objects for answers', () => {
    const facts = ['fred got the milk there.', 'fred gave the milk to bill.', 'bill handed the milk to fred.'];
    expect(solve(tasks.giving, facts, 'who received the milk?')).toBe('fred');
    expect(solve(tasks.giving, facts, 'what did fred give to bill?')).toBe('milk');
    expect(solve(tasks.giving, facts, 'who did bill give the milk to?')).toBe('fred');
  });

  it.each([
    [
      'a contradiction',
      ['mary got the milk.', 'john dropped the milk.'],
      'where is the milk?',
      /fact 2: .*, but mary has the milk/,
    ],
    [
      'another task’s sentence',
      ['mary gave the milk to john.'],
      'where is the milk?',
      /^your document: fact 1: 'mary gave/,
    ],
    ['no answer', ['mary got the milk.'], 'where is the milk?', /which the facts do not answer/],
    ['another question', ['mary got the milk.'], 'where is mary?', /expected 'where is the <football\|milk\|apple>\?'/],
  ])('is refused: %s', (_, facts, question, message) => {
    expect(() => solve(tasks.carrying, facts, question)).toThrow(message);
  });
});
