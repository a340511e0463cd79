// Random events in a world of some people, places and objects.
import type { Random } from '../../random.ts';
import type { Person, Place, Thing } from './words.ts';
import { type Event, type EventKind, World } from './world.ts';

export interface Cast {
  readonly people: readonly Person[];
  readonly places: readonly Place[];
  readonly objects: readonly Thing[];
}

/**
 * `count` events that can follow each other. At the beginning, which no event tells, everyone and everything is in one of
 * two places, so that people meet. Each event is of one of the kinds that can happen, all equally likely. With moves alone, everyone moves at least once
 * as far as there are enough of them; nobody moves to where they are.
 */
export function simulate(random: Random, cast: Cast, kinds: readonly EventKind[], count: number): Event[] {
  const beginning = random.shuffle([...cast.places]).slice(0, 2);
  const place = () => random.pick(beginning);
  const world = World.beginning(
    new Map(cast.people.map((person) => [person, place()])),
    new Map(cast.objects.map((object) => [object, place()])),
  );
  const movers = kinds.every((kind) => kind === 'move') ? everyoneOnce(random, cast.people, count) : [];
  return Array.from({ length: count }, (_, k) => {
    const choices = kinds.map((kind) => (kind === 'move' ? 'move' : handlings(world, cast, kind)));
    const chosen = random.pick(choices.filter(({ length }) => length > 0));
    const event = chosen === 'move' ? move(random, world, cast, movers[k]) : random.pick(chosen);
    world.apply(event);
    return event;
  });
}

/** Who moves in turn: everyone once, as far as there are enough moves, and anyone for the rest; in random order. */
const everyoneOnce = (random: Random, people: readonly Person[], count: number): Person[] =>
  random.shuffle(Array.from({ length: count }, (_, k) => people[k] ?? random.pick(people)));

function move(random: Random, world: World, { people, places }: Cast, mover: Person | undefined): Event {
  const person = mover ?? random.pick(people);
  return { kind: 'move', person, place: random.pick(places.filter((place) => place !== world.placeOf(person))) };
}

/** Everything of this kind that anyone can do with an object now. */
function handlings(world: World, { people, objects }: Cast, kind: 'take' | 'drop' | 'give'): Event[] {
  return objects.flatMap((object): Event[] => {
    const holder = world.holderOf(object);
    const place = world.visits(object).at(-1);
    const there = () => people.filter((person) => world.placeOf(person) === place);
    if (kind === 'take') return holder === undefined ? there().map((person) => ({ kind, person, object })) : [];
    if (holder === undefined) return [];
    if (kind === 'drop') return [{ kind, person: holder, object }];
    return there()
      .filter((person) => person !== holder)
      .map((receiver) => ({ kind, person: holder, object, receiver }));
  });
}
