// A task's samples as a table for other programs: JSON Lines for people, safetensors for many.
import type { RunConfig } from '../experiment/config.ts';
import type { Drawn } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import { headerOf } from '../io/safetensors.ts';
import { catalogue } from '../models/catalogue.ts';
import type { Split } from '../text/split.ts';

/** Where a sample belongs in its run. */
export interface Place {
  /** The step whose batch it is in, from 1; 0 for validation. */
  readonly step: number;
  /** The stage of the curriculum, from 1. */
  readonly stage: number;
  readonly segments: number;
}

/** Integers that grow without a list of objects. */
class Integers {
  private values = new Int32Array(1024);
  length = 0;

  push(...more: readonly number[]): void {
    this.append(more);
  }

  append(more: ArrayLike<number>): void {
    if (this.length + more.length > this.values.length) {
      const larger = new Int32Array(2 * (this.length + more.length));
      larger.set(this.values.subarray(0, this.length));
      this.values = larger;
    }
    this.values.set(more, this.length);
    this.length += more.length;
  }

  get all(): Int32Array<ArrayBuffer> {
    return this.values.subarray(0, this.length);
  }
}

export class DataTable {
  private readonly columns = {
    /** The tokens of all samples, one after the other. */
    tokens: new Integers(),
    /** The tokens of each. */
    lengths: new Integers(),
    step: new Integers(),
    stage: new Integers(),
    segments: new Integers(),
    /** The class, or -1. */
    label: new Integers(),
    /** The answer of a generative model is the tokens from the first to before the second number. */
    answer: new Integers(),
    /** The class asked for after each segment, or -1. */
    asked: new Integers(),
    /** Of a generative model: tokens that answer an earlier question, one after the other; and how many each sample has. */
    answered: new Integers(),
    answers: new Integers(),
  };
  private readonly generates: boolean;
  /** Whether a segment before the last one asks. */
  private asksEarlier = false;

  constructor(
    private readonly config: RunConfig,
    private readonly work: Work,
    private readonly split: Split,
  ) {
    this.generates = catalogue[config.model].answers === 'tokens';
  }

  get samples(): number {
    return this.columns.lengths.length;
  }

  add({ step, stage, segments }: Place, { inputs, words, from, to, answer, asked, answered = [] }: Drawn): void {
    const { columns } = this;
    // A classifier reads the inputs; a generative model also predicts the token after them.
    const tokens = this.generates ? words : inputs;
    columns.tokens.append(tokens);
    columns.lengths.push(tokens.length);
    columns.step.push(step);
    columns.stage.push(stage);
    columns.segments.push(segments);
    columns.label.push(answer);
    if (this.generates) {
      columns.answer.push(from, to);
      columns.answered.append(answered);
      columns.answers.push(answered.length);
    } else for (let n = 0; n < segments; n++) columns.asked.push(asked?.[n] ?? (n < segments - 1 ? -1 : answer));
    this.asksEarlier ||= asked !== undefined;
  }

  /**
   * A file of I32 tensors: `tokens` (all), and for N samples `lengths`, `step`, `stage`, `segments` and `label` (N), and
   * `answer` (N, 2) for a generative model, or `asked` (all segments) for a classifier that is asked before the end too.
   * A generative model that is asked earlier in the text too has `answers` (N), how many tokens answer such a question,
   * and `answered` (all), where they are in their sample.
   */
  safetensors(): Uint8Array[] {
    const { answer, asked, answered, answers, ...others } = this.columns;
    const columns = Object.entries({
      ...others,
      ...(this.generates ? { answer } : {}),
      ...(this.asksEarlier ? { asked } : {}),
      ...(answered.length > 0 ? { answered, answers } : {}),
    });
    const shape = (name: string, { length }: Integers) => (name === 'answer' ? [length / 2, 2] : [length]);
    const header = headerOf(
      columns.map(([name, column]) => [name, shape(name, column), 'I32']),
      { format: 'pt', split: this.split, config: JSON.stringify(this.config) },
    );
    return [header, ...columns.map(([, { all }]) => new Uint8Array(all.buffer, all.byteOffset, all.byteLength))];
  }

  /** One JSON object a line and sample: its place, `tokens`, `label` (and `asked`) or `answer`, and the text. */
  *jsonLines(): Generator<string> {
    const { tokens, lengths, step, stage, segments, label, answer, asked, answered, answers } = this.columns;
    const { vocabulary } = this.work;
    let at = 0;
    let segment = 0;
    let earlier = 0;
    for (const [k, length] of lengths.all.entries()) {
      const ids = [...tokens.all.subarray(at, at + length)];
      at += length;
      const [from = 0, to = 0] = answer.all.subarray(2 * k, 2 * k + 2);
      const questions = [...asked.all.subarray(segment, segment + (segments.all[k] ?? 0))];
      segment += segments.all[k] ?? 0;
      const before = [...answered.all.subarray(earlier, earlier + (answers.all[k] ?? 0))];
      earlier += before.length;
      const row = {
        ...(step.all[k] ? { step: step.all[k] } : {}),
        stage: stage.all[k],
        segments: segments.all[k],
        tokens: ids,
        ...((label.all[k] ?? -1) < 0 ? {} : { label: label.all[k] }),
        ...(this.generates ? { answer: [from, to] } : {}),
        ...(this.asksEarlier ? { asked: questions } : {}),
        ...(answered.length > 0 ? { answered: before } : {}),
        text: ids.map((id) => vocabulary.word(id)).join(' '),
      };
      yield `${JSON.stringify(row)}\n`;
    }
  }
}
