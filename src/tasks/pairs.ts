// Pairs of a key and a value at random places of a document, then a key: shared by Key-value and Rewrite.
import type { Random } from '../random.ts';
import { drawOf } from '../text/split.ts';
import { idsOf, Vocabulary } from '../text/vocabulary.ts';
import {
  compose,
  defineTask,
  earlierQuestionsKnob,
  factPositionKnob,
  isGraded,
  pickFavoured,
  practiceKnob,
} from './sampling.ts';
import { digits, start } from './symbols.ts';
import type { TaskKnob } from './task.ts';
import { capacity, scatter } from './world/scatter.ts';

/** Sixty syllables, one token each. */
const syllables: readonly string[] = [...'bdfgklmnprst'].flatMap((consonant) =>
  [...'aeiou'].map((v) => `${consonant}${v}`),
);
/** Fills what no pair takes. */
const blank = '-';

const pairsKnob = {
  label: 'Pairs',
  help: 'Different keys in a document, each with its value. Documents that are too short, and runs with fewer keys, have as many as there can be.',
  source: 'GradMem, arXiv:2603.13875, associative key-value retrieval',
  about: 'data',
  basic: true,
  choices: ['4', '1', '2', '3', '6', '8', '12', '16', '24', '32', '48'],
  initial: '4',
  load: true,
} as const satisfies TaskKnob;

const keysKnob = {
  label: 'Different keys',
  help: 'How many of the sixty keys documents draw theirs from. A model learns to bind a key to its value from eight of them first.',
  source: 'this project (docs/recipes.md)',
  about: 'data',
  choices: ['60', '4', '8', '16', '32'],
  initial: '60',
} as const satisfies TaskKnob;

/** Models trained before this knob had their pairs anywhere. */
const pairPositionKnob = {
  ...factPositionKnob,
  label: 'Pair position',
  help: 'Pairs follow each other from the start of their segment, as in GradMem, or are anywhere inside it, which is learnt far later.',
  initial: 'anywhere',
} as const satisfies TaskKnob;

const questionsKnob = {
  ...earlierQuestionsKnob,
  label: 'More questions',
  help:
    'How many questions a training document has before the last one, each followed by its digit: at most this share of its other ' +
    'keys, as many as fit, and fewer in half of the documents. A model that answers with a token is trained on all of them; one that answers with a class only reads them. ' +
    'Validation asks once.',
} as const satisfies TaskKnob;

/**
 * Graded practice, in stages of up to `segments`: only the first `keys` occur, and each training document draws how much
 * its questions favour the first of them (`pickFavoured`), from 0 to `favour`.
 */
const GRADED = { segments: 2, keys: 8, favour: 5 };

/** Indices into `syllables` and `digits`. */
type Pair = readonly [key: number, value: number];

interface PairTask<Id extends string> {
  readonly id: Id;
  readonly title: string;
  readonly description: string;
  readonly source: string;
  /** How often each key is told; the last value counts, and no two in a row are equal. */
  readonly times: 1 | 2;
}

export const pairTask = <const Id extends string>({ times, ...about }: PairTask<Id>) =>
  defineTask({
    ...about,
    kind: 'classification',
    classes: digits,
    knobs: {
      pairs: pairsKnob,
      keys: keysKnob,
      pair_position: pairPositionKnob,
      more_questions: questionsKnob,
      practice: practiceKnob,
    },
    facts: ({ pairs = pairsKnob.initial }) => times * Number(pairs),
    // The pairs of one key, the start token and the key.
    minimumSegmentSize: 2 * times + 2,
    material: 'none',
    vocabulary: () => Vocabulary.of([start, ...digits, blank, ...syllables]),
    sample(random, request, { pairs, keys: different, pair_position: position, more_questions: share, practice }) {
      const { segments, segmentSize, split, vocabulary } = request;
      // With several segments the last has the questions alone: what they ask for can only come from memory.
      const told = segments > 1 ? { segments: segments - 1, segmentSize } : { segments, segmentSize: segmentSize - 2 };
      const isEasy = isGraded(practice, request, GRADED.segments);
      const size = isEasy ? Math.min(Number(different), GRADED.keys) : Number(different);
      const room = Math.floor(capacity({ ...told, questionLength: 0, longest: 2 }) / times);
      const count = Math.min(Number(pairs), size, room);
      const list = drawOf(
        random,
        split,
        (size * digits.length) ** (count * times),
        (random) => drawPairs(random, size, count, times),
        (list) => list.flat(),
      );
      const favour = isEasy ? GRADED.favour * random.float() : 0;
      const ranks = list.map(([key]) => key);
      const draw = () => ranks[pickFavoured(random, ranks, favour)] ?? 0;
      const [key, answer] = lastOf(list, draw());
      const free = segmentSize - 2 - (segments > 1 ? 0 : 2 * list.length);
      // Each is drawn from all keys: if answered keys were left out, what is left would give the last answer away.
      const most = split === 'train' ? Math.min(Math.round(Number(share) * (count - 1)), Math.floor(free / 3)) : 0;
      // Half of the documents have fewer, down to the single question of validation.
      const asked = most === 0 || random.int(2) === 0 ? most : random.int(most + 1);
      const before = Array.from({ length: asked }, draw);
      const [first = 0, ...digitIds] = idsOf(vocabulary, [start, ...digits]);
      const [empty = 0, ...keyIds] = idsOf(vocabulary, [blank, ...syllables]);
      const ask = (key: number) => [first, keyIds[key] ?? 0];
      const questions = before.flatMap((key) => [...ask(key), digitIds[lastOf(list, key)[1]] ?? 0]);
      const question = Int32Array.of(...questions, ...ask(key));
      const questionLength = segments > 1 ? 0 : questions.length;
      const starts = scatter(random, { ...told, questionLength, longest: 2 }, list.length, () => 2, position);
      const facts = list.map(([key, value], k) => ({
        tokens: Int32Array.of(keyIds[key] ?? 0, digitIds[value] ?? 0),
        start: starts[k] ?? 0,
      }));
      const blanks = { words: [blank], fill: (_: Random, length: number) => new Int32Array(length).fill(empty) };
      const sample = compose(random, { ...request, noise: blanks }, facts, question, answer);
      const from = segments * segmentSize - question.length;
      return before.length > 0 ? { ...sample, answered: before.map((_, k) => from + 3 * k + 2) } : sample;
    },
  });

/** `count` different keys of the first `size`, each told `times` times, in random order. */
function drawPairs(random: Random, size: number, count: number, times: number): Pair[] {
  const chosen = random.shuffle(Array.from({ length: size }, (_, key) => key)).slice(0, count);
  const told = random.shuffle(Array.from({ length: count * times }, (_, k) => chosen[k % count] ?? 0));
  const values = new Map<number, number>();
  return told.map((key) => {
    const before = values.get(key);
    const drawn = random.int(digits.length - (before === undefined ? 0 : 1));
    const value = before !== undefined && drawn >= before ? drawn + 1 : drawn;
    values.set(key, value);
    return [key, value];
  });
}

const lastOf = (list: readonly Pair[], key: number): Pair => list.findLast((pair) => pair[0] === key) ?? [key, 0];
