// One long document, read segment by segment: what the memory holds and what the model would answer after each.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { type Model, Recurrence } from '../models/recurrence.ts';
import { cut, segmentBatch } from '../models/segments.ts';
import { Random } from '../random.ts';
import type { Sample } from '../tasks/task.ts';
import type { Event } from './protocol.ts';
import { drawSamples, type Work } from './workspace.ts';

/** What one segment shows. */
export type StreamedSegment = Omit<Extract<Event, { type: 'stream-segment' }>, 'type'>;

function softmax(logits: Float32Array): Float32Array {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The layers' arrays one after the other. */
function stacked(layers: readonly (Float32Array | undefined)[]): Float32Array {
  const all = new Float32Array(layers.reduce((sum, layer) => sum + (layer?.length ?? 0), 0));
  let at = 0;
  for (const layer of layers) {
    if (layer) all.set(layer, at);
    at += layer?.length ?? 0;
  }
  return all;
}

export class Stream {
  readonly sample: Sample;
  private readonly segments: readonly (readonly (Int32Array | undefined)[])[];
  private readonly borders: readonly (readonly [number, number])[];
  private index = 0;

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: Model,
    private readonly work: Work,
    private readonly recurrence: Recurrence,
    sample: Sample,
    private readonly attention: boolean,
  ) {
    this.sample = sample;
    this.segments = segmentBatch([sample.tokens], model.config).segments;
    this.borders = cut(sample.tokens.length, model.config.segment_size, model.config.segment_alignment);
    recurrence.reset();
  }

  /** Draw the document and record the segment program. */
  static async create(
    gpu: Gpu,
    model: Model,
    work: Work,
    segments: number,
    seed: number,
    attention: boolean,
  ): Promise<Stream> {
    const [sample] = drawSamples(work, new Random(seed), 1, segments, model.config.segment_size, 'validation');
    if (!sample) throw new RangeError('stream: no sample was drawn');
    const recurrence = await Recurrence.create(model, {
      batch: 1,
      training: false,
      attention: attention ? 'memory' : 'none',
    });
    return new Stream(gpu, model, work, recurrence, sample, attention);
  }

  get length(): number {
    return this.segments.length;
  }

  get done(): boolean {
    return this.index >= this.length;
  }

  get expected(): string {
    return this.work.task.classes[this.sample.answer] ?? '';
  }

  /** Read the next segment. */
  async next(): Promise<StreamedSegment> {
    const index = this.index;
    const segment = this.segments[index] ?? [];
    const started = performance.now();
    const view = await this.recurrence.step(segment);
    const milliseconds = performance.now() - started;
    this.index++;
    const [start = 0, end = 0] = this.borders[index] ?? [];
    const marks = this.sample.marks
      .filter((mark) => mark.start < end && mark.end > start)
      .map((mark) => ({
        kind: mark.kind,
        start: Math.max(mark.start, start) - start,
        end: Math.min(mark.end, end) - start,
      }));
    const logits = (view.logits[0] ?? new Float32Array(0)).slice(0, this.work.task.classes.length);
    const attention =
      this.attention && this.model.config.num_mem_tokens > 0
        ? {
            write: stacked(view.attentions.map((looks) => looks[0])),
            read: stacked(view.attentions.map((looks) => looks[1])),
          }
        : {};
    return {
      index,
      words: Array.from(segment[0] ?? [], (id) => this.work.vocabulary.word(id)),
      marks,
      memory: view.memory,
      probabilities: softmax(logits),
      ...attention,
      milliseconds,
      gpuBytes: this.gpu.bytes,
    };
  }

  release(): void {
    this.recurrence.release();
  }
}
