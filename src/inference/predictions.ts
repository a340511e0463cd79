// A model's predictions while it reads a document: the class it would answer, or the next words and how many were correct.

import type { Drawn } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';

/** The model's predictions for a segment. */
export interface SegmentPrediction {
  /**
   * Class probabilities if the head had to answer now, of a document with several subjects if it were asked its question;
   * empty for a task with a text answer.
   */
  readonly probabilities: Float32Array;
  /** Of a generative model, for each word: the prediction before reading it. */
  readonly guesses?: readonly Guess[] | undefined;
  /** Of a generative model, after the last segment: the word that is only predicted, never read. */
  readonly behind?: { readonly word: string; readonly guess: Guess } | undefined;
}

export interface StreamAnswer {
  readonly answer: string;
  /** Of a generative model: the number of answer words, and how many were predicted correctly. */
  readonly right?: number;
  readonly asked?: number;
}

/** A generative model's prediction at one position. */
export interface Guess {
  /** The most likely word. */
  readonly word: string;
  /** The probability of the word that was there. */
  readonly probability: number;
}

/** Probabilities of logits. */
export function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export class Predictions {
  /** The prediction for the next word: the logits at the last word read; undefined at the beginning. */
  private ahead: Float32Array | undefined;
  private correctWords = 0;
  private answer = '';

  constructor(
    private readonly model: Model,
    private readonly work: Work,
    private readonly drawn: Drawn,
  ) {}

  /** A copy after the same segments. */
  clone(): Predictions {
    const other = new Predictions(this.model, this.work, this.drawn);
    other.ahead = this.ahead;
    other.correctWords = this.correctWords;
    other.answer = this.answer;
    return other;
  }

  /** Of a generative model, also the answer words predicted correctly so far, and how many there are. */
  get answered(): StreamAnswer {
    const { from, to } = this.drawn;
    if (this.model.blueprint.answers === 'class') return { answer: this.answer };
    const score = { right: this.correctWords, asked: to - from };
    const isText = this.work.task.kind === 'generation';
    return { answer: isText ? `${score.right} of ${score.asked}` : this.answer, ...score };
  }

  /**
   * What the head's logits predict of a segment.
   * @param start where its text begins in the document
   */
  read(logits: readonly Float32Array[], text: Int32Array, start: number): SegmentPrediction {
    const predicted = this.predict(logits, text, start);
    const { task } = this.work;
    const best = predicted.probabilities.indexOf(Math.max(...predicted.probabilities));
    this.answer = (task.kind === 'classification' && task.classes[best]) || '';
    return predicted;
  }

  /** The probabilities of the classes, from the logits of a classifier. */
  probabilitiesOf([logits = new Float32Array(0)]: readonly Float32Array[]): Float32Array {
    const { task } = this.work;
    return softmax(logits.slice(0, task.kind === 'classification' ? task.classes.length : 0));
  }

  private predict(logits: readonly Float32Array[], text: Int32Array, start: number): SegmentPrediction {
    const { vocabulary, classTokens } = this.work;
    if (this.model.blueprint.answers === 'class') return { probabilities: this.probabilitiesOf(logits) };
    const { words, from, to } = this.drawn;
    const guesses: Guess[] = [];
    let behind: SegmentPrediction['behind'];
    for (let t = 0; t <= text.length; t++) {
      const before = t === 0 ? this.ahead : logits[t - 1];
      const next = t < text.length ? (text[t] as number) : start + t === words.length - 1 ? words.at(-1) : undefined;
      if (next === undefined) continue;
      const chances = before && softmax(before);
      const best = chances ? chances.reduce((at, chance, id) => (chance > (chances[at] as number) ? id : at), 0) : -1;
      const guess = { word: chances ? vocabulary.word(best) : '', probability: chances?.[next] ?? 0 };
      if (t < text.length) guesses.push(guess);
      else if (to > start + t) behind = { word: vocabulary.word(next), guess };
      if (start + t >= from && start + t < to && best === next) this.correctWords++;
    }
    this.ahead = text.length > 0 ? logits[text.length - 1] : this.ahead;
    // The class it would answer now.
    const now = this.ahead;
    const probabilities =
      now && classTokens.length > 0
        ? softmax(Float32Array.from(classTokens, (id) => now[id] as number))
        : new Float32Array(0);
    return { probabilities, guesses, ...(behind ? { behind } : {}) };
  }
}
