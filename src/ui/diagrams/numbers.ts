// The numbers that the teaching diagrams show: those of the streamed model where it has memory tokens, else of Train.
import { memoryKind } from '../../analysis/memory-attention.ts';
import { catalogue } from '../../models/catalogue.ts';
import type { State } from '../../store/state.ts';

/** What is drawn of a model with memory tokens. */
export interface ModelNumbers {
  /** An encoder has its memory before the text; a decoder reads it before the text and writes it after. */
  readonly kind: 'encoder' | 'decoder';
  /** m */
  readonly tokens: number;
  /** Numbers in each memory token. */
  readonly width: number;
  readonly layers: number;
  /** Words that a segment has at most. */
  readonly words: number;
  readonly segments: number;
  readonly source: 'stream' | 'train';
}

/** What is drawn of the training of a model. */
export interface TrainingNumbers {
  readonly tokens: number;
  /** Segments of the last stage. */
  readonly segments: number;
  /** Earlier segments that the gradient of a loss passes through; undefined for all. */
  readonly depth: number | undefined;
}

type Needed = Pick<State, 'experiment' | 'stream'>;

/** Stages end with the longest documents. */
const longest = (stages: readonly number[]) => Math.max(1, ...stages);

export function modelNumbers({ experiment, stream }: Needed): ModelNumbers {
  const { log } = stream;
  const { config } = experiment;
  if (log && memoryKind(log.model) === 'tokens') {
    const { answers, memTokens: tokens, hiddenSize: width, layers, segmentSize: words } = log.model;
    const kind = answers === 'class' ? 'encoder' : 'decoder';
    return { kind, tokens, width, layers, words, segments: log.total, source: 'stream' };
  }
  return {
    kind: catalogue[config.model].answers === 'class' ? 'encoder' : 'decoder',
    tokens: config.num_mem_tokens,
    width: config.hidden_size,
    layers: config.num_hidden_layers,
    words: config.segment_size,
    segments: longest(config.stages),
    source: 'train',
  };
}

export function trainingNumbers({ experiment }: Pick<State, 'experiment'>): TrainingNumbers {
  const { num_mem_tokens: tokens, stages, bptt_depth: depth } = experiment.config;
  return { tokens, segments: longest(stages), depth: depth < 0 ? undefined : depth };
}

/** The associative memory of ARMT with the settings on Train: keys of d_mem numbers have 6 · d_mem features (DPFP-3). */
export function associativeNumbers({ experiment }: Pick<State, 'experiment'>) {
  const { num_mem_tokens: tokens, d_mem, hidden_size: width, num_hidden_layers: layers } = experiment.config;
  return { tokens, features: 6 * d_mem, width, layers };
}

export const sameNumbers = <T extends object>(a: T, b: T): boolean =>
  (Object.keys(a) as (keyof T)[]).every((key) => a[key] === b[key]);
