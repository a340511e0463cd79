// The noise between the facts, and the built-in one: sentences of a small grammar.
import { InputError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { TextReport } from './text-report.ts';
import { oncePerVocabulary, type Vocabulary } from './vocabulary.ts';

export interface NoiseSource {
  /** The words this noise needs in the vocabulary; its other words are read as [UNK]. */
  readonly words: readonly string[];
  /** `length` token ids of noise, starting at a random point. */
  fill(random: Random, length: number, vocabulary: Vocabulary): Int32Array;
  /** How much of a user's text a vocabulary covers. */
  report?(vocabulary: Vocabulary): TextReport;
}

/**
 * The built-in words, ten to a row. The first row is a complete grammar, and every further row adds to each kind of
 * word, so any prefix of the list makes sentences. Apart from 'the' and '.' no word here is a task word, so no
 * sentence can state a fact. Singular, past tense, no vowel after 'a'; the verbs work with or without an object.
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
 * @throws InputError unless `wordCount` is an integer from 10 to 100
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
      // The last sentence is truncated: a typed array ignores writes past its end.
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
