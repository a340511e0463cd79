// Reasoning: three places in a line, described by two facts in random segments; the question needs one of the two.
import { InputError } from '../errors.ts';
import { encodeExactly, oncePerVocabulary } from '../text/vocabulary.ts';
import { words } from '../text/words.ts';
import { type Direction, directions, opposite, type Place, places, taskVocabulary } from './facts.ts';
import { compose, defineTask, draw, factPositionKnob, pool, practiceKnob, samplingKnob, startIn } from './sampling.ts';
import type { Form, UserForms } from './user-form.ts';

/** Three places in a line (indices into `places`): `upper` is `towards` `middle`, and `middle` is `towards` `lower`. */
interface Line {
  readonly lower: number;
  readonly middle: number;
  readonly upper: number;
  readonly towards: 'east' | 'north';
}

const indices = places.map((_, index) => index);
const lines: readonly Line[] = (['east', 'north'] as const).flatMap((towards) =>
  indices.flatMap((lower) =>
    indices.flatMap((middle) =>
      indices
        .filter((upper) => lower !== middle && middle !== upper && upper !== lower)
        .map((upper) => ({ lower, middle, upper, towards })),
    ),
  ),
);

/**
 * The 240 lines; the 48 kept for validation are those whose upper end comes one (east) or two (north) places after the
 * lower end in the circular list of places. A line is held out as a whole: none of its fact pairs, in any order or
 * wording, is seen in training. The circular order makes every place equally frequent as lower end, middle and upper
 * end in both parts, so the classes balance; using both one and two also keeps the pairs of neighbours nearly even, and
 * every single fact still occurs in training with other partners.
 */
export const reasoningLines = pool(
  lines,
  ({ lower, upper, towards }) => (upper - lower + places.length) % places.length === (towards === 'east' ? 1 : 2),
);

/** Subject and object as indices into `places`. */
interface Relation {
  readonly subject: number;
  readonly direction: Direction;
  readonly object: number;
}

const factLength = 8;
const questionLength = 7;

/** The tokens of the fact "the subject is direction of the object." */
const factTokens = oncePerVocabulary((vocabulary) =>
  everyRelation((subject, direction, object) =>
    encodeExactly(vocabulary, `The ${subject} is ${direction} of the ${object}.`),
  ),
);
/** The tokens of the two questions that the fact answers with its subject: as stated, and inverted. */
const questionTokens = oncePerVocabulary((vocabulary) =>
  everyRelation((_, direction, object) => [
    encodeExactly(vocabulary, `What is ${direction} of the ${object}?`),
    encodeExactly(vocabulary, `What is the ${object} ${opposite[direction]} of?`),
  ]),
);

function everyRelation<T>(make: (subject: Place, direction: Direction, object: Place) => T) {
  const made = places.map(
    (subject) =>
      new Map(directions.map((direction) => [direction, places.map((place) => make(subject, direction, place))])),
  );
  return ({ subject, direction, object }: Relation): T => {
    const value = made[subject]?.get(direction)?.[object];
    if (value === undefined) throw new RangeError(`no relation (${subject}, ${direction}, ${object})`);
    return value;
  };
}

/**
 * How often training departs from the natural distribution. When both facts name their end first (4 in 9), the places
 * alone do not show which fact is asked about: direction and wording must be compared, a parity that gradient descent
 * rarely finds while both are evenly mixed. So `first`, for stages of one segment, makes these pairs frequent and mixes
 * the rest unevenly; `later` is natural except for more hard pairs, and more often puts both facts in the first
 * segment.
 */
const graded = {
  first: { endsFirst: 0.7, asStated: 0.85, upperFirst: 0.85, bothInFirst: 0 },
  later: { endsFirst: 0.5, asStated: 0.5, upperFirst: 0.5, bothInFirst: 0.3 },
} as const;

const relationFact: Form = ['the', places, 'is', directions, 'of the', places, '.'];

/** A user's facts and question: places, and their positions relative to each other. */
const relationForms: UserForms = {
  facts: [relationFact],
  questions: [
    ['what is', directions, 'of the', places, '?'],
    ['what is the', places, directions, 'of', '?'],
  ],
  trainedFacts: () => 2,
  solve(facts, question) {
    const found = [...new Set(solveReasoning(facts, question).map(({ place }) => place))];
    const [place] = found;
    if (place === undefined || found.length > 1)
      throw new InputError(
        'your document: question',
        `'${question}', to which the facts give ${found.length === 0 ? 'no answer' : `the answers ${found.join(', ')}`}`,
        'a question that one fact answers, as stated or inverted',
      );
    return places.indexOf(place);
  },
};

/**
 * The rule behind the official data. A line of three places is described by two facts in either order, each relating
 * the middle to one of the ends; a fact names the end first two times in three, else the middle. The question is about
 * either fact, as stated or inverted, half of the time each. The answer is always the place that the asked fact names
 * first: so each of the three places is the answer equally often, and a question names the place to start from.
 */
export const reasoning = defineTask({
  id: 'reasoning',
  title: 'Reasoning',
  description:
    'Two facts, each in a random segment, describe the relative positions of three places. The question at the end needs ' +
    'one of them, half of the time inverted: if A is north of B, then B is south of A.',
  source: 'Bulatov et al. 2023, arXiv:2304.11062, reasoning task; after task 4 of bAbI (arXiv:1502.05698)',
  kind: 'classification',
  classes: places,
  userForms: relationForms,
  knobs: { fact_position: factPositionKnob, sampling: samplingKnob, practice: practiceKnob },
  minimumSegmentSize: 2 * factLength + questionLength,
  material: 'noise',
  vocabulary: ({ noise }) => taskVocabulary(noise),
  sample(random, request, { fact_position, sampling, practice }) {
    const { lower, middle, upper, towards } = draw(random, request, sampling, reasoningLines);
    const isGraded = practice === 'graded' && request.split === 'train';
    const grade = isGraded ? graded[(request.stageSegments ?? request.segments) === 1 ? 'first' : 'later'] : undefined;
    const chance = (p: number) => random.float() < p;

    const endsFirst = grade !== undefined && chance(grade.endsFirst);
    const relate = (end: number, direction: Direction): Relation =>
      endsFirst || random.int(3) > 0
        ? { subject: end, direction, object: middle }
        : { subject: middle, direction: opposite[direction], object: end };
    const ends = random.shuffle([relate(lower, opposite[towards]), relate(upper, towards)]);
    if (
      grade &&
      ends[0]?.direction !== ends[1]?.direction &&
      (ends[0]?.direction === towards) !== chance(grade.upperFirst)
    )
      ends.reverse();
    const asked = random.pick(ends);
    const questions = questionTokens(request.vocabulary)(asked);
    const question = (grade ? questions[chance(grade.asStated) ? 0 : 1] : undefined) ?? random.pick(questions);

    const position = (segment: number, length: number) =>
      startIn(random, request, fact_position, segment, length, questionLength);
    const segments =
      grade && chance(grade.bothInFirst)
        ? ([0, 0] as const)
        : ([random.int(request.segments), random.int(request.segments)] as const);
    const together = segments[0] === segments[1];
    const first = position(segments[0], together ? 2 * factLength : factLength);
    const second = together ? first + factLength : position(segments[1], factLength);

    const [one, two] = ends.map(factTokens(request.vocabulary));
    if (!one || !two) throw new RangeError('a line has two ends');
    const facts = [
      { tokens: one, start: first },
      { tokens: two, start: second },
    ];
    return compose(random, request, facts, question, asked.subject);
  },
});

export interface Solution {
  readonly place: Place;
  /** The fact that gives the answer. */
  readonly fact: number;
  /** Whether that fact has to be inverted. */
  readonly inverted: boolean;
}

const anyPlace = `(${places.join('|')})`;
const anyDirection = `(${directions.join('|')})`;
const factPattern = new RegExp(`^the ${anyPlace} is ${anyDirection} of the ${anyPlace} \\.$`);
const questionPatterns = [
  new RegExp(`^what is (?<direction>${anyDirection}) of the (?<place>${anyPlace}) \\?$`),
  new RegExp(`^what is the (?<place>${anyPlace}) (?<direction>${anyDirection}) of \\?$`),
];

/**
 * Answer a question by reading it: every answer that a single fact gives, directly or inverted. Independent of how
 * samples are drawn.
 * @param facts    sentences such as "The hallway is east of the bathroom."
 * @param question "What is the bathroom east of?" or "What is east of the bathroom?"
 * @throws InputError if a sentence has neither form
 */
export function solveReasoning(facts: readonly string[], question: string): Solution[] {
  const asked = words(question).join(' ');
  const groups = questionPatterns.map((pattern) => pattern.exec(asked)?.groups);
  const form = groups.findIndex((match) => match !== undefined);
  const known = groups[form]?.['place'];
  const wanted = groups[form]?.['direction'] as Direction | undefined;
  if (!wanted || !known)
    throw new InputError(
      'question',
      `'${question}'`,
      "'What is the <place> <direction> of?' or 'What is <direction> of the <place>?'",
    );
  // From here on: X is `towards` of the known place.
  const towards = form === 0 ? wanted : opposite[wanted];

  return facts.flatMap((sentence, fact): Solution[] => {
    const match = factPattern.exec(words(sentence).join(' '));
    if (!match)
      throw new InputError(`fact ${fact + 1}`, `'${sentence}'`, "'The <place> is <direction> of the <place>.'");
    const [, subject, stated, object] = match as unknown as [string, Place, Direction, Place];
    if (object === known && stated === towards) return [{ place: subject, fact, inverted: stated !== wanted }];
    if (subject === known && stated === opposite[towards])
      return [{ place: object, fact, inverted: stated !== wanted }];
    return [];
  });
}
