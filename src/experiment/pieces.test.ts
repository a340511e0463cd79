// The tasks in pieces of a tokenizer: what they draw reads as text.
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../io/text-source.ts';
import { Random } from '../random.ts';
import { tokenizerJson } from '../testing/piece-models.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { defaults, parseConfig } from './config.ts';
import type { Materials } from './materials.ts';
import { drawSamples } from './samples.ts';
import { blueprintFor, workOf } from './workspace.ts';

const tokenizers = { encoder: tokenizerJson('uncased'), decoder: tokenizerJson('bytes') };

async function draw(task: string, kind: 'encoder' | 'decoder', materials: Materials = {}) {
  const model = kind === 'encoder' ? 'rmt-bert' : 'rmt-gpt2';
  const config = parseConfig({ ...defaults, task, model, segment_size: 64 });
  const work = await workOf(config, materials, undefined, tokenizers[kind]);
  const [sample] = drawSamples(work, new Random(5), 1, 3, 64, 'train');
  const { tokenizer } = work.vocabulary as PieceVocabulary;
  if (!sample) throw new RangeError('no sample');
  const spelt = (from: number, to: number) => tokenizer.decode(sample.inputs.subarray(from, to)).trim();
  return { config, work, sample, spelt, whole: spelt(0, sample.inputs.length) };
}

describe.each(['memorize', 'detect', 'reasoning'])('%s in pieces', (task) => {
  it.each(['encoder', 'decoder'] as const)('has facts and a question in the text of noise: %s', async (kind) => {
    const noise = {
      name: 'noise.txt',
      text: 'The memory of a segment moves to the next one, and the kitchen is far. ',
    };
    const { sample, spelt, whole } = await draw(task, kind, { noise });
    const marked = sample.sample.marks.map(({ start, end }) => spelt(start, end).toLowerCase());
    const fact = task === 'reasoning' ? /^the \w+ is \w+ of the \w+\.$/ : /^\w+ [a-z ]+ to the \w+\.$/;
    for (const each of marked.slice(0, -1)) expect(each).toMatch(fact);
    expect(marked.at(-1)).toMatch(/^wh(ere|at) is .*\?$/);
    // As people write.
    if (kind === 'decoder') expect(spelt(sample.sample.marks[0]?.start ?? 0, 64)).toMatch(/^[A-Z]/);
    expect(whole.toLowerCase()).toContain('memory of a segment moves');
    expect(sample.inputs).toHaveLength(3 * 64);
  });
});

it('the built-in noise is read in pieces too', async () => {
  const { whole, sample, work } = await draw('detect', 'encoder');
  expect(whole).toMatch(/the \w+/);
  expect(sample.inputs.every((id) => id !== work.vocabulary.unknown)).toBe(true);
});

it('a decoder answers with the first piece of a class', async () => {
  const { sample, work } = await draw('detect', 'decoder');
  const answer = sample.words.at(-1) ?? -1;
  expect(work.classTokens[sample.answer]).toBe(answer);
  expect(new Set(work.classTokens).size).toBe(6);
});

it('a decoder is refused classes that begin with the same piece', async () => {
  const config = parseConfig({ ...defaults, task: 'detect', model: 'rmt-gpt2', segment_size: 64 });
  const { model, ...rest } = JSON.parse(tokenizers.decoder);
  const bytes = Object.fromEntries(Object.entries(model.vocab).filter(([, id]) => (id as number) <= 256));
  const added = rest.added_tokens.filter(({ id }: { id: number }) => id <= 256);
  const json = JSON.stringify({ ...rest, added_tokens: added, model: { ...model, vocab: bytes, merges: [] } });
  await expect(workOf(config, {}, undefined, json)).rejects.toThrow(
    "tokenizer: 'hallway' and 'bathroom' with the same first piece",
  );
});

it('the model has a row for every piece, and the ids of the special tokens', async () => {
  const { config, work } = await draw('detect', 'encoder');
  const { vocab_size, pad_token_id, cls_token_id, sep_token_id } = blueprintFor(config, work).config;
  expect({ vocab_size, pad_token_id, cls_token_id, sep_token_id }).toEqual({
    vocab_size: work.vocabulary.size,
    pad_token_id: 0,
    cls_token_id: 2,
    sep_token_id: 3,
  });
});

it('an encoder needs a tokenizer with special tokens', async () => {
  const config = parseConfig({ ...defaults, task: 'detect', model: 'rmt-bert', segment_size: 64 });
  await expect(workOf(config, {}, undefined, tokenizers.decoder)).rejects.toThrow(
    'tokenizer: no [PAD] or <pad> (expected the special tokens of an encoder)',
  );
});

it('language modelling reads a text in pieces as it is', async () => {
  const text = Array.from({ length: 400 }, (_, k) => `Line  ${k} of\u00a0a te\u0301xt.\n`).join('');
  const file = bytesSource('text.txt', new TextEncoder().encode(text));
  const { whole, work, sample } = await draw('language', 'decoder', { text: file });
  expect(work.material.corpus?.unit).toBe('pieces');
  expect(text).toContain(whole);
  expect(sample.to - sample.from).toBe(3 * 64);
  expect(work.report?.unknown).toBe(0);
});

it('language modelling without a text reads the stories in pieces', async () => {
  const { whole } = await draw('language', 'decoder');
  expect(whole).toMatch(/^here is \w+ of \w+ with a \w+\. now listen/);
});

it('documents are classified in pieces', async () => {
  const { whole, sample } = await draw('documents', 'encoder');
  expect(whole.split(' ').length).toBeGreaterThan(5);
  expect([0, 1]).toContain(sample.answer);
});

describe('a tokenizer trained on the text of the run', () => {
  const trained = (values: object, materials: Materials = {}) =>
    workOf(parseConfig({ ...defaults, tokenizer: 'wordpiece', pieces: 512, segment_size: 64, ...values }), materials);
  const noise = {
    name: 'noise.txt',
    text: 'The memory of a segment moves on, and the kitchen is far away. '.repeat(40),
  };

  it('has the words of facts and questions as pieces', async () => {
    const { vocabulary, task } = await trained({ task: 'detect' }, { noise });
    expect(vocabulary).toBeInstanceOf(PieceVocabulary);
    for (const word of ['mary', 'journeyed', ...(task.kind === 'classification' ? task.classes : [])])
      expect(vocabulary.encode(word), word).toHaveLength(1);
    expect(vocabulary.encode('Memory of a segment')).toHaveLength(4);
  });

  it('gives a decoder classes that differ in their first piece', async () => {
    const work = await trained({ task: 'detect', model: 'rmt-gpt2', tokenizer: 'bpe' }, { noise });
    expect(new Set(work.classTokens).size).toBe(6);
  });

  it.each(['memorize', 'language', 'documents', 'tracking'] as const)('reads the built-in data: %s', async (task) => {
    const model = task === 'language' ? 'rmt-gpt2' : 'rmt-bert';
    const { vocabulary, report } = await trained({ task, model });
    expect(vocabulary).toBeInstanceOf(PieceVocabulary);
    expect(vocabulary.size).toBeGreaterThan(80);
    expect(report?.unknown ?? 0).toBe(0);
  });

  it('is trained on a user’s text, and on the articles for training', async () => {
    const source = (name: string, text: string) => bytesSource(name, new TextEncoder().encode(text));
    const text = source('book.txt', 'The quick fox considers the memory of segments.\n'.repeat(60));
    const { vocabulary } = await trained({ task: 'language', model: 'rmt-gpt2', tokenizer: 'bpe' }, { text });
    expect(vocabulary.encode('considers')).toHaveLength(1);
  });

  it('needs its file, and refuses one it does not want', async () => {
    await expect(trained({ task: 'detect', tokenizer: 'file' })).rejects.toThrow(/^tokenizer: no file/);
    const tokenizer = { name: 't.json', text: tokenizers.encoder };
    await expect(trained({ task: 'detect' }, { tokenizer })).rejects.toThrow(/tokenizer=wordpiece/);
    const { vocabulary } = await trained({ task: 'detect', tokenizer: 'file' }, { tokenizer });
    expect((vocabulary as PieceVocabulary).json).toBe(tokenizers.encoder);
  });
});
