// Where the noise between the facts comes from: sentences of a small built-in grammar, or a text that the user gives.
import { InputError } from '../errors.ts';
import type { Random } from '../random.ts';
import { places } from './facts.ts';
import { oncePerVocabulary, UNK, type Vocabulary, words } from './vocabulary.ts';

export interface NoiseSource {
  /** The words this noise needs in the vocabulary; any other word it has is read as [UNK]. */
  readonly words: readonly string[];
  /** `length` token ids of noise. What it starts with is drawn at random. */
  fill(random: Random, length: number, vocabulary: Vocabulary): Int32Array;
}

/**
 * The built-in words, ten to a row. The first row is a grammar by itself, and every further row adds to each kind of
 * word, so any first part of the list makes sentences. Apart from 'the' and '.' no word here is a word of the tasks: no
 * sentence can state a fact. Singular, past tense, no vowel after 'a'; the verbs stand with or without an object.
 */
const firstRow = 'article noun noun verb verb adjective adverb preposition stop comma';
const nextRows = 'noun noun noun verb verb adjective adjective adverb preposition article';
const rows = [
  'the river teacher watched sang quiet slowly near . ,',
  'lantern fox letter remembered painted golden little softly under a',
  'bridge captain window answered whispered silver happy often behind this',
  'song cloud horse studied forgot narrow curious again beside that',
  'story baker mountain drew cooked heavy gentle twice above every',
  'bell ship violin taught copied bright wooden gladly below each',
  'forest stone painter cleaned hummed famous broken proudly with one',
  'candle sparrow map played wrote lonely distant barely without another',
  'doctor basket winter baked counted tired young together like our',
  'clock blanket puppet waved paused strange warm today beyond their',
];
const lexicon = rows.flatMap((row, r) => {
  const kinds = (r === 0 ? firstRow : nextRows).split(' ');
  return row.split(' ').map((word, k) => ({ word, kind: kinds[k] }));
});

/**
 * English-like sentences over a closed vocabulary, such as "near the river, a quiet fox watched the bell."
 * @param wordCount how many of the 100 built-in words are used
 * @throws InputError unless `wordCount` is a whole number from 10 to 100
 */
export function generatedNoise(wordCount: number = lexicon.length): NoiseSource {
  const fewest = rows[0]?.split(' ').length ?? 0;
  if (!Number.isInteger(wordCount) || wordCount < fewest || wordCount > lexicon.length)
    throw new InputError('noise words', String(wordCount), `a whole number from ${fewest} to ${lexicon.length}`);
  const used = lexicon.slice(0, wordCount);
  const idsByKind = oncePerVocabulary((vocabulary) => {
    const ids = (wanted: string) => used.filter(({ kind }) => kind === wanted).map(({ word }) => vocabulary.id(word));
    return {
      article: ids('article'),
      noun: ids('noun'),
      verb: ids('verb'),
      adjective: ids('adjective'),
      adverb: ids('adverb'),
      preposition: ids('preposition'),
      stop: ids('stop'),
      comma: ids('comma'),
    };
  });

  return {
    words: used.map(({ word }) => word),
    fill(random, length, vocabulary) {
      const ids = idsByKind(vocabulary);
      const tokens = new Int32Array(length);
      let at = 0;
      // The last sentence is cut off: a typed array ignores what is written past its end.
      const put = (choices: readonly number[]) => {
        tokens[at++] = random.pick(choices);
      };
      const nounPhrase = () => {
        put(ids.article);
        if (random.int(2) === 0) put(ids.adjective);
        put(ids.noun);
      };
      const prepositionalPhrase = () => {
        put(ids.preposition);
        nounPhrase();
      };
      while (at < length) {
        if (random.int(4) === 0) {
          prepositionalPhrase();
          put(ids.comma);
        }
        nounPhrase();
        put(ids.verb);
        if (random.int(2) === 0) nounPhrase();
        const tail = random.int(3);
        if (tail === 0) put(ids.adverb);
        if (tail === 1) prepositionalPhrase();
        put(ids.stop);
      }
      return tokens;
    },
  };
}

const longestText = 16 * 2 ** 20;
const mostStrange = 0.1;

/** Whether a word of a text may be read as what it is. */
const isKept = (word: string) => !(places as readonly string[]).includes(word) && !/^\[.+\]$/.test(word);

/**
 * Noise out of a text: it is read round and round from a word drawn at random. The six places of the tasks are read as
 * [UNK], and so are special tokens that the text spells out: every fact names a place, so whatever else the text says,
 * it can state no fact and contradict none.
 * @param name what to call the text in an error: its file name
 * @param vocabularySize how many of its most frequent words get into the vocabulary
 * @throws InputError if the text is empty, has no words, is binary data, or is longer than 16 Mi characters
 */
export function textNoise(name: string, text: string, vocabularySize = 400): NoiseSource {
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
    const ids = distinct.map((word) => vocabulary.id(isKept(word) ? word : UNK));
    return sequence.map((index) => ids[index] ?? vocabulary.unknown);
  });

  return {
    // Sorting is stable: of two equally frequent words the first to occur comes first.
    words: distinct
      .filter(isKept)
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
  };
}

/** What of a noise text a model does not know. */
export interface NoiseReport {
  /** Words of the text, stops included, and how many of them are read as [UNK]. */
  readonly words: number;
  readonly unknown: number;
  /** The most frequent of those, and how many different ones there are. */
  readonly examples: readonly string[];
  readonly different: number;
}

/** Which words of a noise text are read as [UNK]: those a vocabulary lacks, and the places, which would state facts. */
export function strangersOf(text: string, vocabulary: Vocabulary, most = 12): NoiseReport {
  const counts = new Map<string, number>();
  const all = words(text);
  for (const word of all)
    if (!isKept(word) || vocabulary.id(word) === vocabulary.unknown) counts.set(word, (counts.get(word) ?? 0) + 1);
  const ordered = [...counts].sort(([, a], [, b]) => b - a);
  return {
    words: all.length,
    unknown: ordered.reduce((sum, [, count]) => sum + count, 0),
    examples: ordered.slice(0, most).map(([word]) => word),
    different: ordered.length,
  };
}

function checkText(name: string, text: string): void {
  const wanted = 'a text with at least one word';
  if (text.length > longestText)
    throw new InputError(name, `${text.length} characters`, `a text of at most ${longestText} characters`);
  if (text.trim() === '') throw new InputError(name, 'no text', wanted);
  let strange = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0) throw new InputError(name, 'binary data (a NUL character)', wanted);
    // Control characters that are not white space, and what a decoder puts for bytes it cannot read.
    if (code < 9 || (code > 13 && code < 32) || (code > 126 && code < 160) || code === 0xfffd) strange++;
  }
  if (strange > mostStrange * text.length) {
    const share = Math.round((100 * strange) / text.length);
    throw new InputError(name, `binary data (${share} % of it is not readable text)`, wanted);
  }
  if (!/[\p{L}\p{N}]/u.test(text)) throw new InputError(name, 'no words', wanted);
}

const namedCharacters: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
};

/** The text of an HTML page: without tags, comments, scripts and styles, each of which becomes a space. */
export function plainText(html: string): string {
  // What is never closed reaches to the end, so that every character is looked at once.
  return html
    .replace(/<!--[\s\S]*?(?:-->|$)|<(script|style)\b[\s\S]*?(?:<\/\1\s*>|$)|<[a-z/!?][^<>]*>/gi, ' ')
    .replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|([a-z]+));/gi, (entity, decimal, hexadecimal, name) => {
      if (name) return namedCharacters[name.toLowerCase()] ?? entity;
      const code = decimal ? Number(decimal) : Number.parseInt(hexadecimal, 16);
      return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
    });
}
