// Words as text.
import { isSpelt } from '../../text/vocabulary.ts';

const isStop = (word: string) => /^[.,?!;:]$/.test(word);

/** What comes between two words: nothing where a text is spelt character by character, nor before a stop. */
export const gapBefore = (word: string, spelt: boolean) => (spelt || isStop(word) ? '' : ' ');

const signs: ReadonlyMap<string, string> = new Map([
  [' ', '␣'],
  ['\n', '⏎'],
  ['\\x0a', '⏎'],
  ['<eos>', '⏎'],
  ['[PAD]', '·'],
]);

/** What can be seen of a word that is a space, the end of a line or padding. */
export const visible = (word: string) => signs.get(word) ?? word;

/** Words as text. */
export function sentence(words: readonly string[]): string {
  const spelt = isSpelt(words);
  return words
    .filter((word) => word !== '[PAD]')
    .map((word, i) => `${i === 0 ? '' : gapBefore(word, spelt)}${word}`)
    .join('');
}
