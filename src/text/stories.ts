// The built-in text for language modelling: stories that name hero, place and thing at their beginning, and again and again.
import type { Random } from '../random.ts';
import { byteWords, type Corpus, type Unit } from './corpus.ts';
import type { Split } from './split.ts';
import { Vocabulary } from './vocabulary.ts';

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

/** What a story begins with. */
const opening = 'here is @ of @ with a @ . now listen to what happened then .';
/**
 * Sentences of seven tokens that name one of the three in the fourth or fifth place. They come in turns, so that the same
 * one is named again only after 17 tokens or more: out of fewer it can only be guessed, one in 30.
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

/** Places in the three lists. */
type Cast = readonly [hero: number, location: number, thing: number];
const size = heroes.length;

/**
 * 1 in 10 of the 27,000 is held out for validation: a sum counted round. Whatever two of the three are, three of the 30
 * that may be the last are held out, so every name is equally frequent in both parts.
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

/** Words as a text is written, with the space that parts it from the next. */
const written = (words: readonly string[]) => `${words.join(' ').replaceAll(' .', '.')} `;

const storyWords = [opening, ...sentences.flat()].flatMap((text) => text.split(' ')).filter((word) => word !== '@');
const lists = [...heroes, ...locations, ...things];

const vocabularies: Readonly<Record<Unit, Vocabulary>> = {
  words: Vocabulary.of([...storyWords, ...lists]),
  characters: Vocabulary.of([...new Set(written([...storyWords, ...lists]))].sort()),
  bytes: Vocabulary.of(byteWords),
};

/** A story's sentence as token ids. It is plain ASCII: a character is a byte. */
const encoders: Readonly<Record<Unit, (words: readonly string[]) => number[]>> = {
  words: (words) => words.map((word) => vocabularies.words.id(word)),
  characters: (words) => [...written(words)].map((character) => vocabularies.characters.id(character)),
  bytes: (words) => [...written(words)].map((character) => 4 + character.charCodeAt(0)),
};

/**
 * Endless text. A sample is the beginning of one story: what it names there can be known to the end of it, but only by
 * who remembers, as it is named too rarely for a short context. All else is easy: a few sentences, all alike.
 */
export function generatedCorpus(unit: Unit): Corpus {
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
        // The last sentence is cut off: a typed array ignores what is written past its end.
        for (const id of encoders[unit](sentence)) tokens[at++] = id;
      }
      return tokens;
    },
  };
}
