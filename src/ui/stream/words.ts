// Words as text.
import { isSpelt } from '../../store/measures.ts';

const isStop = (word: string) => /^[.,?!;:]$/.test(word);

/** What comes between two words: nothing where a text is spelt character by character, nor before a stop. */
export const gapBefore = (word: string, spelt: boolean) => (spelt || isStop(word) ? '' : ' ');

/** What can be seen of a word that is a space or the end of a line. */
export const visible = (word: string) =>
  word === ' ' ? '␣' : word === '\n' || word === '\\x0a' || word === '<eos>' ? '⏎' : word;

/** Words as text. */
export function sentence(words: readonly string[]): string {
  const spelt = isSpelt(words);
  return words.map((word, i) => `${i === 0 ? '' : gapBefore(word, spelt)}${word}`).join('');
}
