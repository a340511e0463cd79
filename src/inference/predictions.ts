// What a model predicts of a document as it reads it: the class it would answer, the words it expected, and how many correctly.

import type { Drawn, Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';

/** What a model says of a segment. */
export interface Said {
  /** Class probabilities if the answer were asked of the head now; empty for a task that asks for a text. */
  readonly probabilities: Float32Array;
  /** Of a generative model, for each word: what it expected there, before reading it. */
  readonly guesses?: readonly Guess[] | undefined;
  /** Of a generative model, behind the last segment: the word that is only predicted, never read. */
  readonly behind?: { readonly word: string; readonly guess: Guess } | undefined;
}

export interface Answered {
  readonly answer: string;
  /** Of a generative model: words of the answer in all, and those it expected rightly. */
  readonly right?: number;
  readonly asked?: number;
}

/** What a generative model expected at one position. */
export interface Guess {
  /** Its likeliest word. */
  readonly word: string;
  /** The probability it gave to the word that stood there. */
  readonly probability: number;
}

function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

export class Predictions {
  /** What the model expects to come next, once it has read something: the logits at the last word. */
  private ahead: Float32Array | undefined;
  private expectedRightly = 0;
  private answer = '';

  constructor(
    private readonly model: Model,
    private readonly work: Work,
    private readonly drawn: Drawn,
  ) {}

  /** A copy, after the same segments. */
  clone(): Predictions {
    const other = new Predictions(this.model, this.work, this.drawn);
    other.ahead = this.ahead;
    other.expectedRightly = this.expectedRightly;
    other.answer = this.answer;
    return other;
  }

  /** Of a generative model, also the words of the answer that it expected rightly so far, and how many there are. */
  get answered(): Answered {
    const { from, to } = this.drawn;
    if (this.model.blueprint.answers === 'class') return { answer: this.answer };
    const score = { right: this.expectedRightly, asked: to - from };
    const isText = this.work.task.kind === 'generation';
    return { answer: isText ? `${score.right} of ${score.asked}` : this.answer, ...score };
  }

  /**
   * What the head's logits predict of a segment.
   * @param start where its text begins in the document
   */
  read(logits: readonly Float32Array[], text: Int32Array, start: number): Said {
    const predicted = this.predict(logits, text, start);
    const { task } = this.work;
    const best = predicted.probabilities.indexOf(Math.max(...predicted.probabilities));
    this.answer = (task.kind === 'classification' && task.classes[best]) || '';
    return predicted;
  }

  private predict(logits: readonly Float32Array[], text: Int32Array, start: number): Said {
    const { task, vocabulary, classTokens } = this.work;
    if (this.model.blueprint.answers === 'class') {
      const classes = task.kind === 'classification' ? task.classes.length : 0;
      return { probabilities: softmax((logits[0] ?? new Float32Array(0)).slice(0, classes)) };
    }
    const { words, from, to } = this.drawn;
    const guesses: Guess[] = [];
    let behind: Said['behind'];
    for (let t = 0; t <= text.length; t++) {
      const before = t === 0 ? this.ahead : logits[t - 1];
      const next = t < text.length ? (text[t] as number) : start + t === words.length - 1 ? words.at(-1) : undefined;
      if (next === undefined) continue;
      const chances = before && softmax(before);
      const best = chances ? chances.reduce((at, chance, id) => (chance > (chances[at] as number) ? id : at), 0) : -1;
      const guess = { word: chances ? vocabulary.word(best) : '', probability: chances?.[next] ?? 0 };
      if (t < text.length) guesses.push(guess);
      else if (to > start + t) behind = { word: vocabulary.word(next), guess };
      if (start + t >= from && start + t < to && best === next) this.expectedRightly++;
    }
    this.ahead = text.length > 0 ? logits[text.length - 1] : this.ahead;
    // What it would say now, if it had to say a class.
    const now = this.ahead;
    const probabilities =
      now && classTokens.length > 0
        ? softmax(Float32Array.from(classTokens, (id) => now[id] as number))
        : new Float32Array(0);
    return { probabilities, guesses, ...(behind ? { behind } : {}) };
  }
}
