// The built-in documents: reviews in which every sentence praises or criticises, so that only the majority decides.
import type { Random } from '../random.ts';
import { type DocumentSource, verdicts } from './document-source.ts';
import { drawOf } from './split.ts';
import { idsOf, oncePerVocabulary } from './vocabulary.ts';

export const praise: readonly string[] = 'superb charming brilliant moving clever lovely thrilling witty'.split(' ');
export const blame: readonly string[] = 'dreadful tedious clumsy shallow dull ugly boring weak'.split(' ');
const nouns = 'film plot music hero ending acting dialogue scenery villain beginning'.split(' ');
const adjectives = 'main second long whole new final old short'.split(' ');
const adverbs = 'really rather simply truly quite'.split(' ');
const openers = 'again still overall honestly today'.split(' ');
const closers = 'too indeed throughout'.split(' ');
const frame = ['the', 'it', 'was', '.'];

const allWords = [...frame, ...praise, ...blame, ...nouns, ...adjectives, ...adverbs, ...openers, ...closers];

/** Tokens of the shortest and the longest sentence. */
const shortest = 4;
const longest = 9;

/** From "it was dull ." to "today the old film was really dull too .": each additional token adds one part. */
function sentence(random: Random, length: number, verdict: string): string[] {
  const extra = length - shortest;
  const optional = (needed: number, choices: readonly string[]) => (extra >= needed ? [random.pick(choices)] : []);
  return [
    ...optional(4, openers),
    ...(extra >= 1 ? ['the', ...optional(2, adjectives), random.pick(nouns)] : ['it']),
    'was',
    ...optional(3, adverbs),
    verdict,
    ...optional(5, closers),
    '.',
  ];
}

/** Split `length` into `count` parts, each long enough for a sentence. */
function sentenceLengths(random: Random, length: number): number[] {
  const [fewest, most] = [Math.ceil(length / longest), Math.floor(length / (shortest + 1))];
  const count = fewest < most ? fewest + random.int(most - fewest + 1) : fewest;
  const lengths = Array.from({ length: count }, (_, k) => Math.floor((length + k) / count));
  // Move tokens between some of the parts.
  for (let k = 0; k < 2 * count; k++) {
    const [from, to] = [random.int(count), random.int(count)];
    const [given, taken] = [lengths[from] ?? 0, lengths[to] ?? 0];
    if (from === to || given <= shortest || taken >= longest) continue;
    lengths[from] = given - 1;
    lengths[to] = taken + 1;
  }
  return lengths;
}

/**
 * Endless documents of half to all of the maximum tokens. Each sentence has a verdict, and the majority decides the
 * class; the minority makes up a third or more. They are shuffled, so the end of a document predicts little more than
 * chance. One in eight documents is held out for validation.
 */
export function generatedDocuments(): DocumentSource {
  const ids = oncePerVocabulary((vocabulary) => {
    const list = idsOf(vocabulary, allWords);
    return new Map(allWords.map((word, k) => [word, list[k] ?? 0]));
  });
  return {
    name: 'reviews',
    words: allWords,
    draw(random, split, most, vocabulary) {
      const known = ids(vocabulary);
      const least = Math.ceil(most / 2);
      const make = (random: Random) => {
        const answer = random.int(verdicts.length);
        const lengths = sentenceLengths(random, least + random.int(most - least + 1));
        const [fewest, mostOthers] = [Math.floor(lengths.length / 3), Math.floor((lengths.length - 1) / 2)];
        const others = fewest + random.int(mostOthers - fewest + 1);
        const isPraise = random.shuffle(lengths.map((_, k) => k < others !== (answer === 1)));
        const written = lengths.flatMap((length, k) =>
          sentence(random, length, random.pick(isPraise[k] ? praise : blame)),
        );
        return { tokens: Int32Array.from(written, (word) => known.get(word) ?? 0), answer };
      };
      return drawOf(random, split, Number.POSITIVE_INFINITY, make, ({ tokens }) => tokens);
    },
  };
}
