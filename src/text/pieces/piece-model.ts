// The model of a tokenizer: splits one word into pieces of its vocabulary.
import { InputError } from '../../errors.ts';
import { quoted, shown } from '../../io/message.ts';
import type { TokenizerJson } from '../../io/tokenizer-json.ts';
import { bpe, joined } from './bpe.ts';
import type { Piece } from './piece.ts';
import { unigram } from './unigram.ts';
import { wordPiece } from './word-piece.ts';

export interface PieceModel {
  split(word: string): Piece[];
  /** The id of [UNK]; undefined for a model that knows every text. */
  readonly unknown: number | undefined;
}

type Model = TokenizerJson['model'];
type Ids = ReadonlyMap<string, number>;

const text = (value: unknown, initial = '') => (typeof value === 'string' ? value : initial);

/** @throws InputError naming a setting under which the ids would differ from those of Python's tokenizers */
function refuse(model: Model, where: string): void {
  const name = { BPE: 'dropout', Unigram: 'byte_fallback', WordPiece: undefined }[model.type];
  const value = name === undefined ? undefined : model[name];
  if (value) throw new InputError(`${where}: model.${name}`, shown(value), 'none: this setting is not supported');
}

/** The id of the unknown piece. @throws InputError if it is named and not in the vocabulary */
function unknownOf(name: string, ids: Ids, where: string): number {
  const id = ids.get(name);
  if (id !== undefined) return id;
  throw new InputError(`${where}: model.vocab`, `no ${quoted(name)}`, 'the piece for unknown words in the vocabulary');
}

/** The pairs that are merged. @throws InputError if they do not fit the vocabulary */
function mergesOf(merges: unknown, ids: Ids, prefix: string, where: string): (readonly [string, string])[] {
  if (!Array.isArray(merges)) throw new InputError(`${where}: model.merges`, shown(merges), 'a list of pairs');
  return merges.map((merge: unknown, k) => {
    const pair: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = pair;
    const at = `${where}: model.merges[${k}]`;
    if (pair.length !== 2 || typeof left !== 'string' || typeof right !== 'string')
      throw new InputError(at, shown(merge), 'two pieces');
    for (const piece of [left, right, joined(left, right, prefix)])
      if (!ids.has(piece))
        throw new InputError(at, `${shown(merge)}, but no piece ${quoted(piece)}`, 'pieces of the vocabulary');
    return [left, right];
  });
}

function wordPieceModel(model: Model, ids: Ids, where: string): PieceModel {
  const unknown = unknownOf(text(model['unk_token'], '[UNK]'), ids, where);
  const prefix = text(model['continuing_subword_prefix'], '##');
  const most = model['max_input_chars_per_word'] ?? 100;
  return { split: wordPiece({ ids, unknown, prefix, mostCharacters: Number(most) }), unknown };
}

function bpeModel(model: Model, ids: Ids, where: string): PieceModel {
  const { unk_token: named, fuse_unk: fuses, byte_fallback: bytes, ignore_merges: ignores } = model;
  const unknown = typeof named === 'string' ? unknownOf(named, ids, where) : undefined;
  const prefix = text(model['continuing_subword_prefix']);
  const split = bpe({
    ids,
    merges: mergesOf(model['merges'], ids, prefix, where),
    unknown,
    fusesUnknown: fuses === true,
    hasByteFallback: bytes === true,
    ignoresMerges: ignores === true,
    prefix,
    suffix: text(model['end_of_word_suffix']),
  });
  return { split, unknown };
}

function unigramModel({ unk_id: unknown, vocab }: Model, where: string): PieceModel {
  if (typeof unknown !== 'number' || !(Array.isArray(vocab) && unknown >= 0 && unknown < vocab.length))
    throw new InputError(`${where}: model.unk_id`, shown(unknown), 'the id of the unknown piece');
  return { split: unigram(vocab, unknown), unknown };
}

/**
 * The model of a tokenizer.json.
 * @throws InputError naming the setting that is not supported, a merge that does not fit, or a missing [UNK]
 */
export function pieceModel({ model }: TokenizerJson, where: string): PieceModel {
  refuse(model, where);
  if (model.type === 'Unigram') return withCache(unigramModel(model, where));
  const ids: Ids = new Map(Object.entries(model['vocab'] as Readonly<Record<string, number>>));
  return withCache(model.type === 'BPE' ? bpeModel(model, ids, where) : wordPieceModel(model, ids, where));
}

/** Words that are remembered, and the longest of them. */
const mostWords = 2 ** 16;
const longestWord = 64;

/** Most words of a text have occurred before. */
function withCache({ split, unknown }: PieceModel): PieceModel {
  const known = new Map<string, Piece[]>();
  return {
    unknown,
    split(word) {
      if (word.length > longestWord) return split(word);
      const found = known.get(word);
      if (found) return found;
      const made = split(word);
      if (known.size >= mostWords) known.clear();
      // A word is a substring of a piece of text and would keep the whole piece in memory; this copies it.
      known.set(` ${word}`.slice(1), made);
      return made;
    },
  };
}
