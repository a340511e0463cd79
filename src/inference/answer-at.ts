// Where in a document the model gives its answer, and what it chooses between there.

import { InputError } from '../errors.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { softmax } from './predictions.ts';
import type { StreamedDocument } from './streamed-document.ts';

/** One answer, with what the model thinks of it. */
export interface Candidate {
  /** The class or word, as the head numbers it. */
  readonly id: number;
  readonly word: string;
  readonly logit: number;
  /** Among all answers that the model chooses between. */
  readonly probability: number;
}

/** The prediction that is explained. */
export interface AnswerAt {
  /** The last segment that has to be read, and the row of its head, within one sequence. */
  readonly segment: number;
  readonly row: number;
  /** The right class or word as the head numbers it; -1 if there is none. */
  readonly right: number;
  /** Which word of the answer it is, from 0, and how many there are. */
  readonly word: number;
  readonly words: number;
  /** What it chooses between, as the head numbers it, and each in words. */
  readonly ids: ArrayLike<number>;
  wordOf(id: number): string;
}

/** The probability of each id, in the order of `ids`: among them. */
function chancesOf(logits: Float32Array, { ids }: Pick<AnswerAt, 'ids'>): Float32Array {
  return softmax(Float32Array.from(ids, (id) => logits[id] ?? Number.NEGATIVE_INFINITY));
}

/** What it chooses between, best first. */
export function candidatesOf(at: AnswerAt, logits: Float32Array): Candidate[] {
  const chances = chancesOf(logits, at);
  return Array.from(at.ids, (id, i) => ({
    id,
    word: at.wordOf(id),
    logit: logits[id] ?? Number.NaN,
    probability: chances[i] ?? Number.NaN,
  })).sort((a, b) => b.logit - a.logit);
}

/** The probabilities of some answers. */
export function probabilitiesOf(at: AnswerAt, logits: Float32Array, ids: readonly number[]): number[] {
  const chances = chancesOf(logits, at);
  return ids.map((id) => chances[Array.prototype.indexOf.call(at.ids, id)] ?? Number.NaN);
}

/**
 * The answer of a document. Where it is a text: one word of it, by default its first, or, where every word is scored, its
 * last.
 * @throws InputError if it has no such word
 */
export function answerAt(
  { answers }: Pick<Blueprint, 'answers'>,
  { task, vocabulary, classTokens }: Work,
  document: StreamedDocument,
  chosen?: number,
): AnswerAt {
  const { answer, words: tokens, from, to, inputs } = document.drawn;
  const last = document.length - 1;
  const classes = task.kind === 'classification' ? task.classes : [];
  const one = { word: 0, words: 1 };
  if (answers === 'class') {
    const ids = classes.map((_, i) => i);
    return { segment: last, row: 0, right: answer, ...one, ids, wordOf: (id) => classes[id] ?? '' };
  }
  const at = (position: number) => {
    let segment = last;
    while (segment > 0 && document.startOf(segment) > position) segment--;
    return { segment, row: position - document.startOf(segment) };
  };
  if (classTokens.length > 0) {
    const wordOf = (id: number) => classes[classTokens.indexOf(id)] ?? '';
    return { ...at(inputs.length - 1), right: classTokens[answer] ?? -1, ...one, ids: classTokens, wordOf };
  }
  const first = Math.max(1, from);
  const words = Math.max(1, to - first);
  const word = chosen ?? (task.kind === 'generation' && task.measure === 'loss' ? words - 1 : 0);
  if (!Number.isInteger(word) || word < 0 || word >= words)
    throw new InputError('word of the answer', String(word + 1), `one from 1 to ${words}`);
  return {
    ...at(first + word - 1),
    right: to > first ? (tokens[first + word] ?? -1) : -1,
    word,
    words,
    ids: Array.from({ length: vocabulary.size }, (_, id) => id),
    wordOf: (id) => vocabulary.word(id),
  };
}

/**
 * The answer to explain, and the one to compare it with: those named, or the model's own and the next best.
 * @throws InputError if the model does not choose between such answers
 */
export function contrast(
  candidates: readonly Candidate[],
  named: { readonly answer?: string | undefined; readonly than?: string | undefined },
): readonly [answer: Candidate, than: Candidate] {
  const find = (word: string | undefined, others: readonly Candidate[], where: string): Candidate => {
    const found = word === undefined ? others[0] : others.find((each) => each.word === word);
    if (!found)
      throw new InputError(
        where,
        word === undefined ? 'no other answer' : `'${word}'`,
        'an answer that the model knows',
      );
    return found;
  };
  const answer = find(named.answer, candidates, 'answer');
  const than = find(
    named.than === answer.word ? undefined : named.than,
    candidates.filter(({ id }) => id !== answer.id),
    'answer to compare with',
  );
  return [answer, than];
}
