// Text as token ids and back: what a prompt is read by, and what a model writes is shown by. A vocabulary says itself
// what its tokens are, so a checkpoint needs no record of it.
import { byteWords, type Unit } from './corpus.ts';
import type { Encoded } from './encoded.ts';
import { PieceVocabulary } from './pieces/piece-vocabulary.ts';
import { isSpelt, oncePerVocabulary, spell, type Vocabulary } from './vocabulary.ts';
import { endOfLine, splitOfWords } from './words.ts';

export interface Tokenizer {
  readonly unit: Unit;
  encode(text: string): Encoded;
  decode(ids: ArrayLike<number>): string;
}

interface Token {
  readonly id: number;
  readonly start: number;
  readonly end: number;
}

function encoded(text: string, tokens: readonly Token[]): Encoded {
  return {
    ids: Int32Array.from(tokens, ({ id }) => id),
    text,
    offsets: Int32Array.from(tokens.flatMap(({ start, end }) => [start, end])),
  };
}

/** Each character with its place. */
function charactersOf(text: string): { readonly character: string; readonly start: number; readonly end: number }[] {
  let end = 0;
  return Array.from(text, (character) => {
    const start = end;
    end += character.length;
    return { character, start, end };
  });
}

function encodeBytes(vocabulary: Vocabulary) {
  const ids = byteWords.map((word) => vocabulary.id(word));
  const encoder = new TextEncoder();
  // Not in NFC: the training text was not either.
  return (text: string) =>
    encoded(
      text,
      charactersOf(text).flatMap(({ character, start, end }) =>
        Array.from(encoder.encode(character), (byte) => ({ id: ids[byte] ?? vocabulary.unknown, start, end })),
      ),
    );
}

function encodeCharacters(vocabulary: Vocabulary) {
  return (given: string) => {
    const text = given.normalize('NFC');
    return encoded(
      text,
      charactersOf(text).map(({ character, start, end }) => ({ id: vocabulary.id(character), start, end })),
    );
  };
}

function encodeWords(vocabulary: Vocabulary) {
  const split = splitOfWords(vocabulary.words.slice(4));
  const lineEnd = vocabulary.id(endOfLine);
  return (given: string) => {
    const text = given.normalize('NFC');
    const tokens: Token[] = [];
    let from = 0;
    for (const line of text.split('\n')) {
      // A task without lines reads a line end as a space.
      if (from > 0 && lineEnd !== vocabulary.unknown) tokens.push({ id: lineEnd, start: from - 1, end: from });
      for (const { word, start, end } of split.placed(line))
        tokens.push({ id: vocabulary.id(word), start: from + start, end: from + end });
      from += line.length + 1;
    }
    return encoded(text, tokens);
  };
}

export type { Encoded };

const units = { bytes: encodeBytes, characters: encodeCharacters, words: encodeWords } as const;

function unitOf({ words }: Vocabulary): keyof typeof units {
  if (byteWords.every((word, byte) => words[4 + byte] === word)) return 'bytes';
  return isSpelt(words) ? 'characters' : 'words';
}

/** The tokenizer of a vocabulary: the one its training text was split by. */
export const tokenizerOf = oncePerVocabulary((vocabulary): Tokenizer => {
  if (vocabulary instanceof PieceVocabulary) {
    const { encode, decode } = vocabulary.tokenizer;
    return { unit: 'pieces', encode, decode };
  }
  const unit = unitOf(vocabulary);
  return {
    unit,
    encode: units[unit](vocabulary),
    decode: (ids) => spell(Array.from(ids, (id) => vocabulary.word(id))),
  };
});

/** The different parts of a text that are read as [UNK], in their order. */
export function unknownIn({ ids, text, offsets }: Encoded, { unknown }: Vocabulary): string[] {
  const found = new Set<string>();
  ids.forEach((id, k) => {
    if (id === unknown) found.add(text.slice(offsets[2 * k], offsets[2 * k + 1]));
  });
  return [...found];
}
