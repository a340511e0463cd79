// The model of a tokenizer: splits one word into pieces of its vocabulary. WordPiece and BPE are those of
// @huggingface/tokenizers; what it does not say is where in the word each piece stands.
import { BPE, WordPiece } from '@huggingface/tokenizers';
import { InputError } from '../../errors.ts';
import { quoted, shown } from '../../io/message.ts';
import type { TokenizerJson } from '../../io/tokenizer-json.ts';
import { unigram } from './unigram.ts';

/** A piece and the part [from, to) of the word that it stands for. */
export interface Piece {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}

export interface PieceModel {
  split(word: string): Piece[];
  /** The id of [UNK]; undefined for a model that knows every text. */
  readonly unknown: number | undefined;
}

/** What is used of the library's models. */
interface LibraryModel {
  encode(words: string[]): string[];
  readonly tokens_to_ids: ReadonlyMap<string, number>;
  readonly unk_token_id: number | undefined;
}

const byteToken = /^<0x[0-9A-F]{2}>$/;
const bytesOf = (character: string) => new TextEncoder().encode(character).length;
const characterAt = (word: string, at: number) => String.fromCodePoint(word.codePointAt(at) ?? 0);

/** Settings under which the library's numbers would differ from those of Python's tokenizers. */
function refuse({ type, ...model }: TokenizerJson['model'], where: string): void {
  const neutral: Readonly<Record<string, readonly unknown[]>> =
    type === 'BPE'
      ? { dropout: [null, undefined, 0], continuing_subword_prefix: [null, undefined, ''] }
      : type === 'Unigram'
        ? { byte_fallback: [null, undefined, false] }
        : {};
  for (const [name, values] of Object.entries(neutral))
    if (!values.includes(model[name]))
      throw new InputError(`${where}: model.${name}`, shown(model[name]), 'none: this setting is not supported');
}

/** @throws InputError if BPE's merges do not fit its vocabulary */
function checkMerges({ merges, vocab }: TokenizerJson['model'], where: string): void {
  if (!Array.isArray(merges)) throw new InputError(`${where}: model.merges`, shown(merges), 'a list of pairs');
  const known = vocab as Readonly<Record<string, number>>;
  merges.forEach((merge: unknown, k) => {
    const pair: unknown[] = typeof merge === 'string' ? merge.split(' ') : Array.isArray(merge) ? merge : [];
    const [left, right] = pair;
    const at = `${where}: model.merges[${k}]`;
    if (pair.length !== 2 || typeof left !== 'string' || typeof right !== 'string')
      throw new InputError(at, shown(merge), 'two pieces');
    for (const piece of [left, right, left + right])
      if (!Object.hasOwn(known, piece))
        throw new InputError(at, `${shown(merge)}, but no piece ${quoted(piece)}`, 'pieces of the vocabulary');
  });
}

function libraryModel(model: TokenizerJson['model'], where: string): LibraryModel {
  refuse(model, where);
  // Its declared types are narrower than what it reads.
  const config = model as never;
  if (model.type === 'BPE') {
    checkMerges(model, where);
    return new BPE(config) as unknown as LibraryModel;
  }
  if (model.type === 'WordPiece')
    return new WordPiece({
      continuing_subword_prefix: '##',
      unk_token: '[UNK]',
      ...model,
    } as never) as unknown as LibraryModel;
  const { unk_id: unknown, vocab } = model;
  if (typeof unknown !== 'number' || !(Array.isArray(vocab) && unknown >= 0 && unknown < vocab.length))
    throw new InputError(`${where}: model.unk_id`, shown(unknown), 'the id of the unknown piece');
  const split = unigram(vocab);
  const ids = new Map((vocab as readonly (readonly [string, number])[]).map(([piece], id) => [piece, id]));
  return {
    encode: (words) => words.flatMap(split),
    tokens_to_ids: ids,
    unk_token_id: unknown,
  };
}

/**
 * The model of a tokenizer.json.
 * @throws InputError naming the setting that is not supported, a merge that does not fit, or a missing [UNK]
 */
export function pieceModel(json: TokenizerJson, where: string): PieceModel {
  const { model, pieces } = json;
  const library = libraryModel(model, where);
  const unknown = library.unk_token_id;
  if (unknown === undefined && (model.type === 'WordPiece' || typeof model['unk_token'] === 'string'))
    throw new InputError(
      `${where}: model.vocab`,
      `no ${quoted(String(model['unk_token'] ?? '[UNK]'))}`,
      'the piece for unknown words in the vocabulary',
    );
  const prefix = model.type === 'WordPiece' ? String(model['continuing_subword_prefix'] ?? '##') : '';
  const suffix = model.type === 'BPE' ? String(model['end_of_word_suffix'] ?? '') : '';
  const fuses = model.type === 'Unigram' || model['fuse_unk'] === true;

  /** What a piece looks like in the word. */
  const inWord = (piece: string, at: number) => {
    const begun = at > 0 && piece.startsWith(prefix) ? piece.slice(prefix.length) : piece;
    return suffix !== '' && begun.endsWith(suffix) ? begun.slice(0, -suffix.length) : begun;
  };

  const split = (word: string): Piece[] => {
    const found: Piece[] = [];
    let at = 0;
    const add = (id: number, from: number, to: number) => {
      const last = found.at(-1);
      if (fuses && id === unknown && last?.id === unknown) found[found.length - 1] = { ...last, to };
      else found.push({ id, from, to });
    };
    // Bytes of the character at `at` that have been seen.
    let bytes = 0;
    for (const piece of library.encode([word])) {
      const id = library.tokens_to_ids.get(piece) ?? unknown;
      if (id === undefined) continue;
      const text = inWord(piece, at);
      if (id !== unknown && byteToken.test(piece) && !word.startsWith(text, at)) {
        const character = characterAt(word, at);
        found.push({ id, from: at, to: at + character.length });
        if (++bytes === bytesOf(character)) [at, bytes] = [at + character.length, 0];
        continue;
      }
      if (id === unknown && !word.startsWith(text, at)) {
        // WordPiece gives up the whole word, BPE a character.
        const to = model.type === 'WordPiece' ? word.length : at + characterAt(word, at).length;
        add(id, at, to);
        at = to;
        continue;
      }
      // Characters that a BPE without [UNK] does not know are left out.
      const from = word.indexOf(text, at);
      const to = from + text.length;
      add(id, from, to);
      at = to;
    }
    return found;
  };
  return { split: withCache(split), unknown: unknown !== undefined && unknown < pieces.length ? unknown : undefined };
}

/** Words that are remembered, and the longest of them. */
const mostWords = 2 ** 16;
const longestWord = 64;

/** Most words of a text have occurred before. */
function withCache(split: (word: string) => Piece[]): (word: string) => Piece[] {
  const known = new Map<string, Piece[]>();
  return (word) => {
    if (word.length > longestWord) return split(word);
    const found = known.get(word);
    if (found) return found;
    const made = split(word);
    if (known.size >= mostWords) known.clear();
    // A word is a substring of a piece of text and would keep the whole piece in memory; this copies it.
    known.set(` ${word}`.slice(1), made);
    return made;
  };
}
