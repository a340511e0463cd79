// The tokenizer in a checkpoint's metadata: one file is enough to read a text.
import { describe, expect, it } from 'vitest';
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

  it.each([size - 1, size + 1])('is refused with %i pieces, another number than the table has rows', (pieces) => {
    expect(() => writeCheckpoint(checkpoint({ tokenizer: tokenizerOf(pieces) }))).toThrow(
      `tokenizer: ${pieces} pieces (expected vocab_size ${size}, as the word embedding has rows)`,
    );
  });

  it('is refused with a vocabulary of words too, or with another text', () => {
    expect(() => writeCheckpoint(checkpoint({ tokenizer: tokenizerOf(size), vocabulary: ['a'] }))).toThrow(
      'a tokenizer beside a vocabulary',
    );
    expect(() => writeCheckpoint(checkpoint({ tokenizer: 'no JSON' }))).toThrow('tokenizer: not JSON');
  });
});
