// Tiny models with random weights that read text through a tokenizer.
import { readFileSync } from 'node:fs';
import { parseTokenizerJson } from '../io/tokenizer-json.ts';
import { type Checkpoint, parameterShapes, writeCheckpoint } from '../models/checkpoint.ts';
import { blueprintOf } from '../models/index.ts';
import { Random } from '../random.ts';
import { tinyConfigs } from './models.ts';

const folder = new URL('./golden/tokenizers/', import.meta.url);

/** The text of a small tokenizer.json of our own training. */
export const tokenizerJson = (name: 'uncased' | 'cased' | 'bytes' | 'unigram') =>
  readFileSync(new URL(`${name}.tokenizer.json`, folder), 'utf8').trimEnd();

/** The checkpoint of an encoder with WordPiece, or of a decoder with byte-level BPE. */
export function pieceCheckpoint(
  kind: 'rmt-bert' | 'rmt-gpt2',
  more: Partial<Checkpoint> = {},
  fields: Record<string, unknown> = {},
): Uint8Array<ArrayBuffer> {
  const tokenizer = tokenizerJson(kind === 'rmt-bert' ? 'uncased' : 'bytes');
  const { pieces } = parseTokenizerJson(tokenizer, 'tokenizer');
  const own =
    kind === 'rmt-bert'
      ? { pad_token_id: 0, cls_token_id: 2, sep_token_id: 3, num_labels: 6, max_position_embeddings: 64 }
      : { n_positions: 64 };
  const blueprint = blueprintOf(
    { ...tinyConfigs[kind], ...own, segment_size: 24, ...fields, vocab_size: pieces.length },
    'tiny',
  );
  const random = new Random(3);
  const tensors = new Map(
    [...parameterShapes(blueprint)].map(([name, shape]) => {
      const length = shape.reduce((product, size) => product * size, 1);
      return [name, { shape, data: Float32Array.from({ length }, () => 0.1 * random.normal()) }];
    }),
  );
  return writeCheckpoint({ blueprint, tensors, tokenizer, ...more });
}
