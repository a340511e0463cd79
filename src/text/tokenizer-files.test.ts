import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bytesSource } from '../io/text-source.ts';
import { openPieceTokenizer } from './pieces/piece-tokenizer.ts';
import { tokenizerJsonOf } from './tokenizer-files.ts';

const file = (name: string, content: string | object) =>
  bytesSource(name, new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content)));

const vocab = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'the', 'The', 'garden', '##s', 'constructor', '.'];
const vocabTxt = file('vocab.txt', `${vocab.join('\n')}\n`);

async function encode(files: Parameters<typeof tokenizerJsonOf>[0], text: string) {
  const json = await tokenizerJsonOf(files);
  const { encode, pieces } = openPieceTokenizer(json ?? '', 'test');
  return Array.from(encode(text).ids, (id) => pieces[id]);
}

describe('vocab.txt', () => {
  it('is lower-cased, as by BertTokenizer', async () => {
    expect(await encode([vocabTxt], 'The gardens. constructor [MASK]')).toEqual([
      'the',
      'garden',
      '##s',
      '.',
      'constructor',
      '[MASK]',
    ]);
  });

  it('is not where tokenizer_config.json says so', async () => {
    const config = file('tokenizer_config.json', { do_lower_case: false });
    expect(await encode([config, vocabTxt], 'The gardens')).toEqual(['The', 'garden', '##s']);
  });

  it.each([
    [
      'a repeated piece',
      '[PAD]\n[UNK]\nthe\nthe\n',
      "vocab.txt: line 4: 'the' as in line 3 (expected every piece once)",
    ],
    ['no [UNK]', '[PAD]\nthe\n', "vocab.txt: no '[UNK]' (expected the piece for unknown words)"],
  ])('is refused with %s', async (_, content, message) => {
    await expect(tokenizerJsonOf([file('vocab.txt', content)])).rejects.toThrow(message);
  });
});

describe('vocab.json and merges.txt', () => {
  const pieces = { '!': 0, a: 1, b: 2, ab: 3, Ġ: 4, Ġab: 5, '<|endoftext|>': 6 };
  const vocabulary = file('vocab.json', pieces);
  const merges = file('merges.txt', '#version: 0.2\na b\nĠ ab\n');

  it('are a byte-level BPE', async () => {
    expect(await encode([vocabulary, merges], 'ab ab!<|endoftext|>a')).toEqual([
      'ab',
      'Ġab',
      '!',
      '<|endoftext|>',
      'a',
    ]);
  });

  it('are refused apart', async () => {
    await expect(tokenizerJsonOf([vocabulary])).rejects.toThrow('vocab.json: no merges.txt with it');
    await expect(tokenizerJsonOf([merges])).rejects.toThrow('merges.txt: no vocab.json with it');
  });

  it('are refused if they do not fit', async () => {
    await expect(tokenizerJsonOf([vocabulary, file('merges.txt', 'a b\nb b\n')])).rejects.toThrow(
      'vocab.json with merges.txt: model.merges[1]: "b b", but no piece \'bb\' (expected pieces of the vocabulary)',
    );
  });

  it('are refused with an id missing or double', async () => {
    await expect(tokenizerJsonOf([file('vocab.json', { a: 0, b: 2 }), merges])).rejects.toThrow(
      'vocab.json with merges.txt: no piece with the id 1 (expected the ids 0 to 2)',
    );
    await expect(tokenizerJsonOf([file('vocab.json', { a: 0, b: 0 }), merges])).rejects.toThrow(
      "vocab.json with merges.txt: id 0 for 'a' and 'b' (expected every id once)",
    );
  });
});

describe('tokenizer.json', () => {
  const json = readFileSync(new URL('../testing/golden/tokenizers/cased.tokenizer.json', import.meta.url), 'utf8');

  it('is preferred to the older files', async () => {
    expect(await tokenizerJsonOf([vocabTxt, file('tokenizer.json', json)])).toBe(json);
  });

  it('is absent where no file is one', async () => {
    expect(await tokenizerJsonOf([file('notes.md', 'text')])).toBeUndefined();
  });

  it.each([
    [{ normalizer: { type: 'Precompiled' } }, "t: normalizer: 'Precompiled'"],
    [{ pre_tokenizer: { type: 'CharDelimiterSplit' } }, "t: pre_tokenizer: 'CharDelimiterSplit'"],
    [{ model: { type: 'WordLevel', vocab: { a: 0 } } }, "t: model: 'WordLevel' (expected WordPiece, BPE or Unigram)"],
    [{ model: { type: 'WordPiece', unk_token: '[UNK]', vocab: { a: 0 } } }, "t: model.vocab: no '[UNK]'"],
    [{ model: { type: 'BPE', dropout: 0.1, vocab: { a: 0 }, merges: [] } }, 't: model.dropout: 0.1'],
    [{ model: { type: 'Unigram', vocab: [['a', 0]] } }, 't: model.unk_id: undefined'],
    [{ added_tokens: [{ id: -1, content: 'x' }] }, "t: 'added_tokens.0.id': -1"],
    [{ model: { type: 'BPE', vocab: { a: 'b' }, merges: [] } }, "t: 'model.vocab'"],
  ])('is refused with %j', (part, message) => {
    const whole = {
      added_tokens: [],
      normalizer: null,
      pre_tokenizer: null,
      model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
    };
    expect(() => openPieceTokenizer(JSON.stringify({ ...whole, ...part }), 't')).toThrow(message);
  });
});
