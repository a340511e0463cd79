// Time and GPU memory against length: one forward pass, segment by segment with memory, or all positions at once.

import { bareOverheadOf, type LayerShape, lengthsFor, overheadOf } from '../analysis/layer-shape.ts';
import { spreadOf } from '../analysis/statistics.ts';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { InputError } from '../errors.ts';
import { blueprintOf } from '../models/index.ts';
import { Model } from '../models/model.ts';
import { SegmentReader } from '../models/reader.ts';
import { segmentBatch } from '../models/segments.ts';
import { type Batch, classTargets, tokenTargets } from '../models/targets.ts';
import { Random } from '../random.ts';

/** What to measure against length: layers of this shape with random weights. */
export interface MeasureRequest {
  readonly shape: LayerShape;
  /** Positions in a segment, including memory and special tokens. */
  readonly segment: number;
  /** Lengths are one segment, two, four, … up to this many positions. */
  readonly longest: number;
  /** Timed passes at each length. */
  readonly runs: number;
  /** Seconds after which no longer length is started. */
  readonly seconds: number;
}
/** Segment by segment with memory, or all positions at once. */
export type MeasureKind = 'rmt' | 'full';

/** One timed forward pass over this many positions. */
export interface MeasurePoint {
  readonly kind: MeasureKind;
  readonly positions: number;
  /** Positions that hold text. */
  readonly text: number;
  readonly runs: number;
  readonly milliseconds: { readonly median: number; readonly low: number; readonly high: number };
  readonly gpuBytes: {
    readonly parameters: number;
    /** Everything else needed to run: activations, states, inputs and results. */
    readonly working: number;
  };
}

export type MeasureEvent =
  | {
      readonly type: 'measure-begin';
      readonly request: MeasureRequest;
      /** Lengths, in positions. */
      readonly lengths: readonly number[];
    }
  | {
      readonly type: 'measure-progress';
      readonly kind: MeasureKind;
      readonly positions: number;
      readonly doing: 'preparing' | 'measuring';
      readonly run: number;
    }
  | { readonly type: 'measure-point'; readonly point: MeasurePoint }
  /** The end of this kind: from this length on the adapter cannot run it, or it would take too long. */
  | {
      readonly type: 'measure-limit';
      readonly kind: MeasureKind;
      readonly positions: number;
      readonly reason: string;
    }
  | { readonly type: 'measure-end'; readonly finished: boolean };

const kinds: readonly MeasureKind[] = ['rmt', 'full'];
/** Worst-case ratio of the times for twice the positions. */
const doubling = { rmt: 2, full: 4 } as const;
/** A small vocabulary, because the layers are measured, not the head. */
const WORDS = 16;
const [CLS, SEP] = [1, 2];
/** On a GPU that also draws the screen, the milliseconds one dispatch may take before the browser may reset the GPU. */
const LONGEST_DISPATCH = 1000;

/** The model of one kind for a pass over this many positions, and the tokens of text it reads. */
function modelFor(shape: LayerShape, kind: MeasureKind, segment: number, positions: number) {
  const isEncoder = shape.kind === 'encoder';
  const text =
    kind === 'rmt'
      ? (positions / segment) * (segment - overheadOf(shape))
      : Math.max(1, positions - bareOverheadOf(shape));
  const segmentSize = kind === 'rmt' ? segment - overheadOf(shape) : text;
  const common = {
    segment_size: segmentSize,
    vocab_size: WORDS,
    ...(kind === 'rmt' ? { num_mem_tokens: shape.memory } : {}),
  };
  const most = kind === 'rmt' ? segment : positions;
  const config = isEncoder
    ? {
        ...common,
        model_type: kind === 'rmt' ? 'rmt-bert' : 'bert',
        hidden_size: shape.width,
        num_hidden_layers: shape.layers,
        num_attention_heads: shape.heads,
        intermediate_size: shape.inner,
        max_position_embeddings: Math.max(4, most),
        num_labels: 2,
        pad_token_id: 0,
        cls_token_id: CLS,
        sep_token_id: SEP,
        hidden_dropout_prob: 0,
        attention_probs_dropout_prob: 0,
      }
    : {
        ...common,
        model_type: kind === 'rmt' ? 'rmt-gpt2' : 'gpt2',
        n_embd: shape.width,
        n_layer: shape.layers,
        n_head: shape.heads,
        n_inner: shape.inner,
        n_positions: most,
        embd_pdrop: 0,
        attn_pdrop: 0,
        resid_pdrop: 0,
      };
  return { config, text };
}

/** One document of `text` tokens, scored by its class or the next word after the last segment. */
function document(model: Model, text: number): Batch {
  const random = new Random(1, text);
  const words = Int32Array.from({ length: text + 1 }, () => SEP + 1 + random.int(WORDS - SEP - 1));
  const segmented = segmentBatch([words.subarray(0, text)], model.config);
  if (model.blueprint.answers === 'class') return classTargets(segmented, [0]);
  return tokenTargets(segmented, model.config.segment_size, [words], [{ from: text, to: text + 1 }]);
}

/** Why the adapter cannot run a pass, if so: everything a kernel binds must fit into one binding. */
function obstacle(gpu: Gpu, { width, inner }: LayerShape, positions: number): string | undefined {
  const limit = gpu.device.limits.maxStorageBufferBindingSize;
  const needed = 4 * positions * Math.max(3 * width, inner);
  if (needed <= limit) return undefined;
  return `a layer binds ${needed.toLocaleString('en')} bytes at once (expected at most ${limit.toLocaleString('en')}, the adapter's maxStorageBufferBindingSize)`;
}

/** The results of one kind so far. */
interface Track {
  /** Median milliseconds of its longest pass. */
  last: number | undefined;
  ended: boolean;
}

const seconds = (ms: number) => `${ms < 9950 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000).toLocaleString('en')} s`;

/** Why not to start a pass, given the time of the last one and the time left. */
function reasonToStop(
  gpu: Gpu,
  kind: MeasureKind,
  { last }: Track,
  layers: number,
  left: number,
  budget: number,
): string | undefined {
  if (left <= 0) return `the time limit of ${seconds(budget)} was reached`;
  if (last === undefined) return undefined;
  const expected = doubling[kind] * last;
  // One warm-up pass and one timed pass.
  if (2 * expected > left)
    return `two passes would take up to ${seconds(2 * expected)} (expected at most the ${seconds(left)} left of ${seconds(budget)})`;
  if (kind === 'full' && !gpu.facts.software && expected / layers > LONGEST_DISPATCH)
    return `one layer would block the GPU for up to ${seconds(expected / layers)} (expected at most ${seconds(LONGEST_DISPATCH)}: after that a browser may reset the GPU)`;
  return undefined;
}

/** @throws InputError if the request is invalid */
function checked({ shape, segment, longest, runs }: MeasureRequest): number[] {
  const overhead = overheadOf(shape);
  if (shape.memory < 1) throw new InputError('measure: memory tokens', String(shape.memory), 'at least 1');
  if (segment <= overhead)
    throw new InputError(
      'measure: segment',
      `${segment} positions, of which memory and special tokens take ${overhead}`,
      `at least ${overhead + 1}`,
    );
  if (longest < segment) throw new InputError('measure: longest', String(longest), `at least one segment, ${segment}`);
  if (!(runs >= 1)) throw new InputError('measure: runs', String(runs), 'at least 1');
  return lengthsFor(segment, longest);
}

/**
 * Time forward passes over growing lengths.
 * @param stopped polled between passes
 * @throws InputError if no model can have this shape
 */
export async function* measure(
  gpu: Gpu,
  request: MeasureRequest,
  stopped: () => boolean,
): AsyncGenerator<MeasureEvent> {
  const lengths = checked(request);
  const { shape, segment } = request;
  // A shape that the kernels do not support is refused before anything starts.
  for (const kind of kinds) blueprintOf(modelFor(shape, kind, segment, segment).config, 'measure');
  yield { type: 'measure-begin', request, lengths };
  const budget = 1000 * request.seconds;
  const deadline = performance.now() + budget;
  const tracks: Readonly<Record<MeasureKind, Track>> = {
    rmt: { last: undefined, ended: false },
    full: { last: undefined, ended: false },
  };
  for (const positions of lengths)
    for (const kind of kinds) {
      const track = tracks[kind];
      if (track.ended || stopped()) continue;
      const reason =
        (kind === 'full' ? obstacle(gpu, shape, positions) : undefined) ??
        reasonToStop(gpu, kind, track, shape.layers, deadline - performance.now(), budget);
      const limit = (why: string): MeasureEvent => {
        track.ended = true;
        return { type: 'measure-limit', kind, positions, reason: why };
      };
      if (reason !== undefined) {
        yield limit(reason);
        continue;
      }
      try {
        yield { type: 'measure-progress', kind, positions, doing: 'preparing', run: 0 };
        for await (const step of passes(gpu, request, kind, positions, () => stopped() || performance.now() > deadline))
          if (typeof step === 'number')
            yield { type: 'measure-progress', kind, positions, doing: 'measuring', run: step };
          else {
            track.last = step.milliseconds.median;
            yield { type: 'measure-point', point: step };
          }
      } catch (error) {
        // Too little memory for this length; the other kind may continue.
        if (!(error instanceof RangeError)) throw error;
        yield limit(error.message);
      }
    }
  yield { type: 'measure-end', finished: !stopped() };
}

/** The passes at one length: yields how many are done and finally their time. Yields no point if none ran. */
async function* passes(
  gpu: Gpu,
  { shape, segment, runs }: MeasureRequest,
  kind: MeasureKind,
  positions: number,
  enough: () => boolean,
): AsyncGenerator<number | MeasurePoint> {
  const before = gpu.bytes;
  const { config, text } = modelFor(shape, kind, segment, positions);
  const model = await Model.create(gpu, blueprintOf(config, 'measure'));
  let reader: SegmentReader | undefined;
  try {
    model.parameters.initialise(new Random(1), 0.02);
    reader = await SegmentReader.create(model, { batch: 1 });
    const batch = document(model, text);
    // The first one warms up.
    await reader.evaluate(batch);
    const times: number[] = [];
    while (times.length < runs && !(enough() && times.length > 0)) {
      yield times.length;
      const started = performance.now();
      await reader.evaluate(batch);
      times.push(performance.now() - started);
      gpu.check();
    }
    const parameters = model.parameters.length * 4;
    yield {
      kind,
      positions,
      text,
      runs: times.length,
      milliseconds: spreadOf(times),
      gpuBytes: { parameters, working: gpu.bytes - before - parameters },
    };
  } finally {
    reader?.release();
    model.release();
  }
}
