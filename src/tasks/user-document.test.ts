// A user's facts and question as a document: where they are placed, and why some are refused.
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { generatedNoise } from '../text/noise.ts';
import { copy } from './copy.ts';
import { detect } from './detect.ts';
import { places, taskVocabulary } from './facts.ts';
import { reasoning } from './reasoning.ts';
import type { Task } from './task.ts';
import { beyondTraining, type UserDocument, userSample } from './user-document.ts';
import { fill, gapsOf } from './user-form.ts';
import { tracking } from './world/tracking.ts';

const noise = generatedNoise(20);
const vocabulary = taskVocabulary(noise);
const sample = (task: Task, document: UserDocument, segments = 3, segmentSize = 16) =>
  userSample(task, new Random(1), { noise, vocabulary, segments, segmentSize, split: 'validation' }, document);
const text = (tokens: Int32Array) => Array.from(tokens, (id) => vocabulary.word(id)).join(' ');

describe('a form', () => {
  const form = detect.userForms?.facts[0] ?? [];
  it('is filled and parsed back', () => {
    const sentence = fill(form, ['mary', 'went back', 'garden']);
    expect(sentence).toBe('mary went back to the garden.');
    expect(gapsOf(form, sentence)).toEqual(['mary', 'went back', 'garden']);
    expect(gapsOf(form, 'Mary went to the Garden .')).toEqual(['mary', 'went', 'garden']);
    expect(gapsOf(form, 'mary went to the river.')).toBeUndefined();
    expect(gapsOf(form, 'mary went to the garden. x')).toBeUndefined();
  });
});

describe('a user’s document', () => {
  it('has its facts in the chosen segments, noise around them, and the question at the end', () => {
    const { tokens, answer, marks } = sample(detect, {
      facts: [
        { text: 'john moved to the office.', segment: 1 },
        { text: 'mary went to the garden.', segment: 1 },
      ],
      question: 'where is mary?',
    });
    expect(tokens).toHaveLength(48);
    expect(places[answer]).toBe('garden');
    expect(text(tokens.subarray(16, 28))).toBe('john moved to the office . mary went to the garden .');
    expect(text(tokens.subarray(44))).toBe('where is mary ?');
    expect(marks.map(({ kind, start }) => [kind, start])).toEqual([
      ['fact', 16],
      ['fact', 22],
      ['question', 44],
    ]);
    expect(text(tokens.subarray(0, 16))).not.toContain('mary');
  });

  it('takes the answer from the last fact about a person, in the order of segments', () => {
    const facts = [
      { text: 'mary went to the kitchen.', segment: 2 },
      { text: 'mary went to the garden.', segment: 0 },
    ];
    expect(places[sample(detect, { facts, question: 'where is mary?' }).answer]).toBe('kitchen');
  });

  it('is taken with capitals, and without the last mark', () => {
    const facts = [{ text: 'Mary went back to the Garden', segment: 0 }];
    const { tokens, answer } = sample(detect, { facts, question: 'Where is Mary' });
    expect(places[answer]).toBe('garden');
    expect(text(tokens.subarray(0, 7))).toBe('mary went back to the garden .');
    expect(text(tokens.subarray(44))).toBe('where is mary ?');
    const relation = [{ text: 'The hallway is east of the bathroom', segment: 0 }];
    expect(places[sample(reasoning, { facts: relation, question: 'What is east of the bathroom' }).answer]).toBe(
      'hallway',
    );
  });

  it('with more facts than the task has says what the model was trained on', () => {
    const facts = [1, 2, 3].map((segment) => ({ text: 'mary went to the garden.', segment }));
    expect(beyondTraining(detect, facts.slice(0, 1))).toBeUndefined();
    expect(beyondTraining(detect, facts.slice(0, 2))).toMatch(/trained on documents with one fact, and this one has 2/);
    expect(beyondTraining(reasoning, facts.slice(0, 2))).toBeUndefined();
    expect(beyondTraining(reasoning, facts)).toMatch(/trained on documents with 2 facts, and this one has 3/);
    expect(beyondTraining(tracking, facts)).toBeUndefined();
    expect(beyondTraining(tracking, [...facts, ...facts], { moves: '4' })).toMatch(/with 4 facts, and this one has 6/);
    expect(beyondTraining(copy, facts)).toBeUndefined();
    expect(beyondTraining(detect, undefined)).toBeUndefined();
  });

  it('answers a relation as stated and inverted', () => {
    const facts = [{ text: 'the hallway is east of the bathroom.', segment: 0 }];
    expect(places[sample(reasoning, { facts, question: 'what is east of the bathroom?' }).answer]).toBe('hallway');
    expect(places[sample(reasoning, { facts, question: 'what is the hallway east of?' }).answer]).toBe('bathroom');
    expect(places[sample(reasoning, { facts, question: 'what is west of the hallway?' }).answer]).toBe('bathroom');
  });

  const fact = { text: 'mary went to the garden.', segment: 0 };
  const question = 'where is mary?';
  it.each<[string, Task, UserDocument, RegExp]>([
    ['no facts', detect, { facts: [], question }, /^your document: 0 facts \(expected 1 to 16\)$/],
    [
      'an unknown place',
      detect,
      { facts: [{ ...fact, text: 'mary went to the river.' }], question },
      /^your document: fact 1: 'mary went to the river\.' \(expected '<mary\|john/,
    ],
    [
      'a segment beyond the last',
      detect,
      { facts: [{ ...fact, segment: 3 }], question },
      /^your document: fact 1: segment 4 \(expected a segment from 1 to 3\)$/,
    ],
    [
      'an unknown question',
      detect,
      { facts: [fact], question: 'who is mary?' },
      /^your document: question: 'who is mary\?' \(expected 'where is </,
    ],
    ['a person without a fact', detect, { facts: [fact], question: 'where is john?' }, /no fact is about john/],
    [
      'no room',
      detect,
      { facts: [fact, fact, fact], question },
      /^your document: segment 1: 18 words of facts \(expected at most 16\)$/,
    ],
    [
      'no room for the question',
      detect,
      { facts: [1, 2, 3].map(() => ({ ...fact, segment: 2 })), question },
      /at most 12, as the question takes 4 of its 16/,
    ],
    [
      'a task without facts',
      copy,
      { facts: [fact], question },
      /^your document: facts for copy \(expected a task about facts/,
    ],
    [
      'no answer',
      reasoning,
      {
        facts: [{ text: 'the hallway is east of the bathroom.', segment: 0 }],
        question: 'what is north of the office?',
      },
      /no answer/,
    ],
    [
      'two answers',
      reasoning,
      {
        facts: [
          { text: 'the hallway is east of the bathroom.', segment: 0 },
          { text: 'the office is east of the bathroom.', segment: 1 },
        ],
        question: 'what is east of the bathroom?',
      },
      /the answers hallway, office/,
    ],
  ])('is refused: %s', (_, task, document, message) => {
    expect(() => sample(task, document)).toThrow(message);
  });
});
