// Facts about where a person went, shared by Memorize and Detect & memorize: the sentences and their split.
import { InputError } from '../errors.ts';
import type { Random } from '../random.ts';
import { encodeExactly, oncePerVocabulary } from '../text/vocabulary.ts';
import { actions, names, places } from './facts.ts';
import { draw, pool } from './sampling.ts';
import type { SampleRequest } from './task.ts';
import { type Form, gapsOf, type UserForms } from './user-form.ts';

/** Indices into `names`, `actions` and `places`. */
interface PersonFact {
  readonly name: number;
  readonly action: number;
  readonly place: number;
}

const all: readonly PersonFact[] = names.flatMap((_, name) =>
  actions.flatMap((_, action) => places.map((_, place) => ({ name, action, place }))),
);

/**
 * The 120 facts, 24 of them held out for validation: one action of each (name, place). In both parts every name and
 * every place is therefore equally frequent; the five actions can only be nearly so (5, 5, 5, 5 and 4 of the 24).
 */
export const personFacts = pool(all, ({ name, action, place }) => (name + action + place) % actions.length === 0);

/** The longest fact and the question, in tokens: "mary went back to the garden ." and "where is mary ?". */
export const longestFact = 7;
export const questionLength = 4;

const capitalised = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

const sentences = oncePerVocabulary((vocabulary) => ({
  facts: names.map((name) =>
    actions.map((action) =>
      places.map((place) => encodeExactly(vocabulary, `${capitalised(name)} ${action} to the ${place}.`)),
    ),
  ),
  questions: names.map((name) => encodeExactly(vocabulary, `Where is ${capitalised(name)}?`)),
}));

/** Draw a fact; `answer` is its place, which is the class index. */
export function drawPersonFact(
  random: Random,
  request: SampleRequest,
  sampling: string,
): { readonly fact: Int32Array; readonly question: Int32Array; readonly answer: number } {
  const { name, action, place } = draw(random, request, sampling, personFacts);
  const { facts, questions } = sentences(request.vocabulary);
  const fact = facts[name]?.[action]?.[place];
  const question = questions[name];
  if (!fact || !question) throw new RangeError(`no fact (${name}, ${action}, ${place})`);
  return { fact, question, answer: place };
}

const factForm: Form = [names, actions, 'to the', places, '.'];
const questionForm: Form = ['where is', names, '?'];

/** A user's facts and question: a person is where the last fact about them says. */
export const personForms: UserForms = {
  facts: [factForm],
  questions: [questionForm],
  trainedFacts: () => 1,
  solve(facts, question) {
    const [asked] = gapsOf(questionForm, question) ?? [];
    const last = facts.map((fact) => gapsOf(factForm, fact)).findLast((gaps) => gaps?.[0] === asked);
    const place = (places as readonly string[]).indexOf(last?.[2] ?? '');
    if (place < 0)
      throw new InputError(
        'your document: question',
        `'${question}', but no fact is about ${asked}`,
        'a person named in a fact',
      );
    return place;
  },
};
