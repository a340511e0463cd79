// Ids that Python's tokenizers 0.23.3 has for the same tokenizer.json.
import { expect, it } from 'vitest';
import { openPieceTokenizer } from './piece-tokenizer.ts';

type Options = Readonly<Record<string, unknown>>;

const open = (pieces: readonly string[], merges: readonly string[][], model: Options, added: readonly Options[] = []) =>
  openPieceTokenizer(
    JSON.stringify({
      added_tokens: added,
      model: { type: 'BPE', ...model, vocab: Object.fromEntries(pieces.map((piece, id) => [piece, id])), merges },
    }),
    'tokenizer.json',
  );

const unknown = { unk_token: '[UNK]' };

it.each<[string, ReturnType<typeof open>, Record<string, number[]>]>([
  [
    'merges across characters that no piece stands for',
    open(['a', 'e', 's', 'ae'], [['a', 'e']], {}),
    { aße: [3], ßsß: [2], ß: [], 日a日e: [3] },
  ],
  [
    'merges the unknown piece',
    open(['[UNK]', 'x', 'y', 'x[UNK]'], [['x', '[UNK]']], unknown),
    { xßy: [3, 2], xyß: [1, 2, 0], ßxßß: [0, 3, 0] },
  ],
  [
    'joins unknown characters if asked to',
    open(['[UNK]', 'x'], [], { ...unknown, fuse_unk: true }),
    { xßßx: [1, 0, 1], ßx日本: [0, 1, 0] },
  ],
  [
    'marks the characters within a word',
    open(
      ['a', '##a', '##b', 'a##b', 'ab', 'aba'],
      [
        ['a', '##b'],
        ['ab', '##a'],
      ],
      { continuing_subword_prefix: '##' },
    ),
    { aba: [5], ab: [4], aab: [0, 1, 2] },
  ],
  [
    'marks the last character of a word',
    open(
      ['a', 'b', 'b</w>', 'ab</w>', 'ab'],
      [
        ['a', 'b'],
        ['a', 'b</w>'],
      ],
      { end_of_word_suffix: '</w>' },
    ),
    { ab: [3], abab: [4, 3], ba: [1] },
  ],
  [
    'spells unknown characters in bytes, an unknown one before them behind',
    open(['[UNK]', 'x', '<0xC3>', '<0x9F>', '<0xE6>'], [], { ...unknown, byte_fallback: true }),
    { xßx: [1, 2, 3, 1], 日ßx: [2, 3, 0, 1], ß: [2, 3] },
  ],
  [
    'keeps a word that is a piece',
    open(['a', 'b', 'c', 'abc', 'bc'], [['b', 'c']], { ignore_merges: true }),
    { abc: [3], abcc: [0, 4, 2] },
  ],
  [
    'finds added tokens in the white space that others take',
    open(['[UNK]', 'x', ' '], [], unknown, [
      { id: 3, content: '<r>', special: true, rstrip: true },
      { id: 4, content: '\n', special: true },
      { id: 5, content: '<l>', special: true, lstrip: true },
    ]),
    {
      'x<r> \n x': [1, 3, 4, 2, 1],
      '<r>\u0085x': [3, 1],
      'x\u0085<l>': [1, 5],
      '<r>\ufeffx': [3, 0, 1],
      '<r> <l>': [3, 5],
    },
  ],
  [
    'finds an added token once in white space that it takes from both sides',
    open(['[UNK]', 'x', ' '], [], unknown, [{ id: 3, content: '\n', special: true, lstrip: true, rstrip: true }]),
    { 'x \n \n x': [1, 3, 1], '\n\n': [3] },
  ],
])('BPE %s', (_, { encode }, expected) => {
  for (const [text, ids] of Object.entries(expected)) expect([text, ...encode(text).ids]).toEqual([text, ...ids]);
});

it('a piece stands for all that it was merged from', () => {
  const { encode } = open(['a', 'e', 's', 'ae'], [['a', 'e']], {});
  expect([...encode('saße').offsets]).toEqual([0, 1, 1, 4]);
});
