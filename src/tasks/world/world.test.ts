// The rules of a world: who is where, who has what, and what cannot happen.
import { describe, expect, it } from 'vitest';
import { eventOf } from './sentences.ts';
import { World } from './world.ts';

function told(...sentences: readonly string[]): World {
  const world = new World();
  for (const sentence of sentences) {
    const event = eventOf(sentence) ?? expect.fail(sentence);
    expect(world.contradiction(event), sentence).toBeUndefined();
    world.apply(event);
  }
  return world;
}

describe('a world', () => {
  it('knows nothing before its first event', () => {
    const world = new World();
    expect(world.placeOf('mary')).toBeUndefined();
    expect(world.visits('milk')).toEqual([]);
  });

  it('has a person where the last move says', () => {
    const world = told('mary went to the garden.', 'john moved to the office.', 'mary went back to the kitchen.');
    expect([world.placeOf('mary'), world.placeOf('john')]).toEqual(['kitchen', 'office']);
  });

  it('moves an object with its carrier, and leaves it where it is dropped', () => {
    const world = told(
      'mary went to the garden.',
      'mary picked up the milk there.',
      'mary travelled to the office.',
      'mary put down the milk.',
      'mary moved to the hallway.',
    );
    expect(world.visits('milk')).toEqual(['garden', 'office']);
    expect(world.holderOf('milk')).toBeUndefined();
  });

  it('learns where an object is from the first known place of its carrier', () => {
    const world = told('mary got the milk there.', 'mary journeyed to the hallway.');
    expect(world.visits('milk')).toEqual([undefined, 'hallway']);
  });

  it('hands an object over where both are', () => {
    const world = told(
      'fred went to the garden.',
      'fred took the apple there.',
      'fred handed the apple to jeff.',
      'fred moved to the office.',
      'jeff went to the kitchen.',
    );
    expect(world.visits('apple')).toEqual(['garden', 'kitchen']);
    expect(world.gifts).toHaveLength(1);
  });

  it.each([
    [['mary got the milk.'], 'john took the milk.', 'mary has the milk'],
    [['mary got the milk.'], 'john dropped the milk.', 'mary has the milk'],
    [[], 'john dropped the milk.', 'nobody has the milk'],
    [
      ['mary went to the garden.', 'mary got the milk.', 'mary left the milk.', 'john went to the office.'],
      'john got the milk.',
      'john is in the office and the milk in the garden',
    ],
    [
      ['mary went to the garden.', 'john went to the office.', 'mary got the milk.'],
      'mary gave the milk to john.',
      'mary is in the garden and john in the office',
    ],
    [['mary got the milk.'], 'mary passed the milk to mary.', 'mary has the milk already'],
  ])('after %j, cannot have: %s', (before, sentence, reason) => {
    const event = eventOf(sentence) ?? expect.fail(sentence);
    expect(told(...before).contradiction(event)).toBe(reason);
  });
});

describe('eventOf', () => {
  it.each(['mary went.', 'the hallway is east of the bathroom.', 'mary got the garden.', 'where is mary?', ''])(
    'finds no event in %j',
    (sentence) => {
      expect(eventOf(sentence)).toBeUndefined();
    },
  );
});
