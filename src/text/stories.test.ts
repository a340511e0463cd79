import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { units } from './corpus.ts';
import { generatedCorpus, heroes, locations, things } from './stories.ts';

const lists = [heroes, locations, things];
const splits = ['train', 'validation'] as const;

function read(unit: (typeof units)[number], split: 'train' | 'validation', length: number, random: Random): string[] {
  const corpus = generatedCorpus(unit);
  return [...corpus.sample(random, split, length)].map((id) => corpus.vocabulary.word(id));
}
/** The hero, the place and the thing of a story in words. */
const castOf = (story: readonly string[]) => [story[2] ?? '', story[4] ?? '', story[7] ?? ''];

describe('generatedCorpus', () => {
  it('has thirty names of each kind, all different', () => {
    expect(lists.map((list) => list.length)).toEqual([30, 30, 30]);
    expect(new Set(lists.flat()).size).toBe(90);
  });

  it('is one story with the names of its beginning and no others', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom(...splits), (seed, split) => {
        const story = read('words', split, 400, new Random(seed));
        const cast = castOf(story);
        expect(story.slice(0, 9).join(' ')).toBe(`here is ${cast[0]} of ${cast[1]} with a ${cast[2]} .`);
        cast.forEach((name, k) => {
          expect(lists[k]).toContain(name);
          expect(new Set(story.filter((word) => lists[k]?.includes(word)))).toEqual(new Set([name]));
        });
      }),
    );
  });

  it('repeats every name, but never within 16 tokens', () => {
    const random = new Random(2);
    for (let k = 0; k < 100; k++) {
      const story = read('words', 'train', 2000, random);
      for (const name of castOf(story)) {
        const places = story.flatMap((word, at) => (word === name ? [at] : []));
        expect(places.length).toBeGreaterThan(2000 / 21 - 1);
        places.slice(1).forEach((at, n) => {
          expect(at - (places[n] ?? 0)).toBeGreaterThan(16);
        });
      }
    }
  });

  it('is predictable except for its names: two words have few continuations', () => {
    const random = new Random(3);
    const next = new Map<string, Set<string>>();
    for (let k = 0; k < 300; k++) {
      const story = read('words', 'train', 300, random).map((word) => (lists.flat().includes(word) ? '@' : word));
      story.slice(2).forEach((word, at) => {
        const context = `${story[at]} ${story[at + 1]}`;
        next.set(context, (next.get(context) ?? new Set()).add(word));
      });
    }
    expect(Math.max(...[...next.values()].map((words) => words.size))).toBeLessThanOrEqual(5);
  });

  it('holds out one cast in ten for validation; every name is equally frequent in both splits', () => {
    const drawn = splits.map((split) => {
      const random = new Random(4);
      return Array.from({ length: 9000 }, () => castOf(read('words', split, 9, random)));
    });
    const [train, validation] = drawn.map((casts) => new Set(casts.map((cast) => cast.join(' '))));
    expect([...(validation ?? [])].filter((cast) => train?.has(cast))).toEqual([]);
    // 9000 draws out of 2700.
    expect(validation?.size).toBeGreaterThan(2500);
    expect(validation?.size).toBeLessThanOrEqual(2700);
    for (const casts of drawn)
      lists.forEach((list, k) => {
        for (const name of list) {
          const count = casts.filter((cast) => cast[k] === name).length;
          expect(Math.abs(count - 300)).toBeLessThan(4.5 * Math.sqrt(300));
        }
      });
  });

  it('is the same text in words, characters and bytes', () => {
    const text = (unit: (typeof units)[number], length: number) => read(unit, 'validation', length, new Random(9));
    const characters = text('characters', 1000).join('');
    expect(text('bytes', 1000).join('')).toBe(characters);
    expect(characters).toMatch(
      /^here is [a-z]+ of [a-z]+ with a [a-z]+\. now listen to what happened then\. [a-z .]+$/,
    );
    const words = text('words', 300).join(' ').replaceAll(' .', '.');
    expect(words.slice(0, 1000)).toBe(characters);
    expect(generatedCorpus('bytes').vocabulary.size).toBe(260);
    expect(generatedCorpus('characters').vocabulary.words.slice(4).join('')).toMatch(/^ \.[a-z]+$/);
  });

  it.each(units)('has any requested length in %s, and depends on the seed', (unit) => {
    const corpus = generatedCorpus(unit);
    expect(corpus.unit).toBe(unit);
    expect(corpus.length('train')).toBe(Number.POSITIVE_INFINITY);
    for (const length of [1, 2, 17, 1000]) expect(corpus.sample(new Random(1), 'train', length)).toHaveLength(length);
    const draw = (seed: number) => corpus.sample(new Random(seed), 'train', 200);
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    for (const id of draw(3)) {
      expect(id).toBeGreaterThan(3);
      expect(id).toBeLessThan(corpus.vocabulary.size);
    }
  });
});
