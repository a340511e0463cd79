// From token sequences to segments: stripped of special tokens, cut, padded, and written to the GPU.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { bucketRows } from '../engine/ops/embedding.ts';
import type { DType, Shape, Tensor } from '../engine/tensor.ts';
import { elements } from '../engine/tensor.ts';
import { InputError } from '../errors.ts';
import type { Layout } from './layout.ts';

/**
 * Which end of a sequence is cut into full segments: `right` leaves the first one short, `left` the last; `center`
 * balances them.
 */
export type Alignment = 'right' | 'left' | 'center';

/** The configuration fields that decide how text becomes segments. */
export interface SegmentConfig {
  readonly num_mem_tokens: number;
  /** Text tokens in a segment. */
  readonly segment_size: number;
  readonly segment_alignment: Alignment;
  /** Ids of the special tokens, where the model has them; they are stripped from the text. */
  readonly pad_token_id?: number | undefined;
  readonly cls_token_id?: number | undefined;
  readonly sep_token_id?: number | undefined;
  readonly vocab_size: number;
}

/** Positions that `tokens` tokens of text occupy in a segment, including what surrounds them. */
export function positionsOf({ front, back }: Pick<Layout, 'front' | 'back'>, tokens: number): number {
  return front + tokens + back;
}

/** Positions that each sequence has passed after one more segment. */
export function positionsAfter(
  layout: Pick<Layout, 'front' | 'back'>,
  before: readonly number[],
  segment: readonly (Int32Array | undefined)[],
): number[] {
  return before.map((count, b) => {
    const text = segment[b];
    return text ? count + positionsOf(layout, text.length) : count;
  });
}

/** Cut a sequence of `length` tokens: [start, end) of each segment, in order. */
export function cut(length: number, size: number, alignment: Alignment): [start: number, end: number][] {
  const count = Math.ceil(length / size);
  const borders: number[] = [];
  if (alignment === 'right') for (let k = 0; k <= count; k++) borders.push(Math.max(0, length - (count - k) * size));
  else {
    const step = alignment === 'left' ? size : Math.ceil(length / count);
    for (let at = 0; at < length; at += step) borders.push(at);
    borders.push(length);
  }
  return borders.slice(1).map((end, k) => [borders[k] as number, end]);
}

/** A batch cut into segments: `segments[n][b]` is undefined while sequence b has not started. */
export interface SegmentedBatch {
  readonly segments: readonly (readonly (Int32Array | undefined)[])[];
  readonly sequences: number;
}

/**
 * Strip [PAD], [CLS] and [SEP] from each sequence, cut it, and align all ends: shorter ones start later.
 * @throws InputError for an empty sequence, or an id outside the vocabulary
 */
export function segmentBatch(
  sequences: readonly ArrayLike<number>[],
  config: SegmentConfig,
  where = 'sequences',
): SegmentedBatch {
  if (sequences.length === 0) throw new InputError(where, 'no sequence', 'at least one');
  const special = new Set<number | undefined>([config.pad_token_id, config.cls_token_id, config.sep_token_id]);
  const cuts = sequences.map((sequence, b) => {
    const tokens = Int32Array.from(sequence).filter((id, i) => {
      if (!(sequence[i] === id && id >= 0 && id < config.vocab_size))
        throw new InputError(
          `${where}[${b}][${i}]`,
          String(sequence[i]),
          `a token id from 0 to ${config.vocab_size - 1}`,
        );
      return !special.has(id);
    });
    if (tokens.length === 0)
      throw new InputError(`${where}[${b}]`, 'no tokens besides special ones', 'at least one token');
    return cut(tokens.length, config.segment_size, config.segment_alignment).map(([start, end]) =>
      tokens.subarray(start, end),
    );
  });
  const count = Math.max(...cuts.map((pieces) => pieces.length));
  return {
    sequences: sequences.length,
    segments: Array.from({ length: count }, (_, n) => cuts.map((pieces) => pieces[n - count + pieces.length])),
  };
}

/** What the head of a segment should predict, row by row: (batch · head rows) of each. */
export interface Targets {
  /** The correct class or word. */
  readonly labels: ArrayLike<number>;
  /** The row's share of the batch's loss; 0 where nothing is scored. */
  readonly weights: ArrayLike<number>;
}

/** Segments whose inputs can be queued for one submit: as many as fit into this many bytes, within limits. */
const WAITING_BYTES = 2 ** 20;
const [LEAST_WAITING, MOST_WAITING] = [2, 32];

/**
 * The inputs of one segment on the GPU in one buffer, and a queue of the following segments' inputs, uploaded in one
 * write.
 */
export class SegmentInputs {
  readonly ids: Tensor;
  readonly lengths: Tensor;
  /** (B, 2): the length again, and how many entries of a cache are filled. */
  readonly extents: Tensor;
  readonly started: Tensor;
  /** (B): 0 the row has not started, 1 this is its first segment, 2 a later one. */
  readonly phase: Tensor;
  readonly labels: Tensor;
  readonly rowWeight: Tensor;
  readonly counter: Tensor;
  readonly buckets: { readonly ids: Tensor; readonly starts: Tensor; readonly rows: Tensor };
  /** Data to upload, slot after slot. */
  private host: Uint32Array<ArrayBuffer>;
  private readonly buffer: GPUBuffer;
  private readonly bytes: number;
  /** The queued inputs of several segments. */
  private waiting: GPUBuffer | undefined;
  private slots = 0;
  private filled = 0;

  constructor(
    private readonly gpu: Gpu,
    private readonly config: SegmentConfig,
    private readonly layout: Layout,
    readonly batch: number,
    /** Entries of the model's caches. */
    private readonly cacheSize = 0,
  ) {
    const { S } = layout;
    const rows = batch * S;
    const heads = batch * layout.head.rows;
    const bucketCount = Math.min(config.vocab_size, rows);
    let bytes = 0;
    const storage: { label: string; bytes: number; buffer: GPUBuffer | undefined } = {
      label: 'segment inputs',
      bytes: 0,
      buffer: undefined,
    };
    const place = (label: string, shape: Shape, dtype: DType): Tensor => {
      const tensor: Tensor = { label, shape, dtype, storage, offset: bytes };
      bytes += Math.ceil((elements(shape) * 4) / 256) * 256;
      return tensor;
    };
    this.ids = place('ids', [batch, S], 'u32');
    this.lengths = place('lengths', [batch], 'u32');
    this.extents = place('extents', [batch, 2], 'u32');
    this.started = place('started', [batch], 'u32');
    this.phase = place('phase', [batch], 'u32');
    this.labels = place('labels', [heads], 'u32');
    this.rowWeight = place('row weight', [heads], 'f32');
    this.counter = place('counter', [4], 'u32');
    this.buckets = {
      ids: place('bucket ids', [bucketCount], 'u32'),
      starts: place('bucket starts', [bucketCount + 1], 'u32'),
      rows: place('bucket rows', [rows], 'u32'),
    };
    storage.bytes = bytes;
    this.buffer = gpu.storage(storage.label, bytes).buffer as GPUBuffer;
    storage.buffer = this.buffer;
    this.bytes = bytes;
    this.host = new Uint32Array(bytes / 4);
  }

  /** Allocate the queue for the inputs of several segments, uploaded in one write. Call inside `guarded`. */
  prepare(): void {
    if (this.waiting) return;
    this.slots = Math.max(LEAST_WAITING, Math.min(MOST_WAITING, Math.floor(WAITING_BYTES / this.bytes)));
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.waiting = this.gpu.allocate('segment inputs, waiting', this.slots * this.bytes, usage);
    this.host = new Uint32Array((this.slots * this.bytes) / 4);
  }

  private view(tensor: Tensor, slot: number): Uint32Array<ArrayBuffer> {
    const at = (slot * this.bytes + tensor.offset) / 4;
    return this.host.subarray(at, at + elements(tensor.shape));
  }

  /** Whether another segment fits into the queue of the current submit. */
  get room(): boolean {
    return this.filled < this.slots;
  }

  /**
   * Queue one segment's inputs, and encode loading them for the commands encoded after this.
   * `upload` must come before the submit. Parameters as for `write`.
   */
  enqueue(encoder: GPUCommandEncoder, ...given: Parameters<SegmentInputs['write']>): void {
    if (!this.waiting || !this.room) throw new Error(`segment inputs: no room, expected at most ${this.slots} to wait`);
    this.fill(this.filled, ...given);
    encoder.copyBufferToBuffer(this.waiting, this.filled * this.bytes, this.buffer, 0, this.bytes);
    this.filled++;
  }

  /** Upload all queued inputs in one write. */
  upload(): void {
    if (this.waiting && this.filled > 0)
      this.gpu.device.queue.writeBuffer(this.waiting, 0, this.host, 0, (this.filled * this.bytes) / 4);
    this.filled = 0;
  }

  /**
   * Write one segment's inputs. Commands submitted afterwards read them.
   * @param segment   each sequence's text, undefined where it has not started; missing rows are filled up
   * @param before    positions that each sequence has passed in earlier segments
   * @param targets   what the head should predict, if it is scored
   * @param counter   seed of the dropout masks: step, segment
   * @param gradients also sort the rows for the embedding's gradient
   */
  write(
    segment: readonly (Int32Array | undefined)[],
    before: ArrayLike<number>,
    targets: Targets | undefined,
    counter: readonly [number, number],
    gradients: boolean,
  ): void {
    if (this.filled > 0) throw new Error('segment inputs: written while others wait, expected them to be uploaded');
    this.fill(0, segment, before, targets, counter, gradients);
    this.gpu.device.queue.writeBuffer(this.buffer, 0, this.host, 0, this.bytes / 4);
  }

  private fill(
    slot: number,
    segment: readonly (Int32Array | undefined)[],
    before: ArrayLike<number>,
    targets: Targets | undefined,
    counter: readonly [number, number],
    gradients: boolean,
  ): void {
    const { config, layout } = this;
    const { S } = layout;
    const ids = this.view(this.ids, slot).fill(config.pad_token_id ?? 0);
    const lengths = this.view(this.lengths, slot);
    const extents = this.view(this.extents, slot);
    const started = this.view(this.started, slot);
    const phase = this.view(this.phase, slot);
    for (let b = 0; b < this.batch; b++) {
      const text = segment[b];
      const row = ids.subarray(b * S, (b + 1) * S);
      if (text) row.set(text, layout.front);
      const length = positionsOf(layout, text?.length ?? 0);
      for (const [position, id] of layout.specials) row[position < 0 ? length + position : position] = id;
      lengths[b] = length;
      extents[2 * b] = length;
      extents[2 * b + 1] = Math.min(this.cacheSize, before[b] ?? 0);
      started[b] = text ? 1 : 0;
      phase[b] = !text ? 0 : before[b] ? 2 : 1;
    }
    const labels = this.view(this.labels, slot);
    const weights = new Float32Array(this.host.buffer, slot * this.bytes + this.rowWeight.offset, labels.length);
    for (let row = 0; row < labels.length; row++) {
      labels[row] = targets?.labels[row] ?? 0;
      weights[row] = targets?.weights[row] ?? 0;
    }
    this.view(this.counter, slot).set([counter[0] >>> 0, counter[1] >>> 0]);
    if (gradients) {
      const { count, first, atEnd } = layout.memory;
      const used = (index: number) => {
        const s = index % S;
        const length = lengths[Math.floor(index / S)] as number;
        if (first !== undefined && s >= first && s < first + count) return false;
        return !(atEnd && s >= length - count && s < length);
      };
      bucketRows(ids, used, {
        ids: this.view(this.buckets.ids, slot),
        starts: this.view(this.buckets.starts, slot),
        rows: this.view(this.buckets.rows, slot),
      });
    }
  }

  release(): void {
    this.gpu.release(this.buffer);
    this.gpu.release(this.waiting);
  }
}
