// The questions about a world, and their answers.
import { type Form, gapsOf } from '../user-form.ts';
import { objects, type Person, type Place, people, places, type Thing } from './words.ts';
import type { Gift, World } from './world.ts';

/** One form of question. */
export interface Question {
  readonly form: Form;
  /** The answer to the question with these words in its gaps; undefined if what is known does not give it. */
  answer(world: World, gaps: readonly string[]): string | undefined;
}

/** "where is mary?": the last move counts. */
export const whereIsPerson: Question = {
  form: ['where is', people, '?'],
  answer: (world, [person]) => world.placeOf(person as Person),
};

/** "where is the milk?": where its owner is, or where it was dropped. */
export const whereIsObject: Question = {
  form: ['where is the', objects, '?'],
  answer: (world, [object]) => world.visits(object as Thing).at(-1),
};

/** "where was the milk before the garden?": the place from which it last came to the garden. */
export const whereWasObject: Question = {
  form: ['where was the', objects, 'before the', places, '?'],
  answer(world, [object, place]) {
    const visits = world.visits(object as Thing);
    return visits[visits.lastIndexOf(place as Place) - 1];
  },
};

const lastGift = (world: World, isMeant: (gift: Gift) => boolean) => world.gifts.findLast(isMeant);

/** The five questions of bAbI's task 5: the last gift that they describe counts. */
export const aboutGifts: readonly Question[] = [
  {
    form: ['what did', people, 'give to', people, '?'],
    answer: (world, [giver, receiver]) =>
      lastGift(world, (gift) => gift.person === giver && gift.receiver === receiver)?.object,
  },
  {
    form: ['who gave the', objects, 'to', people, '?'],
    answer: (world, [object, receiver]) =>
      lastGift(world, (gift) => gift.object === object && gift.receiver === receiver)?.person,
  },
  {
    form: ['who did', people, 'give the', objects, 'to ?'],
    answer: (world, [giver, object]) =>
      lastGift(world, (gift) => gift.person === giver && gift.object === object)?.receiver,
  },
  {
    form: ['who gave the', objects, '?'],
    answer: (world, [object]) => lastGift(world, (gift) => gift.object === object)?.person,
  },
  {
    form: ['who received the', objects, '?'],
    answer: (world, [object]) => lastGift(world, (gift) => gift.object === object)?.receiver,
  },
];

/**
 * The answer to a written question in one of these forms.
 * @returns undefined if what is known does not answer it, null if it has none of the forms
 */
export function answerTo(questions: readonly Question[], world: World, written: string): string | undefined | null {
  for (const { form, answer } of questions) {
    const gaps = gapsOf(form, written);
    if (gaps) return answer(world, gaps);
  }
  return null;
}
