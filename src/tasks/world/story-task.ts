// What the tasks about a world share: a story is simulated, told at random places of a document, and asked about.
import { InputError } from '../../errors.ts';
import type { Random } from '../../random.ts';
import { drawOf } from '../../text/split.ts';
import { encodeExactly, oncePerVocabulary } from '../../text/vocabulary.ts';
import {
  compose,
  defineTask,
  type EarlierQuestion,
  earlierQuestionsKnob,
  factPositionKnob,
  isGraded,
  pickFavoured,
} from '../sampling.ts';
import type { TaskKnob } from '../task.ts';
import { fill, shape, type UserForms } from '../user-form.ts';
import { answerTo, type Question } from './questions.ts';
import { capacity, scatter } from './scatter.ts';
import { eventOf, formsOf, longestSentence, tell } from './sentences.ts';
import { type Cast, simulate } from './simulate.ts';
import { firstOf, objects, people, places, worldVocabulary } from './words.ts';
import { type Event, type EventKind, World } from './world.ts';

const source = 'in the manner of bAbI (arXiv:1502.05698) and BABILong (arXiv:2406.10149)';
const counts = (initial: number, ...others: readonly number[]) => [initial, ...others].map(String);

export const peopleKnob = {
  label: 'People',
  help: 'How many people a document is about, drawn from seven.',
  source,
  about: 'data',
  basic: true,
  choices: counts(3, 2, 4, 5, 6, 7),
  initial: '3',
  load: true,
} as const satisfies TaskKnob;

export const namesKnob = {
  label: 'Names',
  help: 'How many of the seven names people are drawn from; never fewer than there are people.',
  source,
  about: 'data',
  choices: counts(7, 2, 3, 4, 5, 6),
  initial: '7',
} as const satisfies TaskKnob;

export const togetherKnob = {
  label: 'Questions of a document',
  help:
    'How many samples of a training batch are the same document, each with another question, as far as it answers several: ' +
    'then the order in which people were seen says little. Validation asks each document once.',
  source,
  about: 'training',
  choices: counts(1, 2, 3),
  initial: '1',
} as const satisfies TaskKnob;

export const placesKnob = {
  label: 'Places',
  help: 'How many of the six places there are.',
  source,
  about: 'data',
  choices: counts(6, 2, 3, 4, 5),
  initial: '6',
} as const satisfies TaskKnob;

export const objectsKnob = {
  label: 'Objects',
  help: 'How many objects people take, drop and give to each other.',
  source,
  about: 'data',
  basic: true,
  choices: counts(3, 1, 2),
  initial: '3',
} as const satisfies TaskKnob;

export const movesKnob = {
  label: 'Moves',
  help:
    'Sentences of a story, at random places of the whole document: moves, and what people do with objects. Short ' +
    'documents have as many as fit.',
  source,
  about: 'data',
  basic: true,
  choices: counts(6, 3, 4, 5, 8, 12, 16, 24, 32),
  initial: '6',
  load: true,
} as const satisfies TaskKnob;

/** The knobs of every task about a world; `objects` too where they matter. */
export const storyKnobs = {
  people: peopleKnob,
  names: namesKnob,
  places: placesKnob,
  moves: movesKnob,
  fact_position: factPositionKnob,
  earlier_questions: earlierQuestionsKnob,
  questions_together: togetherKnob,
} as const;

interface Story<Id extends string, K> {
  readonly id: Id;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  readonly knobs: K;
  readonly kinds: readonly EventKind[];
  /** The fewest events after which one of the questions can be answered. */
  readonly fewest: number;
  readonly questions: readonly Question[];
  /** The longest question in tokens. */
  readonly longestQuestion: number;
  readonly classes: readonly string[];
}

/**
 * Graded practice, in stages of up to `segments`: everyone moves once, and the first names of the list are asked about
 * more often. Binding a name to its place is a parity (which sentence has the name, and which name is asked for) that
 * gradient descent rarely finds while all names are asked about alike, neither among words nor in the memory: keeping
 * a name gains nothing before names are looked up, and looking one up gains nothing before names are kept. The place of
 * a name that most questions are about is kept for itself, and the other names follow one after the other. Each document
 * draws how much its questions favour the first names, from 0 to `favour`.
 */
const GRADED = { segments: 4, favour: 3 };

/** A task about a world: some of its events are told, and one question is asked that they answer. */
export function storyTask<const Id extends string, K extends typeof storyKnobs>(story: Story<Id, K>) {
  const { kinds, fewest, questions, longestQuestion, classes, ...about } = story;
  return defineTask({
    ...about,
    kind: 'classification',
    classes,
    userForms: userForms(story),
    hasSubjects: true,
    minimumSegmentSize: fewest * longestSentence + longestQuestion,
    material: 'noise',
    facts: ({ moves = movesKnob.initial }) => Number(moves),
    vocabulary: ({ noise }) => worldVocabulary(noise),
    sample(random, request, values) {
      const { segments, segmentSize, vocabulary } = request;
      const room = { segments, segmentSize, questionLength: longestQuestion, longest: longestSentence };
      const given = firstOf(places, values.places);
      const { practice = 'natural', objects: some = '0' } = values as Partial<Record<'practice' | 'objects', string>>;
      const things = firstOf(objects, some);
      const isTraining = request.split === 'train';
      const isEasy = isGraded(practice, request, GRADED.segments);
      const favour = isEasy ? GRADED.favour * random.float() : 0;
      const most = Math.min(Number(values.moves), capacity(room));
      const count = isEasy ? Math.min(Number(values.people), most) : most;
      const named = people.slice(0, Math.max(Number(values.names), Number(values.people)));
      const draw = (random: Random) => {
        const cast = {
          people: random.shuffle([...named]).slice(0, Number(values.people)),
          places: given,
          objects: things,
        };
        return { cast, ...drawAnswered(random, cast, kinds, count, questions, favour) };
      };
      const worlds = (named.length * (given.length - 1)) ** count;
      const { cast, events, asked } = drawOf(random, request.split, worlds, draw, ({ events }) => keyOf(events));
      const encode = encoder(vocabulary);
      const tokensOf = ({ form, gaps, answer }: Answerable) => ({
        tokens: encode(fill(form, gaps)),
        answer: classes.indexOf(answer),
      });
      const told = events.map((event) => encode(tell(random, event)));
      const length = (k: number) => told[k]?.length ?? 0;
      const starts = scatter(random, room, count, length, values.fact_position);
      const facts = told.map((tokens, k) => ({ tokens, start: starts[k] ?? 0 }));
      const share = isTraining ? Number(values.earlier_questions) : 0;
      const earlier: { readonly segment: number; readonly asked: Asked }[] = [];
      // A segment asks about what was told until its end, if the question does not reach back to its last sentence.
      for (let segment = 0, told = 0; segment < segments - 1 && share > 0; segment++) {
        const end = (segment + 1) * segmentSize;
        while ((starts[told] ?? Infinity) < end) told++;
        const last = facts[told - 1];
        if (!last || random.float() >= share) continue;
        const asked = ask(random, cast, worldAfter(events.slice(0, told)), questions, favour);
        const tokens = asked && tokensOf(asked[0]).tokens;
        if (tokens && last.start + last.tokens.length <= end - tokens.length) earlier.push({ segment, asked });
      }
      const sample = (random: Random, k: number) => {
        const { tokens, answer } = tokensOf(nth(asked, k));
        const others = earlier.map(({ segment, asked }): EarlierQuestion => ({ segment, ...tokensOf(nth(asked, k)) }));
        return compose(random, request, facts, tokens, answer, others);
      };
      const together = isTraining ? Math.min(Number(values.questions_together), asked.length) : 1;
      // Each in the same noise.
      const alike = Array.from({ length: together - 1 }, (_, k) => sample(random.clone(), k + 1));
      return { ...sample(random, 0), ...(alike.length > 0 ? { alike } : {}) };
    },
  });
}

/** Tokenises each sentence once. */
const encoder = oncePerVocabulary((vocabulary) => {
  const known = new Map<string, Int32Array>();
  return (sentence: string): Int32Array => {
    const tokens = known.get(sentence) ?? encodeExactly(vocabulary, sentence);
    known.set(sentence, tokens);
    return tokens;
  };
});

/** Simulate until some question has an answer, and ask: every kind of question is equally likely. */
function drawAnswered(
  random: Random,
  cast: Cast,
  kinds: readonly EventKind[],
  count: number,
  questions: readonly Question[],
  favour: number,
): { readonly events: readonly Event[]; readonly asked: Asked } {
  for (;;) {
    const events = simulate(random, cast, kinds, count);
    const asked = ask(random, cast, worldAfter(events), questions, favour);
    if (asked) return { events, asked };
  }
}

type Answerable = ReturnType<typeof answerable>[number];
/** A question that was drawn, and the others of its kind after it. */
type Asked = readonly [Answerable, ...Answerable[]];

/** The k-th of them, from the first again after the last. */
const nth = (asked: Asked, k: number): Answerable => asked[k % asked.length] ?? asked[0];

/**
 * One of the questions that the world answers; undefined if there is none.
 * @param favour as of `pickFavoured`, by the ranks of its words in their lists
 */
function ask(
  random: Random,
  cast: Cast,
  world: World,
  questions: readonly Question[],
  favour: number,
): Asked | undefined {
  const answered = questions.map((question) => answerable(question, cast, world)).filter((all) => all.length > 0);
  if (answered.length === 0) return undefined;
  const all = random.pick(answered);
  const first = pickFavoured(
    random,
    all.map(({ rank }) => rank),
    favour,
  );
  return [...all.slice(first), ...all.slice(0, first)] as readonly Answerable[] as Asked;
}

function worldAfter(events: readonly Event[]): World {
  const world = new World();
  for (const event of events) world.apply(event);
  return world;
}

/** Every question of this form about the cast that has an answer. */
function answerable({ form, answer }: Question, cast: Cast, world: World) {
  const named = (list: readonly string[]): readonly string[] =>
    list === people ? cast.people : list === places ? cast.places : cast.objects;
  const lists = form.filter((part) => typeof part !== 'string');
  const filled = lists.reduce<readonly (readonly string[])[]>(
    (all, list) => all.flatMap((chosen) => named(list).map((word) => [...chosen, word])),
    [[]],
  );
  return filled.flatMap((gaps) => {
    const found = answer(world, gaps);
    const rank = gaps.reduce((sum, word, k) => sum + (lists[k]?.indexOf(word) ?? 0), 0);
    return found === undefined ? [] : [{ form, gaps, rank, answer: found }];
  });
}

/** What identifies a world: its events, however they are told. */
const keyOf = (events: readonly Event[]): number[] =>
  events.flatMap((event) => [
    ['move', 'take', 'drop', 'give'].indexOf(event.kind),
    people.indexOf(event.person),
    event.kind === 'move' ? places.indexOf(event.place) : objects.indexOf(event.object),
    event.kind === 'give' ? people.indexOf(event.receiver) : 0,
  ]);

/** A user's story: any sentences of the task's events, judged by the world that they tell. */
function userForms({
  kinds,
  questions,
  classes,
}: Pick<Story<string, unknown>, 'kinds' | 'questions' | 'classes'>): UserForms {
  const forms = formsOf(kinds);
  return {
    facts: forms,
    questions: questions.map(({ form }) => form),
    trainedFacts: ({ moves = movesKnob.initial }) => Number(moves),
    solve(facts, question) {
      const world = new World();
      facts.forEach((sentence, k) => {
        const where = `your document: fact ${k + 1}`;
        const event = eventOf(sentence);
        if (event === undefined || !kinds.includes(event.kind))
          throw new InputError(where, `'${sentence}'`, forms.map(shape).join(' or '));
        const contradiction = world.contradiction(event);
        if (contradiction !== undefined)
          throw new InputError(
            where,
            `'${sentence}', but ${contradiction}`,
            'what can happen after the facts before it',
          );
        world.apply(event);
      });
      const answer = answerTo(questions, world, question);
      if (typeof answer !== 'string')
        throw new InputError(
          'your document: question',
          `'${question}'${answer === null ? '' : ', which the facts do not answer'}`,
          questions.map(({ form }) => `'${shape(form)}'`).join(' or '),
        );
      return classes.indexOf(answer);
    },
  };
}
