// Hugging Face's tokenizer.json: its vocabulary and added tokens, checked. What they do to a text is not decided here.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { quoted, shown } from './message.ts';

const component = v.nullish(v.looseObject({ type: v.string('its type') }));
const id = v.pipe(v.number('a number'), v.integer('a whole number'), v.minValue(0, 'a whole number from 0'));
const isId = (value: unknown) => typeof value === 'number' && Number.isInteger(value) && value >= 0;
// Not `v.record`, which leaves out the keys 'constructor' and 'prototype': both are pieces of real vocabularies.
/** Ids by piece. */
export const idsSchema = v.custom<Readonly<Record<string, number>>>(
  (found) => typeof found === 'object' && found !== null && !Array.isArray(found) && Object.values(found).every(isId),
  'an object of ids, whole numbers from 0',
);

const addedToken = v.object({
  id,
  content: v.pipe(v.string('a string'), v.minLength(1, 'a string that is not empty')),
  single_word: v.optional(v.boolean(), false),
  lstrip: v.optional(v.boolean(), false),
  rstrip: v.optional(v.boolean(), false),
  normalized: v.optional(v.boolean()),
  special: v.optional(v.boolean(), false),
});
export type AddedTokenJson = v.InferOutput<typeof addedToken>;

const model = v.looseObject({
  type: v.optional(v.string('its type')),
  vocab: v.union(
    [idsSchema, v.array(v.looseTuple([v.string(), v.number()], 'a piece and its score'))],
    'an object of ids, or a list of pieces with their scores',
  ),
});

const schema = v.looseObject({
  added_tokens: v.optional(v.array(addedToken, 'a list of tokens'), []),
  normalizer: component,
  pre_tokenizer: component,
  decoder: component,
  model,
});

/** A part of the file that is named by its type: a normalizer, a pre-tokenizer, a decoder. */
export type ComponentJson = Readonly<Record<string, unknown>> & { readonly type: string };

/** A tokenizer.json whose ids are 0 … n - 1, each once. */
export interface TokenizerJson {
  readonly added: readonly AddedTokenJson[];
  readonly normalizer: ComponentJson | undefined;
  readonly preTokenizer: ComponentJson | undefined;
  readonly decoder: ComponentJson | undefined;
  readonly model: Readonly<Record<string, unknown>> & { readonly type: 'WordPiece' | 'BPE' | 'Unigram' };
  /** The pieces and added tokens by id. */
  readonly pieces: readonly string[];
}

/** Files written before 2020 do not name the type of their model. */
function modelType(
  { type, vocab, ...rest }: v.InferOutput<typeof model>,
  where: string,
): TokenizerJson['model']['type'] {
  const found = type ?? (Array.isArray(vocab) ? 'Unigram' : 'merges' in rest ? 'BPE' : 'WordPiece');
  if (found !== 'WordPiece' && found !== 'BPE' && found !== 'Unigram')
    throw new InputError(`${where}: model`, quoted(found), 'WordPiece, BPE or Unigram');
  if (Array.isArray(vocab) !== (found === 'Unigram'))
    throw new InputError(
      `${where}: model.vocab`,
      `not that of a ${found} model`,
      Array.isArray(vocab) ? 'ids' : 'scores',
    );
  return found;
}

/** The pieces by id. @throws InputError if an id is missing or stands for two pieces */
function piecesOf(
  vocab: v.InferOutput<typeof model>['vocab'],
  added: readonly AddedTokenJson[],
  where: string,
): string[] {
  const entries: (readonly [string, number])[] = Array.isArray(vocab)
    ? vocab.map(([piece], at) => [piece, at] as const)
    : Object.entries(vocab);
  const pieces: string[] = [];
  for (const [piece, at] of [...entries, ...added.map(({ content, id: at }) => [content, at] as const)]) {
    const known = pieces[at];
    if (known !== undefined && known !== piece)
      throw new InputError(where, `id ${at} for ${quoted(known)} and ${quoted(piece)}`, 'every id once');
    pieces[at] = piece;
  }
  if (pieces.length === 0) throw new InputError(where, 'no pieces', 'at least one');
  const hole = Array.from(pieces, (piece: string | undefined) => piece).indexOf(undefined);
  if (hole >= 0) throw new InputError(where, `no piece with the id ${hole}`, `the ids 0 to ${pieces.length - 1}`);
  return pieces;
}

/**
 * Parse a tokenizer.json.
 * @param where its name in messages
 * @throws InputError naming the entry, what was found and what was expected
 */
export function parseTokenizerJson(text: string, where: string): TokenizerJson {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new InputError(where, 'not JSON', 'a tokenizer.json');
  }
  const { success, output, issues } = v.safeParse(schema, json);
  if (!success) {
    const [issue] = issues;
    const path = issue.path?.map(({ key }) => String(key)).join('.');
    throw new InputError(path ? `${where}: ${quoted(path)}` : where, shown(issue.input), issue.message);
  }
  const { added_tokens: added, normalizer, pre_tokenizer: preTokenizer, decoder, model: found } = output;
  return {
    added,
    normalizer: normalizer ?? undefined,
    preTokenizer: preTokenizer ?? undefined,
    decoder: decoder ?? undefined,
    model: { ...found, type: modelType(found, where) },
    pieces: piecesOf(found.vocab, added, where),
  };
}

/** Word embeddings are often padded to a multiple of one of these, which GPUs multiply faster: 50,257 pieces, 50,304 rows. */
const multiples = [8, 16, 32, 64, 128, 256, 512, 1024];

/**
 * Check that a tokenizer fits a model's word embedding.
 * @param rows of the table: as many as there are pieces, or the next multiple of 8, 16, … 1024
 * @throws InputError if it is no tokenizer.json, or has another number of pieces
 */
export function checkTokenizer(text: string, rows: number, where: string): void {
  const { length } = parseTokenizerJson(text, where).pieces;
  if (length === rows || multiples.some((multiple) => Math.ceil(length / multiple) * multiple === rows)) return;
  throw new InputError(
    where,
    `${length} pieces`,
    length > rows
      ? `at most vocab_size ${rows}, the rows of the word embedding; save the model after resize_token_embeddings`
      : `vocab_size ${rows}, the rows of the word embedding, or a number that is padded to it (a multiple of 8, 16, … 1024)`,
  );
}
