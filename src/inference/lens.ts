// The logit lens: what the model would answer if its head read the states of an earlier layer.
// Source: nostalgebraist 2020, "interpreting GPT: the logit lens"
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';
import { Readout } from '../models/readout.ts';
import { softmax } from './predictions.ts';
import { readAgain, type SegmentAt, type SegmentRead } from './read-again.ts';

/** What the head makes of the states before each layer and after the last, at one position or the mean over several. */
export interface LensColumn {
  /** From 0. */
  readonly segment: number;
  /** The word that is predicted, if the column is about one; otherwise the column is about the segment. */
  readonly word?: string;
  /** Predictions that it is a mean over. */
  readonly count: number;
  /** (layers + 1) probability of the right answer. */
  readonly right: Float32Array;
  /** (layers + 1) share of predictions whose most likely answer is the right one. */
  readonly hits: Float32Array;
  /** (layers + 1) the most likely answer and its probability, if the column is about one prediction. */
  readonly top?: readonly { readonly answer: string; readonly probability: number }[];
}

/** One prediction: a position in the segment, and the number of the right answer among `choices`; all words by default. */
interface Prediction {
  readonly position: number;
  readonly right: number;
  readonly word?: string;
}

interface Choices {
  /** Their places among the head's logits; undefined: all of them. */
  readonly ids?: readonly number[];
  nameOf(choice: number): string;
}

function choicesOf({ task, vocabulary, classTokens }: Work, { blueprint }: Model): Choices {
  if (task.kind !== 'classification') return { nameOf: (id) => vocabulary.word(id) };
  const ids = blueprint.answers === 'class' ? task.classes.map((_, i) => i) : classTokens;
  return { ids, nameOf: (i) => task.classes[i] ?? '' };
}

/** What is predicted in a segment: the answer if asked now, or the words of a text answer. */
function predictionsIn({ text, start, drawn }: SegmentRead, { task, vocabulary }: Work, model: Model): Prediction[] {
  const { layout, answers } = model.blueprint;
  if (answers === 'class') return [{ position: layout.head.first, right: drawn.answer }];
  if (task.kind === 'classification')
    return text.length > 0 ? [{ position: layout.front + text.length - 1, right: drawn.answer }] : [];
  const from = task.measure === 'loss' ? 1 : drawn.from;
  return Array.from(text, (_, t) => start + t + 1).flatMap((at) => {
    const right = at >= from && at < drawn.to ? drawn.words[at] : undefined;
    return right === undefined
      ? []
      : [{ position: layout.front + at - 1 - start, right, word: vocabulary.word(right) }];
  });
}

/** Words of an answer up to which each has a column of its own. */
const MOST_WORDS = 128;

/**
 * Look through the lens at some segments of a document, each read again from the memory it received.
 * @throws InputError if a segment or its memory does not belong to this document and model
 */
export async function* lensOf(
  model: Model,
  work: Work,
  request: Pick<DocumentRequest, 'segments' | 'seed' | 'document'>,
  at: readonly SegmentAt[],
): AsyncGenerator<{ readonly index: number; readonly columns: readonly LensColumn[] }> {
  const { hiddenSize: D, layers } = model.blueprint.shape;
  const choices = choicesOf(work, model);
  const isText = work.task.kind === 'generation' && work.task.measure === 'loss';
  const readout = await Readout.create(model);
  try {
    for await (const read of readAgain(model, work, request, at, 'hidden')) {
      const predictions = predictionsIn(read, work, model);
      const { from, to } = read.drawn;
      const perWord = !isText && (predictions.every(({ word }) => word === undefined) || to - from <= MOST_WORDS);
      const rows = read.hidden.flatMap((hidden) =>
        predictions.map(({ position }) => hidden.slice(position * D, (position + 1) * D)),
      );
      const logits = await readout.read(rows);
      const readAt = (layer: number, i: number) => {
        const all = logits[layer * predictions.length + i] ?? new Float32Array(0);
        const chances = softmax(choices.ids ? Float32Array.from(choices.ids, (id) => all[id] as number) : all);
        const best = chances.reduce((top, chance, id) => (chance > (chances[top] as number) ? id : top), 0);
        const { right = -1 } = predictions[i] ?? {};
        return { right: chances[right] ?? Number.NaN, hit: best === right ? 1 : 0, best, highest: chances[best] ?? 0 };
      };
      const column = (members: readonly number[]): LensColumn => {
        const found = Array.from({ length: layers + 1 }, (_, layer) => members.map((i) => readAt(layer, i)));
        const mean = (values: readonly number[]) => values.reduce((a, b) => a + b, 0) / members.length;
        const one = members.length === 1 && perWord;
        const word = one ? predictions[members[0] ?? 0]?.word : undefined;
        return {
          segment: read.index,
          ...(word === undefined ? {} : { word }),
          count: members.length,
          right: Float32Array.from(found, (layer) => mean(layer.map(({ right }) => right))),
          hits: Float32Array.from(found, (layer) => mean(layer.map(({ hit }) => hit))),
          ...(one
            ? {
                top: found.map(([first]) => ({
                  answer: choices.nameOf(first?.best ?? 0),
                  probability: first?.highest ?? 0,
                })),
              }
            : {}),
        };
      };
      const all = [...predictions.keys()];
      const columns = perWord ? all.map((i) => column([i])) : all.length > 0 ? [column(all)] : [];
      yield { index: read.index, columns };
    }
  } finally {
    readout.release();
  }
}
