// Which words and which memories an answer depends on: its gradient, back through all segments, times what it is the
// gradient of.

import { InputError } from '../errors.ts';
import type { Work } from '../experiment/workspace.ts';
import type { ModelShape } from '../models/blueprint.ts';
import type { Model } from '../models/model.ts';
import { SegmentReader } from '../models/reader.ts';
import type { Batch } from '../models/targets.ts';
import type { SegmentTrail } from '../models/trail.ts';
import { BpttTrainer } from '../models/training.ts';
import { type AnswerAt, answerAt, type Candidate, candidatesOf, contrast } from './answer-at.ts';
import { memoryParts } from './memory-gradient.ts';
import { type DocumentSettings, type SegmentText, StreamedDocument } from './streamed-document.ts';

/** Which answer is explained. */
export interface AttributionSettings {
  /** The model's own by default. */
  readonly answer?: string | undefined;
  /** What it is compared with; the next best by default. */
  readonly than?: string | undefined;
  /** Of an answer of several words: which one, from 0. */
  readonly word?: number | undefined;
}

/** Contributions to one scalar. */
export interface Contributions {
  /** Gradient × embedding of each word. */
  readonly words: Float32Array;
  /** For each part of the memory that the segment receives: the norm of the gradient, and gradient × memory. */
  readonly norms: Float32Array;
  readonly products: Float32Array;
}

export interface AttributedSegment extends SegmentText {
  readonly index: number;
  /** To the answer's logit minus that of the other answer. */
  readonly margin: Contributions;
  /** To the log-probability of the answer. */
  readonly logProbability: Contributions;
}

export interface AttributedAnswer extends Pick<AnswerAt, 'segment' | 'word' | 'words'> {
  readonly answer: Candidate;
  readonly than: Candidate;
  /** The best answers, for a choice. */
  readonly candidates: readonly Candidate[];
  /** The right answer; undefined if there is none. */
  readonly right: string | undefined;
}

export interface AttributionProgress {
  readonly phase: 'reading' | 'forward' | 'backward';
  readonly segments: number;
}

/** Bytes for the states before each segment, which the backward pass starts from. */
const MOST_STATE_BYTES = 2 ** 30;
const MOST_CANDIDATES = 24;

export class Attribution {
  readonly document: StreamedDocument;
  private at!: AnswerAt;
  private bptt: BpttTrainer | undefined;
  answered!: AttributedAnswer;

  private constructor(
    private readonly model: Model,
    work: Work,
    request: DocumentSettings,
  ) {
    this.document = new StreamedDocument(model.blueprint, work, request);
  }

  /**
   * Read the document forward, to know the answer, and record the backward pass.
   * @param proceed called after each segment; false stops
   * @returns undefined if it was stopped
   * @throws InputError if there is no such answer, or the document is too long
   */
  static async create(
    model: Model,
    work: Work,
    request: DocumentSettings & AttributionSettings,
    proceed: (progress: AttributionProgress) => boolean = () => true,
  ): Promise<Attribution | undefined> {
    const attribution = new Attribution(model, work, request);
    const { document } = attribution;
    attribution.at = answerAt(model.blueprint, work, document, request.word);
    const logits = await attribution.read(proceed);
    if (!logits) return undefined;
    const candidates = candidatesOf(attribution.at, logits);
    const [answer, than] = contrast(candidates, request);
    const { segment, word, words, right } = attribution.at;
    attribution.answered = {
      segment,
      word,
      words,
      answer,
      than,
      candidates: candidates.slice(0, MOST_CANDIDATES),
      right: candidates.find(({ id }) => id === right)?.word,
    };
    attribution.bptt = await attribution.prepare();
    return attribution;
  }

  /** The logits of the answer; undefined if it was stopped. */
  private async read(proceed: (progress: AttributionProgress) => boolean): Promise<Float32Array | undefined> {
    const reader = await SegmentReader.create(this.model, { batch: 1 });
    try {
      reader.reset();
      for (let n = 0; n <= this.at.segment; n++) {
        const { logits } = await reader.step(this.document.segments[n] ?? []);
        if (n === this.at.segment) return logits[this.at.row];
        if (!proceed({ phase: 'reading', segments: n + 1 })) return undefined;
      }
      return undefined;
    } finally {
      reader.release();
    }
  }

  private async prepare(): Promise<BpttTrainer> {
    const { model, at } = this;
    const bptt = await BpttTrainer.create(model, { batch: 2, dropout: false, attribution: true });
    const segments = at.segment + 1;
    const each = bptt.stateBytes;
    if (segments * each > MOST_STATE_BYTES) {
      bptt.release();
      throw new InputError(
        'attribution',
        `${segments} segments, whose states take ${Math.ceil((segments * each) / 2 ** 20)} MiB`,
        `at most ${Math.floor(MOST_STATE_BYTES / each)} segments of this model: the backward pass starts from the states before each`,
      );
    }
    try {
      await bptt.reserve(segments, 1);
      return bptt;
    } catch (error) {
      bptt.release();
      throw error;
    }
  }

  /** Two rows with the same text: the loss of one is that of the answer, the loss of the other that of `than`. */
  private get batch(): Batch {
    const { segment, row } = this.at;
    const { rows } = this.model.blueprint.layout.head;
    const { answer, than } = this.answered;
    const segments = this.document.segments.slice(0, segment + 1).map(([text]) => [text, text]);
    const labels = new Int32Array(2 * rows).fill(answer.id);
    const weights = new Float32Array(2 * rows);
    labels[rows + row] = than.id;
    weights[row] = 1;
    weights[rows + row] = 1;
    const targets = segments.map((_, n) => (n === segment ? { labels, weights } : undefined));
    return { segments, sequences: 2, targets, scoredFrom: 0 };
  }

  /**
   * @param visit   called for each segment that takes part, from the last to the first
   * @param proceed called after each segment; false stops
   * @returns whether it reached the first
   */
  async run(
    visit: (segment: AttributedSegment) => void,
    proceed: (progress: AttributionProgress) => boolean = () => true,
  ): Promise<boolean> {
    const { bptt, document } = this;
    const { layout, shape } = this.model.blueprint;
    let passed = 0;
    const last = this.at.segment + 1;
    const outcome = await bptt?.follow(
      this.batch,
      (left) => {
        const text = document.textOf(left.segment);
        const of = contributionsOf(left, shape, { first: layout.front, words: text.words.length, positions: layout.S });
        visit({ index: left.segment, ...text, ...of });
      },
      () => {
        passed++;
        return proceed(
          passed <= last
            ? { phase: 'forward', segments: passed }
            : { phase: 'backward', segments: Math.min(last, passed - last) },
        );
      },
    );
    return outcome !== undefined;
  }

  release(): void {
    this.bptt?.release();
  }
}

/** The contributions to the margin and to the log-probability, from the gradients of the losses of the two rows. */
export function contributionsOf(
  { states, gradients, contributions }: SegmentTrail,
  shape: ModelShape,
  { first, words, positions }: { readonly first: number; readonly words: number; readonly positions: number },
): Pick<AttributedSegment, 'margin' | 'logProbability'> {
  const row = (all: Float32Array, b: number) => all.subarray((b * all.length) / 2, ((b + 1) * all.length) / 2);
  const partsOf = (arrays: readonly Float32Array[], b: number) =>
    memoryParts(
      arrays.map((all) => row(all, b)),
      shape,
    );
  const received = partsOf(states, 0);
  const [answer, than] = [partsOf(gradients, 0), partsOf(gradients, 1)];
  const wordsOf = (b: number) =>
    contributions?.subarray(b * positions + first, b * positions + first + words) ?? new Float32Array(words);
  // A loss is the negative log-probability, and the margin the difference of two losses: log p(answer) − log p(than).
  const of = (weights: readonly [answer: number, than: number]): Contributions => {
    const [a, b] = weights;
    const [one, other] = [wordsOf(0), wordsOf(1)];
    const combined = answer.map((part, i) => part.map((value, k) => a * value + b * (than[i]?.[k] ?? 0)));
    return {
      words: Float32Array.from({ length: words }, (_, t) => a * (one[t] ?? 0) + b * (other[t] ?? 0)),
      norms: Float32Array.from(combined, (part) => Math.sqrt(part.reduce((sum, value) => sum + value * value, 0))),
      products: Float32Array.from(combined, (part, i) =>
        part.reduce((sum, value, k) => sum + value * (received[i]?.[k] ?? 0), 0),
      ),
    };
  };
  return { margin: of([-1, 1]), logProbability: of([-1, 0]) };
}
