// The stories of bAbI in noise: what is drawn, how an answer is judged, and which classes a model has.
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../io/text-source.ts';
import { Random } from '../random.ts';
import { babilong, isRightAnswer } from '../tasks/babi.ts';
import type { TokenSample } from '../tasks/task.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { defaults, parseConfig } from './config.ts';
import type { Materials } from './materials.ts';
import { drawSamples } from './samples.ts';
import { blueprintFor, workOf } from './workspace.ts';

/** Twenty stories; their last question has an answer of two words. */
const file = Array.from({ length: 20 }, (_, k) => {
  const [one, two] = k % 2 ? ['red', 'blue'] : ['green', 'red'];
  return `1 Lena likes ${one}.\n2 Lena likes ${two}.\n3 What comes first? \t${one}\t1\n4 What does Lena like? \t${one},${two}\t1 2\n`;
}).join('');
const stories = bytesSource('qa.txt', new TextEncoder().encode(file));

const work = (task: 'babi' | 'babilong', values: object = {}, materials: Materials = { stories }) =>
  workOf(
    parseConfig({
      ...{ ...defaults, task, segment_size: 24, pieces: 512, model: task === 'babi' ? 'rmt-bert' : 'rmt-gpt2' },
      ...values,
    }),
    materials,
  );

describe.each([{ tokenizer: 'words' }, { tokenizer: 'wordpiece' }, { tokenizer: 'bpe' }])(
  'stories with %o',
  (values) => {
    it('are hidden in noise, in order, with the question at the end', async () => {
      const ready = await work('babi', values);
      const { vocabulary, task } = ready;
      expect(task.kind === 'classification' && task.classes).toEqual(['green', 'green,red', 'red', 'red,blue']);
      const spelt = (ids: Int32Array) =>
        vocabulary instanceof PieceVocabulary
          ? vocabulary.tokenizer.decode(ids).trim()
          : Array.from(ids, (id) => vocabulary.word(id))
              .join(' ')
              .replaceAll(/ ([.?])/g, '$1');
      for (const { sample, answer } of drawSamples(ready, new Random(4), 20, 3, 24, 'train')) {
        expect(sample.tokens).toHaveLength(3 * 24);
        const texts = sample.marks.map(({ start, end }) => spelt(sample.tokens.slice(start, end)).toLowerCase());
        const [first, second] = texts.map((text) => /^lena likes (\w+)\.$/.exec(text)?.[1] ?? '');
        const classes = task.kind === 'classification' ? task.classes : [];
        expect(texts).toHaveLength(3);
        expect(sample.marks.at(-1)).toMatchObject({ kind: 'question', end: 72 });
        expect(classes[answer]).toBe(texts[2] === 'what comes first?' ? first : `${first},${second}`);
      }
    });

    it('a decoder writes the answer after GEN, and the end', async () => {
      const ready = await work('babilong', values);
      const { vocabulary, material } = ready;
      for (const { sample } of drawSamples(ready, new Random(4), 12, 2, 24, 'validation')) {
        const { tokens, answerFrom, answerEnd } = sample as TokenSample;
        expect(tokens).toHaveLength(2 * 24 + 1);
        expect(answerEnd).toBe(tokens.length);
        const answer = Array.from(tokens.subarray(answerFrom), (id) => vocabulary.word(id));
        const check = (written: readonly string[]) =>
          babilong.check?.(written, sample as TokenSample, vocabulary, material);
        expect(check(answer)).toMatchObject({ right: true });
        expect(check([...answer, 'more'])).toMatchObject({ right: true });
        expect(check([answer.at(-1) ?? ''])).toMatchObject({ right: false });
      }
    });
  },
);

it('stories for validation are not trained on', async () => {
  const ready = await work('babi');
  const seen = { train: new Set<string>(), validation: new Set<string>() };
  for (const split of ['train', 'validation'] as const)
    for (const { answer } of drawSamples(ready, new Random(1), 60, 2, 24, split)) seen[split].add(String(answer));
  // Stories 9 and 19 have odd numbers: red, and red with blue.
  expect([...seen.validation].sort()).toEqual(['2', '3']);
  expect(seen.train.size).toBe(4);
});

it('the built-in stories have their places as classes', async () => {
  const { task } = await work('babi', {}, {});
  expect(task.kind === 'classification' && task.classes).toContain('cellar');
});

it('a model has as many classes as the file has answers', async () => {
  const config = parseConfig({ ...defaults, task: 'babi', segment_size: 24 });
  const { shape } = blueprintFor(config, await workOf(config, { stories }));
  expect(shape.classes).toBe(4);
});

it('segments must have room for a story', async () => {
  const ready = await work('babi', { segment_size: 8 });
  expect(() => drawSamples(ready, new Random(1), 1, 1, 8, 'train')).toThrow(/^qa.txt: stories of more than 8 tokens/);
});

it.each([
  ['kitchen', 'kitchen', true],
  ['The kitchen.', 'kitchen', true],
  ['kitchen or garden', 'kitchen', false],
  // The question names it.
  ['john is in the kitchen', 'kitchen', true],
  ['', 'kitchen', false],
  ['garden and kitchen', 'kitchen,garden', true],
  ['garden', 'kitchen,garden', false],
])('BABILong judges %j for %s: %s', (written, answer, right) => {
  expect(isRightAnswer(written, { question: 'Where is John?', answer }, ['kitchen', 'garden', 'john'])).toBe(right);
});
