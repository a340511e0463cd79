// What the page (or the command line) may ask of a session, and what a session tells: two unions, nothing else crosses.
import type { AdapterFacts } from '../engine/gpu/adapter.ts';
import type { Mark } from '../tasks/task.ts';
import type { RunConfig } from './config.ts';

/** Which model a stream or an evaluation runs. */
export type ModelSource =
  /** The model being trained, as it is now (a copy is taken when the command arrives). */
  | { readonly kind: 'training' }
  /** A checkpoint's bytes; `name` is used in messages. */
  | { readonly kind: 'checkpoint'; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };

/** A noise text of the user's; the built-in generator is used when there is none. */
export interface NoiseText {
  readonly name: string;
  readonly text: string;
}

/** What the machine offers. */
export type DeviceFacts = AdapterFacts;

export type Command =
  /** Ask for the adapter; answered by `device` or `failed`. */
  | { readonly type: 'connect' }
  | {
      readonly type: 'train-start';
      readonly config: RunConfig;
      readonly noise?: NoiseText;
      /** A training checkpoint to go on from; its own configuration must equal `config`. */
      readonly resume?: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
      /** Start paused, before the first step. */
      readonly paused?: boolean;
    }
  | { readonly type: 'train-pause' }
  | { readonly type: 'train-continue' }
  /** One step, then paused. */
  | { readonly type: 'train-step' }
  /** End the run; answered by `train-end`. The model stays for streaming and evaluation. */
  | { readonly type: 'train-stop' }
  /** The run's training checkpoint as it is now; answered by `checkpoint`. */
  | { readonly type: 'checkpoint' }
  | {
      readonly type: 'stream-start';
      readonly model: ModelSource;
      /** The model's own task when left out. */
      readonly task?: string;
      readonly segments: number;
      readonly seed: number;
      readonly noise?: NoiseText;
      /** Send the attention of memory with every segment. */
      readonly attention: boolean;
    }
  | { readonly type: 'stream-pause' }
  | { readonly type: 'stream-continue' }
  | { readonly type: 'stream-step' }
  | { readonly type: 'stream-stop' }
  | {
      readonly type: 'evaluate-start';
      readonly model: ModelSource;
      readonly task?: string;
      readonly segments: readonly number[];
      readonly samples: number;
      readonly seed: number;
    }
  | { readonly type: 'evaluate-stop' };

/** What is known of a model when a run, stream or evaluation starts. */
export interface ModelFacts {
  readonly name: string;
  readonly task: string | undefined;
  readonly parameters: number;
  /** Bytes of GPU memory planned for it, activations included. */
  readonly gpuBytes: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenSize: number;
  readonly memTokens: number;
  readonly segmentSize: number;
  /** Positions in a segment: segmentSize + memTokens + 3. */
  readonly positions: number;
  readonly classes: readonly string[];
}

/** How far a training run is. */
export interface TrainProgress {
  /** Optimiser steps done, over all stages. */
  readonly step: number;
  /** Steps of the whole run if no stage ends early. */
  readonly steps: number;
  /** Index of the stage in the curriculum, and its number of segments. */
  readonly stage: number;
  readonly stages: number;
  readonly stageStep: number;
  readonly stageSteps: number;
  readonly segments: number;
}

export type Event =
  | { readonly type: 'device'; readonly device: DeviceFacts }
  | {
      readonly type: 'failed';
      /** What was being done. */
      readonly during: 'connect' | 'train' | 'stream' | 'evaluate' | 'checkpoint';
      /** `where: found (expected …)`; whole sentence for a person. */
      readonly message: string;
      /** Wrong input (2) or failed while running (1), as the command line's exit status. */
      readonly status: 1 | 2;
    }
  /** The GPU device went away. `checkpoint` is the last one kept, if a run was on. */
  | { readonly type: 'device-lost'; readonly message: string; readonly checkpoint?: Uint8Array<ArrayBuffer> }
  | { readonly type: 'train-begin'; readonly model: ModelFacts; readonly progress: TrainProgress }
  | {
      readonly type: 'train-step';
      readonly progress: TrainProgress;
      /** Segments in this batch. */
      readonly batchSegments: number;
      readonly loss: number;
      /** Share of right answers in this batch, 0 to 1. */
      readonly accuracy: number;
      readonly learningRate: number;
      /** Global norm of the gradient before clipping. */
      readonly gradientNorm: number;
      readonly milliseconds: number;
      /** Text tokens a second, over the last steps. */
      readonly tokensPerSecond: number;
      /** Milliseconds left at this speed, if no stage ends early. */
      readonly remaining: number;
    }
  | {
      readonly type: 'validation';
      readonly progress: TrainProgress;
      readonly segments: number;
      readonly samples: number;
      readonly accuracy: number;
      readonly loss: number;
    }
  | { readonly type: 'train-paused'; readonly progress: TrainProgress }
  | { readonly type: 'train-end'; readonly progress: TrainProgress; readonly finished: boolean }
  | { readonly type: 'checkpoint'; readonly bytes: Uint8Array<ArrayBuffer>; readonly progress: TrainProgress }
  | {
      readonly type: 'stream-begin';
      readonly model: ModelFacts;
      readonly segments: number;
      readonly expected: string;
      /** Text tokens in all. */
      readonly tokens: number;
    }
  | {
      readonly type: 'stream-segment';
      readonly index: number;
      /** Words of this segment's text, in order (PAD left out). */
      readonly words: readonly string[];
      /** Facts and question inside this segment, in positions of `words`. */
      readonly marks: readonly Mark[];
      /** Memory after this segment, (M, D). */
      readonly memory: Float32Array;
      /** Class probabilities if the answer were asked of the head now. */
      readonly probabilities: Float32Array;
      /** (layers, heads, M, positions): how much each memory row attends to every position (write direction). */
      readonly write?: Float32Array;
      /** (layers, heads, positions, M): how much every position attends to each memory column (read direction). */
      readonly read?: Float32Array;
      readonly milliseconds: number;
      readonly gpuBytes: number;
    }
  | { readonly type: 'stream-paused'; readonly index: number }
  | { readonly type: 'stream-end'; readonly answer: string; readonly expected: string; readonly finished: boolean }
  | { readonly type: 'evaluate-begin'; readonly model: ModelFacts; readonly task: string }
  /** Running result of one number of segments; the last one of each has samples = wanted. */
  | {
      readonly type: 'evaluate-point';
      readonly segments: number;
      readonly right: number;
      readonly samples: number;
      readonly wanted: number;
    }
  | { readonly type: 'evaluate-end'; readonly finished: boolean };

/** Where a session sends its events. */
export type Post = (event: Event) => void;
