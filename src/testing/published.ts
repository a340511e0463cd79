// Files in published formats, and checks of their contents: the unit tests check small files written for the tests,
// `node scripts/real-data.mjs` the published ones.
import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { fileSource } from '../io/text-source.ts';
import { Random } from '../random.ts';
import { names, places, taskVocabulary } from '../tasks/facts.ts';
import { personForms } from '../tasks/person-facts.ts';
import { reasoning } from '../tasks/reasoning.ts';
import type { ClassTask } from '../tasks/task.ts';
import { gapsOf } from '../tasks/user-form.ts';
import { generatedNoise } from '../text/noise.ts';
import { plainText } from '../text/plain-text.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { textNoise } from '../text/text-noise.ts';
import { UNK, words } from '../text/words.ts';
import { type Example, expectRule, structure } from './reasoning-rule.ts';

/** A small file in a published format, written for the tests. */
export const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');

/** One numbered line of bAbI: a statement, or a question with its answer and the numbers of the lines that give it. */
const babiLine = /^(\d+) ([^\t]+?) *(?:\t([^\t]+)\t([\d ]+))?$/;

interface BabiLine {
  readonly number: number;
  readonly sentence: string;
  /** Questions only; the same holds for the supports. */
  readonly answer: string | undefined;
  readonly supports: readonly number[];
}

/** The lines of a file of bAbI (arXiv:1502.05698), story by story: a story begins with line 1. */
export function babiStories(text: string): readonly (readonly BabiLine[])[] {
  const stories: BabiLine[][] = [];
  for (const line of text.trimEnd().split('\n')) {
    const [, number = '', sentence = '', answer, supports = ''] = babiLine.exec(line) ?? expect.fail(`bAbI: '${line}'`);
    if (number === '1') stories.push([]);
    stories
      .at(-1)
      ?.push({ number: Number(number), sentence, answer, supports: supports.split(' ').filter(Boolean).map(Number) });
  }
  return stories;
}

/**
 * Stories of bAbI's task 1: each statement is a fact of our tasks about persons, the tasks' solver answers each question as
 * published, and the published support is the last fact about the person asked for.
 * @returns how many there are
 */
export function expectPersonStories(text: string) {
  const stories = babiStories(text);
  let [facts, questions] = [0, 0];
  for (const story of stories) {
    const told: BabiLine[] = [];
    for (const line of story) {
      const { number, sentence, answer, supports } = line;
      if (answer === undefined) {
        expect(gapsOf(personForms.facts[0] ?? [], sentence), sentence).toHaveLength(3);
        told.push(line);
        facts++;
        continue;
      }
      questions++;
      const where = `${number} ${sentence}`;
      const found = personForms.solve(
        told.map((fact) => fact.sentence),
        sentence,
      );
      expect(places[found], where).toBe(answer);
      const [person = ''] = names.filter((name) => words(sentence).includes(name));
      const last = told.findLast((fact) => words(fact.sentence)[0] === person);
      expect(supports, where).toEqual([last?.number]);
    }
  }
  return { stories: stories.length, facts, questions };
}

/**
 * Stories of bAbI that a task about a world covers: each statement is in one of the task's forms and can happen after those
 * before it, each question is in one of its forms, and the rules answer it as published.
 * @returns how many there are, and how many of the questions describe two events of which the published answer means
 *          the earlier: the rules then give it after its supporting line
 */
export function expectWorldStories(text: string, { userForms, classes }: ClassTask) {
  if (!userForms) return expect.fail('a task with sentences that a user may write');
  const stories = babiStories(text);
  let [facts, questions, earlier] = [0, 0, 0];
  for (const story of stories) {
    const told: BabiLine[] = [];
    for (const line of story) {
      const { number, sentence, answer, supports } = line;
      if (answer === undefined) {
        told.push(line);
        facts++;
        continue;
      }
      questions++;
      const after = (lines: readonly BabiLine[]) =>
        classes[
          userForms.solve(
            lines.map((fact) => fact.sentence),
            sentence,
          )
        ];
      if (after(told) === answer.toLowerCase()) continue;
      earlier++;
      const known = told.filter((fact) => fact.number <= Math.max(...supports));
      expect(after(known), `${number} ${sentence}`).toBe(answer.toLowerCase());
    }
  }
  return { stories: stories.length, facts, questions, earlier };
}

/** A text used as noise names no place, so that it states no fact of the tasks. */
export function expectFactlessNoise(name: string, text: string) {
  const noise = textNoise(name, text, places);
  const vocabulary = taskVocabulary(noise);
  const all = words(text);
  const read = [...noise.fill(new Random(1), all.length, vocabulary)].map((id) => vocabulary.word(id));
  const isPlace = (word: string) => (places as readonly string[]).includes(word);
  expect(all.filter(isPlace).length, `${name}: places named`).toBeGreaterThan(0);
  expect([...noise.words, ...read].filter(isPlace), `${name}: places left`).toEqual([]);
  // All other words are read unchanged.
  const expected = all.map((word) => (isPlace(word) ? UNK : word));
  expect([...read].sort(), name).toEqual([...expected].sort());
}

/** Rows of the reasoning data as published with RMT (fact1,fact2,question,answer). */
export function reasoningRows(text: string): Example[] {
  const [header, ...lines] = text.trim().split(/\r?\n/);
  expect(header).toBe('fact1,fact2,question,answer');
  return lines.map((line) => {
    const [first = '', second = '', question = '', answer = ''] = line.split(',');
    return { facts: [first, second], question, answer };
  });
}

/**
 * Rows of reasoning data follow the rule of the task, and our generator can draw every one of them.
 * @returns the number of rows, of distinct rows, and of questions in the direction of the fact and in the opposite one
 */
export function expectReasoningRows(rows: readonly Example[]) {
  for (const row of rows) expectRule(row);
  const noise = generatedNoise();
  const vocabulary = taskVocabulary(noise);
  const key = (sentences: readonly Iterable<number>[], answer: number) =>
    [...sentences.map((ids) => [...ids].join()), answer].join('|');
  const missing = new Set(
    rows.map(({ facts, question, answer }) =>
      key(
        [...facts, question].map((sentence) => vocabulary.encode(sentence)),
        (places as readonly string[]).indexOf(answer),
      ),
    ),
  );
  const distinct = missing.size;
  const random = new Random(5);
  const request = { segments: 1, segmentSize: 24, split: 'train', vocabulary, noise } as const;
  // The rarest rows are drawn once in 17,280 draws.
  for (let k = 0; k < 300_000 && missing.size > 0; k++) {
    const { tokens, answer, marks } = reasoning.sample(random, { ...request, knobs: { sampling: 'official' } });
    const sentences = marks.map(({ start, end }) => tokens.subarray(start, end));
    missing.delete(key(sentences, answer));
  }
  expect([...missing], 'rows that our generator does not draw').toEqual([]);
  const turned = rows.filter((row) => structure(row).solutions[0]?.inverted).length;
  return { rows: rows.length, distinct, asTold: rows.length - turned, turned };
}

/** The articles of a QuALITY file (arXiv:2112.08608), one JSON document a line, as plain text. */
export function qualityArticles(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => plainText((JSON.parse(line) as { article: string[] }).article.join('')));
}

/**
 * An article of QuALITY as noise.
 * @returns the most frequent words, the size of the vocabulary, and the fraction of the text outside it
 */
export function articleAsNoise(article: string, vocabularySize?: number) {
  expect(article, 'tags').not.toMatch(/<\/?[a-z]/i);
  const noise = textNoise('article', article, places, vocabularySize);
  expect(noise.words).not.toContain('xhtml');
  const vocabulary = taskVocabulary(noise);
  const length = words(article).length;
  const tokens = noise.fill(new Random(1), length, vocabulary);
  const unknown = tokens.filter((id) => id === vocabulary.unknown).length / length;
  return { first: noise.words.slice(0, 4), kept: noise.words.length, unknown };
}

/**
 * A file of WikiText (arXiv:1609.07843) as a corpus of words: split at its spaces, '<unk>' read as [UNK], each line ended
 * by '<eos>'.
 * @returns how many words and lines there are, and how many words the publishers replaced by '<unk>'
 */
export async function expectWikiText(name: string, bytes: Uint8Array<ArrayBuffer>) {
  const corpus = await readCorpus(fileSource(new Blob([bytes]), name), { unit: 'words', vocabularySize: 65_000 });
  const tokens = (['train', 'validation'] as const).flatMap((split) => [
    ...corpus.sample(new Random(1), split, corpus.length(split)),
  ]);
  const lines = new TextDecoder().decode(bytes).split('\n').slice(0, -1);
  const published = lines.flatMap((line) => [...line.split(' ').filter((word) => word.trim() !== ''), '<eos>']);
  expect(tokens.map((id) => corpus.vocabulary.word(id))).toEqual(
    published.map((word) => (word === '<unk>' ? UNK : word)),
  );
  const unknown = tokens.filter((id) => id === corpus.vocabulary.unknown).length;
  expect(corpus.vocabulary.words).toEqual(expect.arrayContaining(['@-@', '@,@', '@.@', '<eos>']));
  return { words: tokens.length - lines.length, lines: lines.length, unknown, vocabulary: corpus.vocabulary.size };
}
