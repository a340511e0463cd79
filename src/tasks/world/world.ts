// The state of a world: who is where, who holds what, and what happened to each object. It changes by events alone.
import type { Person, Place, Thing } from './words.ts';

export type Event =
  | { readonly kind: 'move'; readonly person: Person; readonly place: Place }
  | { readonly kind: 'take'; readonly person: Person; readonly object: Thing }
  | { readonly kind: 'drop'; readonly person: Person; readonly object: Thing }
  | { readonly kind: 'give'; readonly person: Person; readonly object: Thing; readonly receiver: Person };

export type EventKind = Event['kind'];
export type Gift = Extract<Event, { kind: 'give' }>;

/**
 * What is known of a world from the events so far. Without a beginning nothing is known of where people and objects
 * are: a person is somewhere from their first move on, an object from the first time someone whose place is known has it.
 */
export class World {
  private readonly whereabouts = new Map<Person, Place>();
  private readonly holders = new Map<Thing, Person>();
  /** Where each object has been, in order; undefined for a time when its place is not known. */
  private readonly visited = new Map<Thing, (Place | undefined)[]>();
  private readonly given: Gift[] = [];

  /** Where people and objects are before the first event. */
  static beginning(people: ReadonlyMap<Person, Place>, objects: ReadonlyMap<Thing, Place>): World {
    const world = new World();
    for (const [person, place] of people) world.whereabouts.set(person, place);
    for (const [object, place] of objects) world.visited.set(object, [place]);
    return world;
  }

  placeOf(person: Person): Place | undefined {
    return this.whereabouts.get(person);
  }

  holderOf(object: Thing): Person | undefined {
    return this.holders.get(object);
  }

  /** Every known and unknown place of an object in turn; the last is where it is. */
  visits(object: Thing): readonly (Place | undefined)[] {
    return this.visited.get(object) ?? [];
  }

  get gifts(): readonly Gift[] {
    return this.given;
  }

  /** Why an event contradicts what is known; undefined if it can happen. */
  contradiction(event: Event): string | undefined {
    if (event.kind === 'move') return undefined;
    const { person, object } = event;
    const holder = this.holderOf(object);
    if (event.kind === 'take') {
      if (holder !== undefined) return `${holder} has the ${object}`;
      const [place, lies] = [this.placeOf(person), this.visits(object).at(-1)];
      return place !== undefined && lies !== undefined && place !== lies
        ? `${person} is in the ${place} and the ${object} in the ${lies}`
        : undefined;
    }
    if (holder !== person) return holder === undefined ? `nobody has the ${object}` : `${holder} has the ${object}`;
    if (event.kind === 'drop') return undefined;
    const [from, to] = [this.placeOf(person), this.placeOf(event.receiver)];
    if (event.receiver === person) return `${person} has the ${object} already`;
    return from !== undefined && to !== undefined && from !== to
      ? `${person} is in the ${from} and ${event.receiver} in the ${to}`
      : undefined;
  }

  apply(event: Event): void {
    switch (event.kind) {
      case 'move':
        this.whereabouts.set(event.person, event.place);
        for (const [object, holder] of this.holders) if (holder === event.person) this.visit(object, event.place);
        return;
      case 'take':
        this.holders.set(event.object, event.person);
        this.visit(event.object, this.placeOf(event.person));
        return;
      case 'drop':
        this.holders.delete(event.object);
        return;
      case 'give':
        this.holders.set(event.object, event.receiver);
        this.given.push(event);
        // The two are together, so the receiver's place is where the object is.
        this.visit(event.object, this.placeOf(event.receiver) ?? this.placeOf(event.person));
        return;
      default:
        event satisfies never;
    }
  }

  private visit(object: Thing, place: Place | undefined): void {
    const visits = this.visited.get(object) ?? [];
    if (visits.length === 0 || visits.at(-1) !== place) visits.push(place);
    this.visited.set(object, visits);
  }
}
