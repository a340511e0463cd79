// Which words and which memories an answer depends on: its gradient, back through all segments, times what it is the
// gradient of; or, for words, integrated on the way from a document without words (Sundararajan et al. 2017).

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
  /**
   * The points at which the gradient is taken between a baseline whose word embeddings are zero and the document, for
   * integrated gradients; 0, the default, takes it at the document itself.
   */
  readonly steps?: number | undefined;
}

/** Contributions to one scalar. */
export interface Contributions {
  /** Gradient × embedding of each word. */
  readonly words: Float32Array;
  /** The same of the segment's special tokens, together. */
  readonly special: number;
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
  /** With integrated gradients: the same two answers at the baseline. */
  readonly baseline?: { readonly answer: Candidate; readonly than: Candidate };
}

export interface AttributionProgress {
  readonly phase: 'reading' | 'forward' | 'backward';
  readonly segments: number;
}

/** Bytes for the states before each segment, which the backward pass starts from. */
const MOST_STATE_BYTES = 2 ** 30;
const MOST_CANDIDATES = 24;
const MOST_STEPS = 256;

export class Attribution {
  readonly document: StreamedDocument;
  private at!: AnswerAt;
  private bptt: BpttTrainer | undefined;
  answered!: AttributedAnswer;

  /** The share of words in their embeddings of each pair of rows: the document itself, then the points on the way. */
  private readonly shares: readonly number[];

  private constructor(
    private readonly model: Model,
    work: Work,
    request: DocumentSettings & AttributionSettings,
  ) {
    this.document = new StreamedDocument(model.blueprint, work, request);
    const { steps = 0 } = request;
    if (!Number.isInteger(steps) || steps < 0 || steps > MOST_STEPS)
      throw new InputError('points of integrated gradients', String(steps), `a whole number from 0 to ${MOST_STEPS}`);
    // In the middle of equal parts.
    this.shares = [1, ...Array.from({ length: steps }, (_, k) => (k + 0.5) / steps)];
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
    const baseline = request.steps ? await attribution.read(proceed, [0]) : undefined;
    if (request.steps && !baseline) return undefined;
    const below = baseline && candidatesOf(attribution.at, baseline);
    const find = ({ id }: Candidate) => below?.find((each) => each.id === id) ?? answer;
    const { segment, word, words, right } = attribution.at;
    attribution.answered = {
      segment,
      word,
      words,
      answer,
      than,
      candidates: candidates.slice(0, MOST_CANDIDATES),
      right: candidates.find(({ id }) => id === right)?.word,
      ...(below ? { baseline: { answer: find(answer), than: find(than) } } : {}),
    };
    attribution.bptt = await attribution.prepare();
    return attribution;
  }

  /** The logits of the answer; undefined if it was stopped. */
  private async read(
    proceed: (progress: AttributionProgress) => boolean,
    shares?: readonly number[],
  ): Promise<Float32Array | undefined> {
    const reader = await SegmentReader.create(this.model, { batch: 1, ...(shares ? { shares } : {}) });
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
    const shares = this.shares.flatMap((share) => [share, share]);
    const bptt = await BpttTrainer.create(model, {
      batch: shares.length,
      dropout: false,
      attribution: true,
      ...(shares.length > 2 ? { shares } : {}),
    });
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

  /** Pairs of rows with the same text: the loss of one is that of the answer, the loss of the other that of `than`. */
  private get batch(): Batch {
    const { segment, row } = this.at;
    const { rows } = this.model.blueprint.layout.head;
    const { answer, than } = this.answered;
    const sequences = 2 * this.shares.length;
    const segments = this.document.segments.slice(0, segment + 1).map(([text]) => new Array(sequences).fill(text));
    const labels = new Int32Array(sequences * rows).fill(answer.id);
    const weights = new Float32Array(sequences * rows);
    for (let b = 0; b < sequences; b++) {
      if (b % 2 === 1) labels[b * rows + row] = than.id;
      weights[b * rows + row] = 1;
    }
    const targets = segments.map((_, n) => (n === segment ? { labels, weights } : undefined));
    return { segments, sequences, targets, scoredFrom: 0 };
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
        const of = contributionsOf(left, shape, {
          first: layout.front,
          words: text.words.length,
          positions: layout.S,
          pairs: this.shares.length,
        });
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

/** Where the words of a segment stand, and how many pairs of rows read them. */
interface Rows {
  readonly first: number;
  readonly words: number;
  readonly positions: number;
  readonly pairs: number;
}

/**
 * The contributions to the margin and to the log-probability, from the gradients of the losses of pairs of rows: those of
 * memory from the first pair, those of words from the mean of the others, if there are any.
 */
export function contributionsOf(
  { states, gradients, contributions }: SegmentTrail,
  shape: ModelShape,
  { first, words, positions, pairs }: Rows,
): Pick<AttributedSegment, 'margin' | 'logProbability'> {
  const rows = 2 * pairs;
  const row = (all: Float32Array, b: number) => all.subarray((b * all.length) / rows, ((b + 1) * all.length) / rows);
  const partsOf = (arrays: readonly Float32Array[], b: number) =>
    memoryParts(
      arrays.map((all) => row(all, b)),
      shape,
    );
  const received = partsOf(states, 0);
  const [answer, than] = [partsOf(gradients, 0), partsOf(gradients, 1)];
  const averaged = Array.from({ length: pairs }, (_, k) => k).slice(pairs > 1 ? 1 : 0);
  /** Of the losses of the answer (0) or the other one (1), at each position. */
  const meanOf = (which: 0 | 1) =>
    Float32Array.from(
      { length: positions },
      (_, s) =>
        averaged.reduce((sum, k) => sum + (contributions?.[(2 * k + which) * positions + s] ?? 0), 0) / averaged.length,
    );
  const [one, other] = [meanOf(0), meanOf(1)];
  // A loss is the negative log-probability, and the margin the difference of two losses: log p(answer) − log p(than).
  const of = (weights: readonly [answer: number, than: number]): Contributions => {
    const [a, b] = weights;
    const combined = answer.map((part, i) => part.map((value, k) => a * value + b * (than[i]?.[k] ?? 0)));
    const all = one.map((value, s) => a * value + b * (other[s] ?? 0));
    const own = all.slice(first, first + words);
    const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);
    return {
      words: own,
      special: sum(all) - sum(own),
      norms: Float32Array.from(combined, (part) => Math.sqrt(part.reduce((total, value) => total + value * value, 0))),
      products: Float32Array.from(combined, (part, i) =>
        part.reduce((total, value, k) => total + value * (received[i]?.[k] ?? 0), 0),
      ),
    };
  };
  return { margin: of([-1, 1]), logProbability: of([-1, 0]) };
}
