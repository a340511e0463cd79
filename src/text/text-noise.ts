// Noise from a user's text.
import { InputError } from '../errors.ts';
import type { NoiseSource } from './noise.ts';
import { Tally } from './text-report.ts';
import { oncePerVocabulary } from './vocabulary.ts';
import { UNK, words } from './words.ts';

/** Characters of a noise text, which is held in memory. */
export const longestNoise = 16 * 2 ** 20;
const maxUnreadable = 0.1;

/** Whether a word of a text can be kept as it is: it is neither reserved nor spelt like a special token. */
const isKept = (word: string, reserved: readonly string[]) => !reserved.includes(word) && !/^\[.+\]$/.test(word);

/**
 * Noise from a text: it is read cyclically from a random word on. Reserved words are read as [UNK], and so are
 * special tokens that the text spells out. With one word of every fact reserved, the text can neither state nor
 * contradict a fact, whatever it says.
 * @param name the text's name in an error: its file name
 * @param reserved words that the noise must not contain
 * @param vocabularySize how many of its most frequent words are added to the vocabulary
 * @throws InputError if the text is empty, has no words, is binary data, or is longer than 16 Mi characters
 */
export function textNoise(name: string, text: string, reserved: readonly string[], vocabularySize = 400): NoiseSource {
  checkText(name, text);
  // The text as indices into its distinct words: much smaller than the words themselves.
  const indices = new Map<string, number>();
  const counts: number[] = [];
  const sequence = Int32Array.from(words(text), (word) => {
    const index = indices.get(word) ?? indices.size;
    if (index === indices.size) indices.set(word, index);
    counts[index] = (counts[index] ?? 0) + 1;
    return index;
  });
  const distinct = [...indices.keys()];
  const frequency = (word: string) => counts[indices.get(word) ?? -1] ?? 0;
  const sequenceIds = oncePerVocabulary((vocabulary) => {
    const ids = distinct.map((word) => vocabulary.id(isKept(word, reserved) ? word : UNK));
    return sequence.map((index) => ids[index] ?? vocabulary.unknown);
  });

  return {
    // Sorting is stable: of two equally frequent words the first to occur comes first.
    words: distinct
      .filter((word) => isKept(word, reserved))
      .sort((a, b) => frequency(b) - frequency(a))
      .slice(0, vocabularySize),
    fill(random, length, vocabulary) {
      const ids = sequenceIds(vocabulary);
      const tokens = new Int32Array(length);
      let from = random.int(ids.length);
      for (let at = 0; at < length; from = 0) {
        const part = ids.subarray(from, from + length - at);
        tokens.set(part, at);
        at += part.length;
      }
      return tokens;
    },
    report(vocabulary) {
      const tally = new Tally(name, 'words', vocabulary);
      for (const word of distinct) {
        const id = vocabulary.id(isKept(word, reserved) ? word : UNK);
        tally.add(id, frequency(word));
        if (id === vocabulary.unknown) tally.unknown(word, frequency(word));
      }
      return tally.report();
    },
  };
}

/** @throws InputError if the text is empty, has no words, is binary data, or is too long for noise */
export function checkText(name: string, text: string): void {
  const wanted = 'a text with at least one word';
  if (text.length > longestNoise)
    throw new InputError(name, `${text.length} characters`, `a text of at most ${longestNoise} characters`);
  if (text.trim() === '') throw new InputError(name, 'no text', wanted);
  let unreadable = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0) throw new InputError(name, 'binary data (a NUL character)', wanted);
    // Control characters that are not white space, and the decoder's replacement character for invalid bytes.
    if (code < 9 || (code > 13 && code < 32) || (code > 126 && code < 160) || code === 0xfffd) unreadable++;
  }
  if (unreadable > maxUnreadable * text.length) {
    const share = Math.round((100 * unreadable) / text.length);
    throw new InputError(name, `binary data (${share} % of it is not readable text)`, wanted);
  }
  if (!/[\p{L}\p{N}]/u.test(text)) throw new InputError(name, 'no words', wanted);
}
