// The built-in text for language modelling: stories that introduce a hero, a place and a thing, and mention them
// repeatedly.
import type { Random } from '../random.ts';
import { byteWords, type Corpus, type Unit } from './corpus.ts';
import type { Split } from './split.ts';
import { Vocabulary } from './vocabulary.ts';

/** What the stories are split into; pieces are made of words. */
type BuiltIn = Exclude<Unit, 'pieces'>;

export const heroes: readonly string[] = (
  'anna boris clara diego elena felix greta hassan irene jonas karim laura milan nadia oscar ' +
  'petra quentin rosa stefan tanja umberto vera walter xenia yusuf zelda arthur bella conrad dora'
).split(' ');
export const locations: readonly string[] = (
  'paris tokyo cairo lima oslo dakar quito delhi seoul lagos havana berlin madrid athens dublin ' +
  'warsaw prague vienna lisbon nairobi boston sydney kyoto geneva naples riga tunis zagreb hanoi bogota'
).split(' ');
export const things: readonly string[] = (
  'drum lamp rope coin mirror kettle ladder compass helmet whistle carpet anchor bottle button feather ' +
  'hammer needle pencil ribbon saddle shovel spoon teapot umbrella wagon barrel cushion flute goblet marble'
).split(' ');

/** The first sentence of a story. */
const opening = 'here is @ of @ with a @ . now listen to what happened then .';
/**
 * Sentences of seven tokens that name one of the three in the fourth or fifth position. They rotate, so that the same
 * one is named again only after 17 tokens or more: with a shorter context it can only be guessed, one in 30.
 */
const sentences: readonly (readonly string[])[] = [
  [
    'in the morning @ sang again .',
    'all the children liked @ dearly .',
    'one day later @ was tired .',
    'nobody could say @ was lazy .',
  ],
  [
    'the road to @ was long .',
    'snow fell over @ all night .',
    'the market in @ was full .',
    'a letter from @ came late .',
  ],
  [
    'somebody had hidden the @ well .',
    'by evening the @ was clean .',
    'without a word the @ fell .',
    'nobody else wanted the @ then .',
  ],
];

/** Indices into the three lists. */
type Cast = readonly [hero: number, location: number, thing: number];
const size = heroes.length;

/**
 * 1 in 10 of the 27,000 is held out for validation, by a sum modulo 30. Whatever two of the three are, three of the 30
 * choices for the third are held out, so every name is equally frequent in both parts.
 */
const isHeldOut = ([hero, location, thing]: Cast) => (hero + location + thing) % 10 === 0;

function drawCast(random: Random, split: Split): Cast {
  for (;;) {
    const cast: Cast = [random.int(size), random.int(size), random.int(size)];
    if (isHeldOut(cast) === (split === 'validation')) return cast;
  }
}

/** The words of one endless story, sentence by sentence. */
function* story(random: Random, split: Split): Generator<readonly string[]> {
  const cast = drawCast(random, split);
  const named = [heroes[cast[0]] ?? '', locations[cast[1]] ?? '', things[cast[2]] ?? ''];
  let at = 0;
  yield opening.split(' ').map((word) => (word === '@' ? (named[at++] ?? '') : word));
  for (let turn = 0; ; turn = (turn + 1) % sentences.length)
    yield random
      .pick(sentences[turn] ?? [])
      .split(' ')
      .map((word) => (word === '@' ? (named[turn] ?? '') : word));
}

/** Words as written text, with the space that separates it from the next. */
const written = (words: readonly string[]) => `${words.join(' ').replaceAll(' .', '.')} `;

const storyWords = [opening, ...sentences.flat()].flatMap((text) => text.split(' ')).filter((word) => word !== '@');
const lists = [...heroes, ...locations, ...things];

const vocabularies: Readonly<Record<BuiltIn, Vocabulary>> = {
  words: Vocabulary.of([...storyWords, ...lists]),
  characters: Vocabulary.of([...new Set(written([...storyWords, ...lists]))].sort()),
  bytes: Vocabulary.of(byteWords),
};

/** A story's sentence as token ids. It is plain ASCII, so a character is a byte. */
const encoders: Readonly<Record<BuiltIn, (words: readonly string[]) => number[]>> = {
  words: (words) => words.map((word) => vocabularies.words.id(word)),
  characters: (words) => [...written(words)].map((character) => vocabularies.characters.id(character)),
  bytes: (words) => [...written(words)].map((character) => 4 + character.charCodeAt(0)),
};

/**
 * Endless text. A sample is the beginning of one story: the names introduced there recur to its end, but too rarely for
 * a short context, so predicting them takes memory. Everything else is easy: a few sentences, all alike.
 */
export function generatedCorpus(unit: BuiltIn): Corpus {
  return {
    name: 'stories',
    unit,
    vocabulary: vocabularies[unit],
    length: () => Number.POSITIVE_INFINITY,
    sample(random, split, length) {
      const tokens = new Int32Array(length);
      let at = 0;
      for (const sentence of story(random, split)) {
        if (at >= length) break;
        // The last sentence is truncated: a typed array ignores writes past its end.
        for (const id of encoders[unit](sentence)) tokens[at++] = id;
      }
      return tokens;
    },
  };
}
