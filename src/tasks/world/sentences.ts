// Events as sentences in the manner of bAbI, and sentences as events.
import type { Random } from '../../random.ts';
import { actions } from '../facts.ts';
import { type Form, fill, gapsOf } from '../user-form.ts';
import { droppings, givings, objects, type Person, type Place, people, places, type Thing, takings } from './words.ts';
import type { Event, EventKind } from './world.ts';

/** How an event is told: the forms of its sentence, the gaps of each, and the event of the words in them. */
interface Telling {
  readonly forms: readonly Form[];
  readonly verbs: readonly string[];
  gaps(event: Event, verb: string): readonly string[];
  event(gaps: readonly string[]): Event;
}

const handled = (kind: 'take' | 'drop', verbs: readonly string[]): Telling => ({
  forms: [
    [people, verbs, 'the', objects, 'there .'],
    [people, verbs, 'the', objects, '.'],
  ],
  verbs,
  gaps: (event, verb) => ('object' in event ? [event.person, verb, event.object] : []),
  event: ([person, , object]) => ({ kind, person: person as Person, object: object as Thing }),
});

const tellings: Readonly<Record<EventKind, Telling>> = {
  move: {
    forms: [[people, actions, 'to the', places, '.']],
    verbs: actions,
    gaps: (event, verb) => (event.kind === 'move' ? [event.person, verb, event.place] : []),
    event: ([person, , place]) => ({ kind: 'move', person: person as Person, place: place as Place }),
  },
  take: handled('take', takings),
  drop: handled('drop', droppings),
  give: {
    forms: [[people, givings, 'the', objects, 'to', people, '.']],
    verbs: givings,
    gaps: (event, verb) => (event.kind === 'give' ? [event.person, verb, event.object, event.receiver] : []),
    event: ([person, , object, receiver]) => ({
      kind: 'give',
      person: person as Person,
      object: object as Thing,
      receiver: receiver as Person,
    }),
  },
};

/** The longest sentence in tokens, such as "mary went back to the garden ." or "john put down the milk there ." */
export const longestSentence = 7;

/** The forms of the sentences that tell these kinds of events. */
export const formsOf = (kinds: readonly EventKind[]): readonly Form[] => kinds.flatMap((kind) => tellings[kind].forms);

/** A sentence about the event, in one of its forms and with one of its verbs. */
export function tell(random: Random, event: Event): string {
  const { forms, verbs, gaps } = tellings[event.kind];
  return fill(random.pick(forms), gaps(event, random.pick(verbs)));
}

/** The event that a sentence tells; undefined if it tells none. */
export function eventOf(sentence: string): Event | undefined {
  for (const { forms, event } of Object.values(tellings))
    for (const form of forms) {
      const gaps = gapsOf(form, sentence);
      if (gaps) return event(gaps);
    }
  return undefined;
}
