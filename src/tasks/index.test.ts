import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { textNoise } from '../text/text-noise.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { directions, names, opposite, places } from './facts.ts';
import { answerTokens, findTask, taskKnobs, tasks, taskVocabulary, taskWords, vocabularyOf } from './index.ts';
import type { SampleRequest, Task } from './task.ts';

const noise = generatedNoise();
const vocabulary = taskVocabulary(noise);
const request: SampleRequest = { segments: 2, segmentSize: 24, split: 'train', vocabulary, noise };
/** The tasks that share words, noise and questions; the others have their own tests. */
const all = [tasks.memorize, tasks.detect, tasks.reasoning];

const sampleRequests = (smallest: number) =>
  fc.record({
    segments: fc.integer({ min: 1, max: 9 }),
    segmentSize: fc.oneof(fc.constant(smallest), fc.integer({ min: smallest, max: 60 })),
    split: fc.constantFrom('train' as const, 'validation' as const),
    vocabulary: fc.constant(vocabulary),
    noise: fc.constant(noise),
  });

describe.each(all)('every fact task: $id', (task) => {
  const knobs: fc.Arbitrary<Readonly<Record<string, string>>> = fc
    .tuple(
      ...Object.entries(task.knobs).map(([name, { choices }]) =>
        fc.tuple(fc.constant(name), fc.constantFrom(...choices)),
      ),
    )
    .chain((entries) => fc.subarray(entries))
    .map((entries) => Object.fromEntries(entries));

  function expectWellFormed(asked: SampleRequest, seed: number) {
    const { tokens, answer, marks } = task.sample(new Random(seed), asked);
    expect(tokens).toBeInstanceOf(Int32Array);
    expect(tokens).toHaveLength(asked.segments * asked.segmentSize);
    expect(task.classes[answer]).toBeDefined();
    const kinds = marks.map((mark) => mark.kind);
    expect(kinds).toEqual([...kinds.slice(1).map(() => 'fact'), 'question']);
    expect(marks.at(-1)?.end).toBe(tokens.length);
    let free = 0;
    for (const { start, end } of marks) {
      expect(start).toBeGreaterThanOrEqual(free);
      expect(end).toBeGreaterThan(start);
      expect(Math.floor((end - 1) / asked.segmentSize)).toBe(Math.floor(start / asked.segmentSize));
      free = end;
    }
  }

  it('fills its segments; its marks are ordered, do not overlap or cross a segment border, and end with the question', () => {
    fc.assert(
      fc.property(sampleRequests(task.minimumSegmentSize), knobs, fc.integer(), (asked, values, seed) =>
        expectWellFormed({ ...asked, knobs: values }, seed),
      ),
      { numRuns: 300 },
    );
  });

  it('does so at every segment size from the minimum, for all knobs', () => {
    const combinations = Object.entries(task.knobs).reduce<readonly Readonly<Record<string, string>>[]>(
      (all, [name, { choices }]) => all.flatMap((chosen) => choices.map((choice) => ({ ...chosen, [name]: choice }))),
      [{}],
    );
    for (const values of combinations)
      for (const segments of [1, 2, 5])
        for (let size = task.minimumSegmentSize; size < task.minimumSegmentSize + 8; size++)
          for (const split of ['train', 'validation'] as const)
            for (let seed = 0; seed < 5; seed++)
              expectWellFormed({ ...request, segments, segmentSize: size, split, knobs: values }, seed);
  });

  it('has task words inside its marks and noise words elsewhere', () => {
    fc.assert(
      fc.property(sampleRequests(task.minimumSegmentSize), knobs, fc.integer(), (asked, values, seed) => {
        const { tokens, marks } = task.sample(new Random(seed), { ...asked, knobs: values });
        const strays = [...tokens].filter((id, at) => {
          const isMarked = marks.some(({ start, end }) => start <= at && at < end);
          return !(isMarked ? taskWords : noise.words).includes(vocabulary.word(id));
        });
        expect(strays).toEqual([]);
      }),
    );
  });

  it('gives the same sample for the same seed, and different ones for different seeds', () => {
    const draw = (seed: number) => task.sample(new Random(seed, 7), { ...request, segments: 3 });
    expect(draw(5)).toEqual(draw(5));
    const drawn = Array.from({ length: 50 }, (_, seed) => draw(seed).tokens.join());
    expect(new Set(drawn).size).toBe(50);
  });

  it('gives every answer equally often', () => {
    for (const split of ['train', 'validation'] as const)
      for (const sampling of ['split', 'official']) {
        const random = new Random(11);
        const counts = task.classes.map(() => 0);
        const count = 6000;
        for (let k = 0; k < count; k++) {
          const { answer } = task.sample(random, { ...request, segments: 1, split, knobs: { sampling } });
          counts[answer] = (counts[answer] ?? 0) + 1;
        }
        const deviation = Math.sqrt((count * 5) / 36);
        for (const n of counts)
          expect(Math.abs(n - count / 6), `${split} ${sampling}: ${counts}`).toBeLessThan(4 * deviation);
      }
  });

  it('accepts a text as noise', () => {
    const noise = textNoise(
      'text',
      'Sandra said that the kitchen is north of the garden, and went back to the office.',
      places,
    );
    const vocabulary = taskVocabulary(noise);
    const { tokens, marks } = task.sample(new Random(1), { ...request, noise, vocabulary, segments: 20 });
    const placed = [...tokens.keys()].filter((at) =>
      (places as readonly string[]).includes(vocabulary.word(tokens[at] ?? 0)),
    );
    expect(placed.length).toBeGreaterThan(0);
    for (const at of placed) expect(marks.some(({ start, end }) => start <= at && at < end)).toBe(true);
  });

  it('refuses segments that are too small for it', () => {
    const smallest = task.minimumSegmentSize;
    const wanted = `(expected a whole number from ${smallest})`;
    for (const segmentSize of [smallest - 1, smallest + 0.5, 0, -24, Number.NaN])
      expect(() => task.sample(new Random(1), { ...request, segmentSize })).toThrow(
        `${task.id}: segment size: ${segmentSize} ${wanted}`,
      );
  });

  it('refuses an invalid number of segments', () => {
    for (const segments of [0, -1, 1.5, Number.NaN])
      expect(() => task.sample(new Random(1), { ...request, segments })).toThrow(
        `${task.id}: segments: ${segments} (expected a whole number from 1)`,
      );
  });

  it('refuses unknown knobs and unknown choices', () => {
    const draw = (knobs: Record<string, string>) => () => task.sample(new Random(1), { ...request, knobs });
    const known = Object.keys(task.knobs).join(', ');
    expect(draw({ volume: '11' })).toThrow(`${task.id}: unknown knob 'volume' (expected one of ${known})`);
    expect(draw({ toString: 'x' })).toThrow(`${task.id}: unknown knob 'toString' (expected one of ${known})`);
    expect(draw({ sampling: 'both' })).toThrow(`${task.id}: sampling: 'both' (expected one of split, official)`);
    expect(draw({ volume: '11' })).toThrow(InputError);
  });

  it('refuses a vocabulary that lacks its words', () => {
    const draw = () => task.sample(new Random(1), { ...request, vocabulary: Vocabulary.of(noise.words) });
    expect(draw).toThrow(/^vocabulary: no word '\w+' \(expected every word of the tasks\)$/);
  });

  it('has knobs whose initial value is one of their choices', () => {
    for (const knob of Object.values(task.knobs)) expect(knob.choices).toContain(knob.initial);
    const draw = (knobs: Record<string, string>) => task.sample(new Random(4), { ...request, knobs });
    expect(draw({})).toEqual(
      draw(Object.fromEntries(Object.entries(task.knobs).map(([name, { initial }]) => [name, initial]))),
    );
  });
});

it('fact_position refuses an unknown choice', () => {
  for (const task of [tasks.detect, tasks.reasoning])
    expect(() => task.sample(new Random(1), { ...request, knobs: { fact_position: 'end' } })).toThrow(
      `${task.id}: fact_position: 'end' (expected one of segment-start, anywhere)`,
    );
});

it('the fact tasks need segments of 11 tokens for facts about persons and of 23 for two relations', () => {
  expect(all.map((task) => task.minimumSegmentSize)).toEqual([11, 11, 23]);
});

describe('findTask', () => {
  it('finds a task by its id', () => {
    for (const [id, task] of Object.entries(tasks)) {
      expect(task.id).toBe(id);
      expect(findTask(id)).toBe(task);
    }
  });

  it.each(['chess', '', 'toString', '__proto__'])('does not find %j', (id) => {
    expect(() => findTask(id, '--task')).toThrow(
      new InputError(
        '--task',
        `no task '${id}'`,
        'one of memorize, detect, reasoning, tracking, carrying, carrying-before, giving, babi, documents, copy, reverse, retrieval, key-value, rewrite, babilong, quadratic, language',
      ),
    );
  });
});

describe('the shared vocabulary', () => {
  it('has the special tokens, the task words and the noise words at fixed ids', () => {
    expect(vocabulary.words.slice(0, 31).join(' ')).toBe(
      '[PAD] [UNK] [CLS] [SEP] mary john daniel sandra moved went back journeyed travelled ' +
        'bathroom hallway garden office bedroom kitchen east west north south the to of is where what . ?',
    );
    expect(taskWords).toEqual(vocabulary.words.slice(4, 31));
    expect(vocabulary.size).toBe(31 + noise.words.length - 2);
  });

  it('has the task words at the same ids for any noise', () => {
    const other = taskVocabulary(textNoise('text', 'Elsewhere, the sea.', places));
    expect(other.words.slice(0, 31)).toEqual(vocabulary.words.slice(0, 31));
    expect(other.words.slice(31)).toEqual(['elsewhere', ',', 'sea']);
  });

  it('has no more task words than the tasks use', () => {
    const used = new Set<string>();
    const random = new Random(9);
    for (const task of all)
      for (let k = 0; k < 500; k++) {
        const { tokens, marks } = task.sample(random, { ...request, segments: 1 });
        for (const { start, end } of marks) for (const id of tokens.slice(start, end)) used.add(vocabulary.word(id));
      }
    expect([...used].sort()).toEqual([...taskWords].sort());
  });

  it('has the words of RMT-1M (Bulatov et al. 2023): four names, six places, and directions in opposite pairs', () => {
    expect([names.length, places.length, directions.length]).toEqual([4, 6, 4]);
    for (const direction of directions) {
      expect(opposite[direction]).not.toBe(direction);
      expect(opposite[opposite[direction]]).toBe(direction);
    }
    for (const task of all) expect(task.classes).toEqual(places);
  });
});

describe('vocabularyOf', () => {
  it('gives the fact tasks their shared vocabulary', () => {
    for (const task of all) expect(vocabularyOf(task, { noise }).words).toEqual(vocabulary.words);
  });

  it('gives every task the words of its samples, for all knobs', () => {
    for (const task of Object.values(tasks)) {
      for (const [name, { choices }] of [...Object.entries(task.knobs), ['', { choices: [''] }] as const])
        for (const choice of choices) {
          const knobs: Record<string, string> = name === '' ? {} : { [name]: choice };
          const vocabulary = vocabularyOf(task, { noise, knobs });
          const segmentSize = Math.max(request.segmentSize, task.minimumSegmentSize);
          const asked = { ...request, segments: 4, segmentSize, vocabulary, knobs };
          for (const id of task.sample(new Random(2), asked).tokens) {
            expect(id).not.toBe(vocabulary.unknown);
            expect(id).toBeLessThan(vocabulary.size);
          }
        }
    }
  });

  it('refuses unknown knobs and unknown choices', () => {
    expect(() => vocabularyOf(tasks.copy, { noise, knobs: { alphabet: '3' } })).toThrow(
      "copy: alphabet: '3' (expected one of 8, 2, 4, 16, 26)",
    );
    expect(() => vocabularyOf(tasks.quadratic, { noise, knobs: { alphabet: '8' } })).toThrow(
      "quadratic: unknown knob 'alphabet' (expected one of roots, leading)",
    );
  });
});

describe('answerTokens', () => {
  it('gives each class one token', () => {
    for (const task of [...all, tasks.documents]) {
      const vocabulary = vocabularyOf(task, { noise });
      expect([...answerTokens(task, vocabulary)].map((id) => vocabulary.word(id))).toEqual([...task.classes]);
    }
  });

  it('refuses a vocabulary without the classes', () => {
    expect(() => answerTokens(tasks.detect, Vocabulary.of(['hallway']))).toThrow(
      new InputError('vocabulary', "no word 'bathroom'", 'every word of the task'),
    );
  });
});

describe('taskKnobs', () => {
  it('has every knob of a task once, shared by the tasks that have it', () => {
    for (const { knobs } of Object.values(tasks) as Task[])
      for (const [name, knob] of Object.entries(knobs)) expect(taskKnobs[name as keyof typeof taskKnobs]).toBe(knob);
    const used = new Set((Object.values(tasks) as Task[]).flatMap(({ knobs }) => Object.keys(knobs)));
    expect(new Set(Object.keys(taskKnobs))).toEqual(used);
  });

  it('keeps the order in which each task lists its knobs', () => {
    const order = Object.keys(taskKnobs);
    for (const { knobs } of Object.values(tasks) as Task[])
      expect(order.filter((name) => Object.hasOwn(knobs, name))).toEqual(Object.keys(knobs));
  });
});
