// The tensors inside a segment that can be looked at, by name: what each is, and how its numbers are arranged.
import { memoryKind, type Sizes } from './memory-attention.ts';

/** What an axis of a tensor counts. */
export type Axis = 'head' | 'position' | 'key' | 'channel' | 'memory token' | 'feature' | 'cache entry' | 'class';

interface PartFacts {
  readonly title: string;
  readonly help: string;
  /** Whether each layer has its own. */
  readonly perLayer: boolean;
  readonly axes: readonly Axis[];
  /** Whether its gradient can be computed. */
  readonly gradient: boolean;
}

const hidden: readonly Axis[] = ['position', 'channel'];
const ofHeads: readonly Axis[] = ['head', 'position', 'channel'];

export const tensorParts = {
  'memory-in': {
    title: 'Memory received',
    help: 'The memory vectors from the segment before.',
    perLayer: false,
    axes: ['memory token', 'channel'],
    gradient: true,
  },
  'associations-in': {
    title: 'Associations received',
    help: 'The association matrix of a layer before this segment. Its last column is the normaliser z.',
    perLayer: true,
    axes: ['feature', 'channel'],
    gradient: true,
  },
  cache: {
    title: 'Cache received',
    help: 'The earlier inputs of a layer that this segment attends to.',
    perLayer: true,
    axes: ['cache entry', 'channel'],
    gradient: false,
  },
  embedding: {
    title: 'Embeddings',
    help: 'Words, positions and memory vectors, before the first layer.',
    perLayer: false,
    axes: hidden,
    gradient: true,
  },
  query: { title: 'Queries', help: 'Of one head.', perLayer: true, axes: ofHeads, gradient: true },
  key: {
    title: 'Keys',
    help: 'Of one head; those of a cache first.',
    perLayer: true,
    axes: ['head', 'key', 'channel'],
    gradient: true,
  },
  value: {
    title: 'Values',
    help: 'Of one head; those of a cache first.',
    perLayer: true,
    axes: ['head', 'key', 'channel'],
    gradient: true,
  },
  weights: {
    title: 'Attention weights',
    help: 'After the softmax. Their gradient is the product of the gradient of the head’s output with the values.',
    perLayer: true,
    axes: ['head', 'position', 'key'],
    gradient: true,
  },
  attended: {
    title: 'Outputs of heads',
    help: 'Values, weighted by attention.',
    perLayer: true,
    axes: ofHeads,
    gradient: true,
  },
  mixed: {
    title: 'After attention',
    help: 'The heads’ outputs, projected, plus the layer’s input.',
    perLayer: true,
    axes: hidden,
    gradient: true,
  },
  inner: {
    title: 'Feed-forward, before its activation',
    help: 'The hidden layer of the feed-forward block.',
    perLayer: true,
    axes: hidden,
    gradient: true,
  },
  activated: {
    title: 'Feed-forward, after its activation',
    help: 'The same after GELU or ReLU. Its gradient is never stored: the kernel multiplies it by the derivative at once.',
    perLayer: true,
    axes: hidden,
    gradient: false,
  },
  hidden: {
    title: 'Layer output',
    help: 'The hidden states after a layer.',
    perLayer: true,
    axes: hidden,
    gradient: true,
  },
  output: {
    title: 'Last hidden states',
    help: 'What the memory is read out of, and the head reads.',
    perLayer: false,
    axes: hidden,
    gradient: true,
  },
  'memory-out': {
    title: 'Memory passed on',
    help: 'The memory vectors for the next segment.',
    perLayer: false,
    axes: ['memory token', 'channel'],
    gradient: true,
  },
  'associations-out': {
    title: 'Associations passed on',
    help: 'The association matrix of a layer after this segment. Its last column is the normaliser z.',
    perLayer: true,
    axes: ['feature', 'channel'],
    gradient: true,
  },
  logits: {
    title: 'Logits',
    help: 'Before the softmax: of each answer, or of each word at each position.',
    perLayer: false,
    axes: ['position', 'class'],
    gradient: true,
  },
} as const satisfies Readonly<Record<string, PartFacts>>;

export type TensorPart = keyof typeof tensorParts;
export const tensorPartNames = Object.keys(tensorParts) as [TensorPart, ...TensorPart[]];

/** Which tensor: of a layer, counted from 0, if each layer has its own. */
export interface TensorChoice {
  readonly part: TensorPart;
  readonly layer: number;
  readonly gradient: boolean;
}

/** Its numbers, row-major, of one segment, without padding. */
export interface TensorValues extends TensorChoice {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** The parts that a model has. */
export function partsOf(model: Pick<Sizes, 'looks' | 'memTokens' | 'cacheSize'>): TensorPart[] {
  const kind = memoryKind(model);
  const has = (part: TensorPart) => {
    if (part.startsWith('memory-')) return kind === 'tokens';
    if (part.startsWith('associations-')) return kind === 'associations';
    return part !== 'cache' || model.cacheSize > 0;
  };
  return tensorPartNames.filter(has);
}

/** One matrix of a tensor: all of it, or one head. */
export function sliceOf({ shape, values }: Pick<TensorValues, 'shape' | 'values'>, head: number) {
  const [rows = 0, columns = 0] = shape.slice(-2);
  const start = shape.length === 3 ? head * rows * columns : 0;
  return { rows, columns, values: values.subarray(start, start + rows * columns) };
}

export interface Statistics {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the population. */
  readonly std: number;
  /** Euclidean. */
  readonly norm: number;
  /** NaN and infinities, which the others leave out. */
  readonly notFinite: number;
}

export function statisticsOf(values: Float32Array): Statistics {
  const finite = values.filter(Number.isFinite);
  const count = finite.length;
  let [min, max, sum, squares] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const value of finite) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
    squares += value * value;
  }
  const mean = sum / count;
  const variance = finite.reduce((total, value) => total + (value - mean) ** 2, 0) / count;
  return {
    count: values.length,
    min,
    max,
    mean,
    std: Math.sqrt(variance),
    norm: Math.sqrt(squares),
    notFinite: values.length - count,
  };
}
