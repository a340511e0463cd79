// The stories of bAbI hidden in noise, as BABILong does: their sentences in order, at random places of a longer text, and
// the question at the end. An encoder answers with a class; a decoder writes the answer after the token GEN.
import { InputError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Stories, StoryQuestion } from '../text/babi.ts';
import { generatedStories } from '../text/generated-stories.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import type { Split } from '../text/split.ts';
import { encodeExactly, oncePerVocabulary, spell, Vocabulary } from '../text/vocabulary.ts';
import { endOfLine, words } from '../text/words.ts';
import { defineTask } from './sampling.ts';
import type { Mark, Material, SampleRequest } from './task.ts';

const source =
  'Kuratov et al. 2024, arXiv:2406.10149 (BABILong); stories of bAbI (Weston et al. 2015, arXiv:1502.05698)';
/** Separates the question from the answer that a decoder writes. */
const generate = 'GEN';

const storiesIn = ({ stories }: Material): Stories => stories ?? generatedStories();
/** Every tenth story is for validation. */
const isIn = ({ story }: StoryQuestion, split: Split) => (story % 10 === 9) === (split === 'validation');

const vocabulary = (material: Material) => {
  const { questions, answers } = storiesIn(material);
  const texts = new Set(questions.flatMap(({ facts, question }) => [...facts, question]));
  return Vocabulary.of([...[...texts].flatMap(words), ...answers, generate, endOfLine, ...material.noise.words]);
};

const sentenceIds = oncePerVocabulary(() => new Map<string, Int32Array>());

/** The token ids of a sentence, encoded once. */
function idsOf(vocabulary: Vocabulary, sentence: string): Int32Array {
  const known = sentenceIds(vocabulary);
  const ids = known.get(sentence) ?? encodeExactly(vocabulary, sentence);
  known.set(sentence, ids);
  return ids;
}

/** Tokens that the facts and the question of a story take. */
const lengthOf = (vocabulary: Vocabulary, { facts, question }: StoryQuestion) =>
  facts.reduce((sum, fact) => sum + idsOf(vocabulary, fact).length, idsOf(vocabulary, question).length);

/** The first token of GEN, and the token that ends an answer. */
function signs(vocabulary: Vocabulary): { readonly before: number; readonly end: number } {
  if (!(vocabulary instanceof PieceVocabulary))
    return { before: vocabulary.id(generate), end: vocabulary.id(endOfLine) };
  const [before] = vocabulary.tokenizer.encode(generate).ids;
  const { end } = vocabulary;
  if (before === undefined || end === undefined)
    throw new InputError('tokenizer', 'no token that ends a text', "'<|endoftext|>', '</s>' or '[SEP]'");
  return { before, end };
}

/** The tokens after the question: GEN, the answer and the end. */
function answerIds(vocabulary: Vocabulary, answer: string): Int32Array {
  const { before, end } = signs(vocabulary);
  const ids = vocabulary instanceof PieceVocabulary ? vocabulary.encode(answer) : [vocabulary.id(answer)];
  return Int32Array.of(before, ...ids, end);
}

/**
 * A question of the split that fits, its facts in noise, and the question: `length` tokens less those that follow it.
 * @param after the tokens that follow the question
 */
function hidden(
  random: Random,
  request: SampleRequest,
  length: number,
  after: (chosen: StoryQuestion) => Int32Array,
): { readonly chosen: StoryQuestion; readonly tokens: Int32Array; readonly marks: readonly Mark[] } {
  const { vocabulary, noise, split } = request;
  const { name, questions } = storiesIn(request);
  const room = (each: StoryQuestion) => length - lengthOf(vocabulary, each) - after(each).length;
  const mine = questions.filter((each) => isIn(each, split));
  const fitting = mine.filter((each) => room(each) >= 0);
  if (fitting.length === 0)
    throw new InputError(
      name,
      mine.length === 0 ? `no stories for ${split}` : `stories of more than ${length} tokens`,
      mine.length === 0 ? 'at least ten stories: every tenth is for validation' : 'more or longer segments',
    );
  const chosen = random.pick(fitting);
  const free = room(chosen);
  const filler = noise.fill(random, free, vocabulary);
  const places = Array.from(chosen.facts, () => random.int(free + 1)).sort((a, b) => a - b);
  const tokens = new Int32Array(length);
  const marks: Mark[] = [];
  let [at, used] = [0, 0];
  const put = (ids: Int32Array, kind?: Mark['kind']) => {
    tokens.set(ids, at);
    if (kind && ids.length > 0) marks.push({ kind, start: at, end: at + ids.length });
    at += ids.length;
  };
  chosen.facts.forEach((fact, k) => {
    const place = places[k] ?? free;
    put(filler.subarray(used, place));
    used = place;
    put(idsOf(vocabulary, fact), 'fact');
  });
  put(filler.subarray(used));
  put(idsOf(vocabulary, chosen.question), 'question');
  put(after(chosen));
  return { chosen, tokens, marks };
}

const nothing = new Int32Array(0);
const shared = { source, knobs: {}, minimumSegmentSize: 8, material: 'stories', vocabulary } as const;

export const babi = defineTask({
  ...shared,
  id: 'babi',
  title: 'bAbI in noise',
  description:
    'The sentences of a story are hidden in noise, in order, and the question about it comes at the end. The answer is one ' +
    'of those in the file. Built-in stories say who went where; you can use any file of bAbI instead.',
  kind: 'classification',
  classes: generatedStories().answers,
  classesOf: (material) => storiesIn(material).answers,
  sample(random, request) {
    const { chosen, tokens, marks } = hidden(random, request, request.segments * request.segmentSize, () => nothing);
    const { name, answers } = storiesIn(request);
    const answer = answers.indexOf(chosen.answer);
    if (answer < 0) throw new InputError(name, `the answer '${chosen.answer}'`, `one of ${answers.join(', ')}`);
    return { tokens, answer, marks };
  },
});

/**
 * Whether a written answer is right, as BABILong judges it: of all answers in the file, apart from those that the question
 * itself names, it has the expected ones and no other.
 */
export function isRightAnswer(
  written: string,
  { question, answer }: Pick<StoryQuestion, 'question' | 'answer'>,
  answers: readonly string[],
): boolean {
  const parts = (each: string) =>
    each
      .toLowerCase()
      .split(',')
      .map((part) => part.trim());
  const labels = new Set([...answers, answer].flatMap(parts));
  const [text, asked] = [written.toLowerCase(), question.toLowerCase()];
  const found = [...labels].filter((label) => text.includes(label) && !asked.includes(label));
  const wanted = [...new Set(parts(answer))];
  return found.length === wanted.length && wanted.every((each) => found.includes(each));
}

export const babilong = defineTask({
  ...shared,
  id: 'babilong',
  title: 'bAbI in noise, written answer',
  description:
    'The same stories in noise for a decoder: after the question and the token GEN it writes the answer, of any length, and ' +
    'the end of the text.',
  kind: 'generation',
  measure: 'accuracy',
  sample(random, request) {
    const { segments, segmentSize, vocabulary } = request;
    const length = segments * segmentSize + 1;
    const after = ({ answer }: StoryQuestion) => answerIds(vocabulary, answer);
    const { chosen, tokens, marks } = hidden(random, request, length, after);
    const answerFrom = length - after(chosen).length + 1;
    const answer = { kind: 'answer', start: answerFrom, end: length } as const;
    return { tokens, answerFrom, answerEnd: length, marks: [...marks, answer] };
  },
  check(written, { tokens, answerFrom, answerEnd, marks }, vocabulary, material) {
    const style = vocabulary instanceof PieceVocabulary ? vocabulary.tokenizer.style : undefined;
    const end = vocabulary.word(signs(vocabulary).end);
    const spelt = (pieces: readonly string[]) => spell(pieces, style).trim();
    const inText = (from: number, to: number) =>
      spelt(Array.from(tokens.subarray(from, to), (id) => vocabulary.word(id)));
    const asked = marks.find(({ kind }) => kind === 'question');
    const question = asked ? inText(asked.start, asked.end) : '';
    const answer = inText(answerFrom, answerEnd - 1);
    const until = written.indexOf(end);
    const said = spelt(until < 0 ? written : written.slice(0, until));
    const right = isRightAnswer(said, { question, answer }, storiesIn(material).answers);
    return { right, reason: right ? `it says ${answer}` : `it says “${said}” instead of ${answer}` };
  },
});
