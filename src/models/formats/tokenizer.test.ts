// The tokenizer in a checkpoint's metadata: one file is enough to read a text.
import { describe, expect, it } from 'vitest';
import { checkTokenizer } from '../../io/tokenizer-json.ts';
import { tinyConfigs } from '../../testing/models.ts';
import { type Checkpoint, parameterShapes, readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { blueprintOf } from '../index.ts';

const blueprint = blueprintOf(tinyConfigs['rmt-bert'], 'small');
const size = blueprint.config.vocab_size;

/** A tokenizer of so many pieces. */
const tokenizerOf = (pieces: number) =>
  JSON.stringify({
    added_tokens: [],
    model: {
      type: 'WordPiece',
      unk_token: '[UNK]',
      vocab: Object.fromEntries(Array.from({ length: pieces }, (_, id) => [id === 0 ? '[UNK]' : `piece${id}`, id])),
    },
  });

const checkpoint = (more: Partial<Checkpoint>): Checkpoint => ({
  blueprint,
  tensors: new Map(
    [...parameterShapes(blueprint)].map(([name, shape]) => [
      name,
      { shape, data: new Float32Array(shape.reduce((product, n) => product * n, 1)) },
    ]),
  ),
  ...more,
});

describe('a checkpoint with a tokenizer', () => {
  it('has it again when it is read', () => {
    const tokenizer = tokenizerOf(size);
    const read = readCheckpoint(writeCheckpoint(checkpoint({ tokenizer })), 'checkpoint t');
    expect(read.tokenizer).toBe(tokenizer);
    expect(read).not.toHaveProperty('vocabulary');
  });

  it('is refused with another number of pieces than the table has rows', () => {
    for (const [pieces, expected] of [
      [size - 1, `vocab_size ${size}`],
      [size + 1, `at most vocab_size ${size}`],
    ] as const)
      expect(() => writeCheckpoint(checkpoint({ tokenizer: tokenizerOf(pieces) }))).toThrow(
        `tokenizer: ${pieces} pieces (expected ${expected}, the rows of the word embedding`,
      );
  });

  it.each([
    [50_257, 50_304],
    [30_522, 30_528],
    [1000, 1024],
  ])('of %i pieces fits a table padded to %i rows', (pieces, rows) => {
    expect(() => checkTokenizer(tokenizerOf(pieces), rows, 'tokenizer')).not.toThrow();
    for (const others of [rows - 1, rows + 1])
      expect(() => checkTokenizer(tokenizerOf(pieces), others, 'tokenizer')).toThrow(`${pieces} pieces`);
  });

  it('is refused with a vocabulary of words too, or with another text', () => {
    expect(() => writeCheckpoint(checkpoint({ tokenizer: tokenizerOf(size), vocabulary: ['a'] }))).toThrow(
      'a tokenizer beside a vocabulary',
    );
    expect(() => writeCheckpoint(checkpoint({ tokenizer: 'no JSON' }))).toThrow('tokenizer: not JSON');
  });
});
