// Joins words into text.
import { isSpelt } from '../../text/vocabulary.ts';

const isStop = (word: string) => /^[.,?!;:]$/.test(word);

/** The separator before a word: empty in character-level text and before punctuation. */
export const gapBefore = (word: string, spelt: boolean) => (spelt || isStop(word) ? '' : ' ');

const signs: ReadonlyMap<string, string> = new Map([
  [' ', '␣'],
  ['\n', '⏎'],
  ['\\x0a', '⏎'],
  ['<eos>', '⏎'],
  ['[PAD]', '·'],
]);

/** A visible sign for spaces, line ends and padding. */
export const visible = (word: string) => signs.get(word) ?? word;

/** The words joined into a sentence. */
export function sentence(words: readonly string[]): string {
  const spelt = isSpelt(words);
  return words
    .filter((word) => word !== '[PAD]')
    .map((word, i) => `${i === 0 ? '' : gapBefore(word, spelt)}${word}`)
    .join('');
}
