// A long text as a stream of words.
import type { TextSource } from '../io/text-source.ts';
import { type OnProgress, readText } from './read-text.ts';
import { UNK, words } from './vocabulary.ts';

/** The word for the end of a line, as in published work on WikiText. */
export const endOfLine = '<eos>';
/** How WikiText writes a word outside its vocabulary. */
const publishedUnknown = '<unk>';
/** Marks that only occur in a text tokenised for publication. */
const publishedMarks = /(?:^|\s)(?:<unk>|@-@|@,@|@\.@)(?=\s|$)/;
/** Characters examined to decide this; longer stretches without white space are cut. */
const enough = 2 ** 16;

/** Words at white space, the end of each line included. */
const atSpaces = (line: string) => line.match(/\S+/g)?.map((word) => (word === publishedUnknown ? UNK : word)) ?? [];

/**
 * The words of a text, in batches: split at white space if the text was tokenised for publication, otherwise by
 * `words`.
 * @throws InputError if the text is not UTF-8
 */
export async function* readWords(
  source: TextSource,
  pass = 0,
  passes = 1,
  onProgress?: OnProgress,
): AsyncGenerator<string[]> {
  let rest = '';
  let split: ((line: string) => string[]) | undefined;
  const cut = (text: string) => {
    split ??= publishedMarks.test(text.slice(0, enough)) ? atSpaces : words;
    const splitLine = split;
    return text.split('\n').flatMap((line, k) => (k > 0 ? [endOfLine, ...splitLine(line)] : splitLine(line)));
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
