// A closed vocabulary: words by id, and ids as text.
import { InputError } from '../errors.ts';
import { specials, UNK, words } from './words.ts';

/** Words by id; the special tokens come first: [PAD] 0, [UNK] 1, [CLS] 2, [SEP] 3. */
export class Vocabulary {
  private readonly ids: ReadonlyMap<string, number>;

  /** @throws InputError if the special tokens are not first, or a word occurs twice */
  constructor(
    readonly words: readonly string[],
    where = 'vocabulary',
  ) {
    specials.forEach((special, id) => {
      if (words[id] !== special) throw new InputError(where, `'${words[id]}' as word ${id}`, special);
    });
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

  readonly pad = 0;
  readonly unknown = 1;
  readonly cls = 2;
  readonly sep = 3;

  /** The id of a word; [UNK]'s if it is not in the vocabulary. */
  id(word: string): number {
    return this.ids.get(word) ?? this.unknown;
  }

  encode(text: string): Int32Array {
    return Int32Array.from(words(text), (word) => this.id(word));
  }

  /** The word of an id, for display. */
  word(id: number): string {
    return this.words[id] ?? UNK;
  }
}

/**
 * The token ids of a task's own sentence.
 * @throws InputError if the vocabulary lacks one of its words
 */
export function encodeExactly(vocabulary: Vocabulary, sentence: string): Int32Array {
  const missing = words(sentence).find((word) => vocabulary.id(word) === vocabulary.unknown);
  if (missing !== undefined) throw new InputError('vocabulary', `no word '${missing}'`, 'every word of the tasks');
  return vocabulary.encode(sentence);
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
 */
export function spelling(tokens: readonly string[]): string[] {
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

/** Tokens joined to text: characters and bytes without spaces, words with them. */
export const spell = (tokens: readonly string[]): string =>
  isSpelt(tokens) ? spelling(tokens).join('') : tokens.join(' ');

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
