// Joins words, or the pieces of a tokenizer, into text.
import { type PieceStyle, spellPieces } from '../../text/pieces/spelling.ts';
import { isSpelt, spelling } from '../../text/vocabulary.ts';

const isStop = (word: string) => /^[.,?!;:]$/.test(word);

/** The separator before a word: empty in character-level text and before punctuation. */
const gapBefore = (word: string, spelt: boolean) => (spelt || isStop(word) ? '' : ' ');

const signs: ReadonlyMap<string, string> = new Map([
  [' ', '␣'],
  ['\n', '⏎'],
  ['\\x0a', '⏎'],
  ['<eos>', '⏎'],
  ['[PAD]', '·'],
]);

/** A visible sign for spaces, line ends and padding. */
export const visible = (word: string) => signs.get(word) ?? word;

/** A word as it stands in its text. */
export interface ShownWord {
  /** What is between it and the word before. */
  readonly gap: '' | ' ';
  /** Empty where a piece ends within a character, which the next one completes. */
  readonly text: string;
}

const shownPiece = (text: string): ShownWord => {
  const gap = text.startsWith(' ') ? ' ' : '';
  return { gap, text: text.slice(gap.length).replaceAll('\n', '⏎') };
};

/**
 * Words as they stand in their text.
 * @param style how the pieces of a tokenizer are written; by default the words are those of a closed vocabulary
 */
export function shownWords(words: readonly string[], style?: PieceStyle): ShownWord[] {
  if (style) return spellPieces(words, style).map(shownPiece);
  const spelt = isSpelt(words);
  return spelling(words).map((text, i) => ({ gap: gapBefore(words[i] ?? '', spelt), text }));
}

/** One word by itself, with a visible sign for white space. */
export const shownWord = (word: string, style?: PieceStyle): string =>
  style ? (shownWords([word], style)[0]?.text ?? '') || visible(' ') : visible(word);

/** The words joined into a sentence. */
export const sentence = (words: readonly string[], style?: PieceStyle): string =>
  shownWords(
    words.filter((word) => word !== '[PAD]'),
    style,
  )
    .map(({ gap, text }, i) => (i === 0 ? text : gap + text))
    .join('');
