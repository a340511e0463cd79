// A closed vocabulary: words by id, and ids as text.
import { InputError } from '../errors.ts';
import { type PieceStyle, spellPieces } from './pieces/spelling.ts';
import { specials, UNK, words } from './words.ts';

/** The ids of the special tokens. */
export interface SpecialIds {
  readonly pad: number;
  readonly unknown: number;
  readonly cls: number;
  readonly sep: number;
}

const first: SpecialIds = { pad: 0, unknown: 1, cls: 2, sep: 3 };

/** Words by id; the special tokens come first: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3. */
export class Vocabulary implements SpecialIds {
  private readonly ids: ReadonlyMap<string, number>;
  readonly pad: number;
  readonly unknown: number;
  readonly cls: number;
  readonly sep: number;

  /**
   * @param special their ids, for a subclass that has them elsewhere
   * @throws InputError if the special tokens are not first, or a word occurs twice
   */
  constructor(
    readonly words: readonly string[],
    where = 'vocabulary',
    special: SpecialIds = first,
  ) {
    if (special === first)
      specials.forEach((special, id) => {
        if (words[id] !== special) throw new InputError(where, `'${words[id]}' as word ${id}`, special);
      });
    this.pad = special.pad;
    this.unknown = special.unknown;
    this.cls = special.cls;
    this.sep = special.sep;
    const ids = new Map<string, number>();
    words.forEach((word, id) => {
      if (ids.has(word)) throw new InputError(where, `'${word}' twice`, 'every word once');
      ids.set(word, id);
    });
    this.ids = ids;
  }

  /** A vocabulary of the special tokens and `words`, in order, without repeats. */
  static of(words: Iterable<string>): Vocabulary {
    return new Vocabulary([...new Set([...specials, ...words])]);
  }

  get size(): number {
    return this.words.length;
  }

  /** The id of a word; [UNK]'s if it is not in the vocabulary. */
  id(word: string): number {
    return this.ids.get(word) ?? this.unknown;
  }

  /** The token ids of a text. */
  encode(text: string): Int32Array {
    return Int32Array.from(words(text), (word) => this.id(word));
  }

  /** The word of an id, for display. */
  word(id: number): string {
    return this.words[id] ?? UNK;
  }
}

/**
 * The token ids of a task's own sentence, written as people write: a vocabulary of words has them in lower case.
 * @throws InputError if the vocabulary lacks one of its words
 */
export function encodeExactly(vocabulary: Vocabulary, sentence: string): Int32Array {
  const ids = vocabulary.encode(sentence);
  if (!ids.includes(vocabulary.unknown)) return ids;
  const missing = words(sentence).find((word) => vocabulary.encode(word).includes(vocabulary.unknown)) ?? sentence;
  throw new InputError('vocabulary', `no word '${missing}'`, 'every word of the tasks');
}

/**
 * The token ids of a task's own words, without tokenising them.
 * @throws InputError if the vocabulary lacks one of them
 */
export function idsOf(vocabulary: Vocabulary, taskWords: readonly string[]): Int32Array {
  return Int32Array.from(taskWords, (word) => {
    const id = vocabulary.id(word);
    if (id === vocabulary.unknown) throw new InputError('vocabulary', `no word '${word}'`, 'every word of the task');
    return id;
  });
}

const byteWord = /^\\x([0-9a-f]{2})$/;

/** Whether these tokens are characters or bytes, special tokens aside. */
export const isSpelt = (tokens: readonly string[]): boolean =>
  tokens.every((token) => [...token].length === 1 || byteWord.test(token) || /^\[[A-Z]+\]$/.test(token));

/** Whether these tokens are bytes: the only ones to write what cannot be printed as \x0a. */
const areBytes = (tokens: readonly string[]): boolean =>
  tokens.some((token) => byteWord.test(token)) && isSpelt(tokens);

/**
 * What each token contributes to the text. Bytes are read as UTF-8: a character stands at its last byte, and what is no
 * UTF-8 is the replacement character.
 * @param style how the pieces of a tokenizer are written; by default the tokens are those of a closed vocabulary
 */
export function spelling(tokens: readonly string[], style?: PieceStyle): string[] {
  if (style) return spellPieces(tokens, style);
  if (!areBytes(tokens)) return [...tokens];
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const decoded = tokens.map((token) => {
    const [, hexadecimal] = byteWord.exec(token) ?? [];
    const code = hexadecimal === undefined ? token.charCodeAt(0) : Number.parseInt(hexadecimal, 16);
    // A special token is no byte.
    return token.length > 1 && hexadecimal === undefined
      ? `${decoder.decode()}${token}`
      : decoder.decode(Uint8Array.of(code), { stream: true });
  });
  const cut = decoder.decode();
  const last = decoded.pop();
  return last === undefined ? decoded : [...decoded, last + cut];
}

/** Tokens joined to text: characters, bytes and pieces without spaces, words with them. */
export const spell = (tokens: readonly string[], style?: PieceStyle): string =>
  style || isSpelt(tokens) ? spelling(tokens, style).join('') : tokens.join(' ');

/** Cache the result of `make` for each vocabulary, so that a sentence is tokenised once and not for every sample. */
export function oncePerVocabulary<T extends object>(
  make: (vocabulary: Vocabulary) => T,
): (vocabulary: Vocabulary) => T {
  const made = new WeakMap<Vocabulary, T>();
  return (vocabulary) => {
    const value = made.get(vocabulary) ?? make(vocabulary);
    made.set(vocabulary, value);
    return value;
  };
}
