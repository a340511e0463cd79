// One document of a run, always the same, read with the weights that the run has now: what a stream would report of it, and
// how strongly its loss depends on each memory on the way. Nothing that is trained depends on it.
import type { RunConfig } from '../experiment/config.ts';
import { batchOf } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import { MOST_QUESTIONS } from '../inference/asker.ts';
import { memoryNorms } from '../inference/memory-gradient.ts';
import { Stream, type StreamedSegment } from '../inference/stream.ts';
import { StreamedDocument } from '../inference/streamed-document.ts';
import type { Model } from '../models/model.ts';
import { BpttTrainer } from '../models/training.ts';

/** What the model makes of the document now. */
export interface WatchedReading {
  readonly expected: string;
  /** The memory after a segment without words: see `stream-begin`. */
  readonly blank?: Float32Array;
  readonly segments: readonly StreamedSegment[];
  /**
   * (segments, tokens) norm of ∂loss/∂memory for each memory token that the segment receives, without dropout and without
   * truncation; one column for any other memory, none without.
   */
  readonly gradients: Float32Array;
  /** Mean cross-entropy of what is scored in it, in nats. */
  readonly loss: number;
}

export class WatchedDocument {
  private constructor(
    private readonly model: Model,
    private readonly config: RunConfig,
    private readonly document: StreamedDocument,
    private readonly stream: Stream,
    private readonly bptt: BpttTrainer,
  ) {}

  /**
   * A validation document with the segments of the run's longest stage.
   * @throws RangeError if there is not enough GPU memory
   */
  static async create(model: Model, work: Work, config: RunConfig): Promise<WatchedDocument> {
    const request = { segments: Math.max(...config.stages), seed: config.seed, attention: true };
    const document = new StreamedDocument(model.blueprint, work, request);
    const stream = await Stream.create(model.gpu, model, work, document, request);
    try {
      // Its kernels are compiled while the stream reads.
      const bptt = await BpttTrainer.start(model, { batch: 1, dropout: false });
      return new WatchedDocument(model, config, document, stream, bptt);
    } catch (error) {
      stream.release();
      throw error;
    }
  }

  /** Read it with the model as it is now. The gradients of the parameters are overwritten. */
  async read(): Promise<WatchedReading> {
    const { stream, document, model, config } = this;
    await stream.rewind();
    const segments: StreamedSegment[] = [];
    while (!stream.done) segments.push(await stream.next(MOST_QUESTIONS));
    const batch = batchOf([document.drawn], model.blueprint, config.loss, config.loss_words === 'all');
    const { shape } = model.blueprint;
    const norms: number[][] = batch.segments.map(() => []);
    const outcome = await this.bptt.follow(batch, ({ segment, gradients }) => {
      norms[segment] = memoryNorms(gradients, shape);
    });
    const { blank } = stream;
    return {
      expected: document.expected,
      ...(blank ? { blank: blank.slice() } : {}),
      segments,
      gradients: Float32Array.from(norms.flat()),
      loss: outcome?.result.loss ?? Number.NaN,
    };
  }

  release(): void {
    this.stream.release();
    this.bptt.release();
  }
}
