// A long text as a stream of words.
import type { TextSource } from '../io/text-source.ts';
import { type OnProgress, readText } from './read-text.ts';
import { endOfLine, splitOfText, type WordSplit } from './words.ts';

/** Characters examined to decide how to split; longer stretches without white space are cut. */
const enough = 2 ** 16;

/**
 * The words of a text, in batches, and the word for the end of each line.
 * @param split how to split it; by default as its beginning tells
 * @throws InputError if the text is not UTF-8
 */
export async function* readWords(
  source: TextSource,
  pass = 0,
  passes = 1,
  onProgress?: OnProgress,
  split?: WordSplit,
): AsyncGenerator<string[]> {
  let rest = '';
  let chosen = split;
  const cut = (text: string) => {
    chosen ??= splitOfText(text.slice(0, enough));
    const { words } = chosen;
    return text.split('\n').flatMap((line, k) => (k > 0 ? [endOfLine, ...words(line)] : words(line)));
  };
  for await (const piece of readText(source, pass, passes, onProgress)) {
    rest += piece;
    if (rest.length < enough) continue;
    // Up to its last white space, because what follows may be the beginning of a word.
    const end = lastSpace(rest) + 1 || rest.length;
    const whole = rest.slice(0, end);
    rest = rest.slice(end);
    yield cut(whole);
  }
  yield cut(rest);
}

function lastSpace(text: string): number {
  for (let at = text.length - 1; at >= 0; at--) if (/\s/.test(text.charAt(at))) return at;
  return -1;
}
