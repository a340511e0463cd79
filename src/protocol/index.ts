// What the page (or the command line) may ask of a session, and what a session tells: two unions, nothing else crosses.
import type { LayerShape } from '../analysis/layer-shape.ts';
import type { BenchMode, BenchShapeName } from '../analysis/segment-flops.ts';
import type { AdapterFacts } from '../engine/gpu/adapter.ts';
import type { Probe } from '../engine/gpu/probe.ts';
import type { TuningSource } from '../engine/gpu/tuning.ts';
import type { Speed } from '../engine/gpu/work.ts';
import type { RunConfig } from '../experiment/config.ts';
import type { fileSource, TextSource } from '../io/text-source.ts';
import type { OwnDocument } from '../tasks/own-document.ts';
import type { Mark } from '../tasks/task.ts';
import type { NoiseReport } from '../text/text-noise.ts';

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

/** A file that may be large: as a browser gives it, or as something that opens it. It is streamed, never held whole. */
export type UserFile = (Parameters<typeof fileSource>[0] & { readonly name: string }) | TextSource;

/** What the user gives a task to be about, instead of what is built in. */
export interface Materials {
  readonly noise?: NoiseText | undefined;
  /** The text of language modelling. */
  readonly text?: UserFile | undefined;
  /** Documents to classify, and the classes they belong to. */
  readonly articles?: UserFile | undefined;
  readonly labels?: UserFile | undefined;
}

/** What an intervention acts on: what a segment hands on, before the next one reads it. */
interface At {
  /** From 0. */
  readonly segment: number;
  /** Memory tokens, from 0; everything handed on when left out. */
  readonly tokens?: readonly number[] | undefined;
}

/** A change of what is handed on from one segment to the next. */
export type Intervention =
  /** Zeros instead. */
  | ({ readonly kind: 'zero' } & At)
  /** What the segment had received itself, handed on as it was by it and the `length` − 1 segments behind. */
  | ({ readonly kind: 'freeze'; readonly length: number } & At)
  /** The memory tokens in another order, drawn by the seed; never the one they are in. */
  | ({ readonly kind: 'shuffle'; readonly seed: number } & At)
  /** What the same segment of another document hands on: of the same task, drawn by the seed. */
  | ({ readonly kind: 'swap'; readonly seed: number } & At);

/** What makes a document, with the model and its task: drawn by the seed, the user's facts in it if there are any. */
export interface DocumentRequest {
  readonly model: ModelSource;
  /** The model's own task when left out. */
  readonly task?: string;
  readonly segments: number;
  readonly seed: number;
  readonly materials?: Materials;
  readonly document?: OwnDocument;
}

/** What the machine offers. */
export type DeviceFacts = AdapterFacts;

/** What else there is to say of the adapter: all it offers, and the kernels chosen for it. */
export interface DeviceDetails {
  /** All that the browser tells of the adapter, by WebGPU's names. */
  readonly info: Readonly<Record<string, string>>;
  /** What the adapter has, used or not. */
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly kernels: {
    readonly product: { readonly small: string; readonly large: string };
    readonly attention: { readonly small: string; readonly large: string };
    /** From the adapter's facts alone, timed on it just now, or timed on an earlier visit. */
    readonly chosenBy: TuningSource;
  };
}

/** What is to be measured against length: layers of this shape with random weights. */
export interface MeasureRequest {
  readonly shape: LayerShape;
  /** Positions in a segment, memory and special tokens included. */
  readonly segment: number;
  /** Lengths are one segment, two, four, … up to so many positions. */
  readonly longest: number;
  /** Timed passes at each length. */
  readonly runs: number;
  /** Seconds after which no longer length is begun. */
  readonly seconds: number;
}
/** Segment by segment with memory, or all positions at once. */
export type MeasureKind = 'rmt' | 'full';

/** One forward pass over so many positions, timed. */
export interface MeasurePoint {
  readonly kind: MeasureKind;
  readonly positions: number;
  /** Of the positions, those that hold text. */
  readonly text: number;
  readonly runs: number;
  readonly milliseconds: { readonly median: number; readonly low: number; readonly high: number };
  readonly gpuBytes: {
    readonly parameters: number;
    /** Everything else that is needed to run: activations, states, inputs and results. */
    readonly working: number;
  };
}

/** What one part of the self-check compares. */
export interface CheckCase {
  readonly model: 'rmt-bert' | 'rmt-gpt2';
  /** The variants chosen for small problems, or for large ones. */
  readonly kernels: 'small' | 'large';
}
/** One group of parameters: gradients of the GPU beside those of the reference. `loss` is the forward pass. */
export interface CheckRow {
  readonly group: string;
  /** Numbers compared. */
  readonly size: number;
  /** Largest difference, relative to the group's largest gradient in the reference; NaN if one is no number. */
  readonly error: number;
  readonly passed: boolean;
}

/** What the bench is to measure. */
export interface BenchRequest {
  /** All that are sensible on the adapter when left out. */
  readonly shapes?: readonly BenchShapeName[];
  readonly modes?: readonly BenchMode[];
  /** Timed runs of each case; when left out five, or fewer of what takes long. */
  readonly runs?: number;
  /** Also time kernel by kernel. Needs the adapter's `timestamp-query`. */
  readonly profile?: boolean;
  /** Store the tiles of forward products in f16. Needs the adapter's `shader-f16`. */
  readonly half?: boolean;
}
export interface BenchCase {
  readonly shape: BenchShapeName;
  readonly mode: BenchMode;
}

/** All dispatches of one kernel with one set of parameters in one section, for one segment. */
export interface KernelRow {
  readonly kernel: string;
  readonly section: string;
  readonly params: Readonly<Record<string, number | boolean>>;
  readonly dispatches: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** What was measured of one case; all figures are for one segment, or one step of training on it. */
export interface BenchRow extends BenchCase {
  readonly runs: number;
  /** Segments one after the other in a run, whose time is shared out among them. */
  readonly segmentsPerRun: number;
  /** Over the runs. */
  readonly milliseconds: { readonly median: number; readonly low: number; readonly high: number };
  /** Of the layers' matrix products; see `analysis/segment-flops.ts`. */
  readonly flops: number;
  readonly gflops: number;
  /** Of the probed rate of a matrix product. */
  readonly peakShare: number;
  /** Everything its dispatches bind, each binding once a dispatch; of the table of words, the rows that are touched. */
  readonly bytesMoved: number;
  readonly gigabytesPerSecond: number;
  /** Of the probed rate of a copy. */
  readonly copyShare: number;
  /** By section, as they were encoded for one segment. */
  readonly dispatches: Readonly<Record<string, number>>;
  /** What one more layer adds. */
  readonly perLayer: { readonly forward: number; readonly backward: number };
  readonly gpuBytes: {
    readonly parameters: number;
    /** Gradients and the optimiser's moments. */
    readonly training: number;
    readonly activations: number;
    /** All buffers of the case, inputs and results included. */
    readonly total: number;
  };
  /** The most time first; undefined where no profile was asked for. */
  readonly kernels: readonly KernelRow[] | undefined;
}

export type { Speed };

/** GPU bytes of a run by what they are for. */
export interface RunBytes {
  readonly weights: number;
  readonly gradients: number;
  /** The optimiser's moments. */
  readonly optimiser: number;
  /** Of the longest batch: activations as planned, states, inputs and results. */
  readonly activations: number;
  /** The same for validation. */
  readonly validation: number;
  /** What a checkpoint is read back through. */
  readonly checkpoint: number;
  readonly total: number;
}

/** What a run will take, as far as it can be told before the start. */
export interface RunEstimate {
  readonly parameters: number;
  readonly bytes: RunBytes;
  /** Text tokens read in training. */
  readonly tokens: number;
  /** Training steps, if no stage ends early. */
  readonly steps: number;
  /** Of the whole run at `speed`. */
  readonly milliseconds: number | undefined;
  /** The one given, else what the adapter was probed at; undefined while the GPU is busy with something else. */
  readonly speed: Speed | undefined;
  /** Why the adapter cannot hold it, if it cannot. */
  readonly obstacle: string | undefined;
}

/** A validation sample with what the model made of it. */
export interface Example {
  /** What it was asked: facts and question, or the words before the answer. */
  readonly prompt: readonly string[];
  /** Words left out of the prompt before its first. */
  readonly skipped: number;
  /** The class, or words of the answer, at most `mostExampleWords` of them: the last. */
  readonly expected: readonly string[];
  /** What it held likeliest at each. */
  readonly predicted: readonly string[];
  /** The probability it gave to each that was expected. */
  readonly probabilities: readonly number[];
}

export type Command =
  /** Ask for the adapter; answered by `device` or `failed`. */
  | { readonly type: 'connect' }
  | {
      readonly type: 'train-start';
      readonly config: RunConfig;
      readonly materials?: Materials;
      /** A training checkpoint to go on from; its own configuration must equal `config`. */
      readonly resume?: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
      /** Start paused, before the first step. */
      readonly paused?: boolean;
    }
  /** What would a run take? Answered by `estimate` with the same id, or by `failed`. Nothing is allocated. */
  | {
      readonly type: 'estimate';
      readonly id: number;
      readonly config: RunConfig;
      readonly materials?: Materials;
      /** What earlier runs on this adapter reached; it is probed when there is none. */
      readonly speed?: Speed;
    }
  | { readonly type: 'train-pause' }
  | { readonly type: 'train-continue' }
  /** One step, then paused. */
  | { readonly type: 'train-step' }
  /** End the run; answered by `train-end`. The model stays for streaming and evaluation. */
  | { readonly type: 'train-stop' }
  /** The run's training checkpoint as it is now; answered by `checkpoint`. */
  | { readonly type: 'checkpoint' }
  | ({
      readonly type: 'stream-start';
      /** Send the attention of memory with every segment. */
      readonly attention: boolean;
      /** The untouched stream then runs beside the changed one, from the first of them on. */
      readonly interventions?: readonly Intervention[];
      /** Milliseconds from one segment to the next, at least; as fast as it goes when left out. */
      readonly interval?: number;
    } & DocumentRequest)
  | { readonly type: 'stream-pace'; readonly interval: number }
  | { readonly type: 'stream-pause' }
  | { readonly type: 'stream-continue' }
  | { readonly type: 'stream-step' }
  | { readonly type: 'stream-stop' }
  /** Read some segments of a document once more, each from the memory given, and tell all of their attention. */
  | ({
      readonly type: 'look-start';
      readonly at: readonly {
        readonly index: number;
        /** What was handed to it; what every document begins with when left out. */
        readonly memory?: Float32Array | undefined;
      }[];
    } & DocumentRequest)
  | {
      readonly type: 'evaluate-start';
      readonly model: ModelSource;
      readonly task?: string;
      readonly segments: readonly number[];
      readonly samples: number;
      readonly seed: number;
      /** Also let a generative model write each answer by itself, and judge that. */
      readonly generate?: boolean;
      readonly materials?: Materials;
    }
  | { readonly type: 'evaluate-stop' }
  | {
      /** Go on with a text, word by word, the memory carried from segment to segment; a generative model's. */
      readonly type: 'generate-start';
      readonly model: ModelSource;
      /** What to go on with, in the model's words; the beginning of a sample of `task` when left out. */
      readonly prompt?: string;
      readonly task?: string;
      /** Of the sample, if there is no prompt: its number of segments. */
      readonly segments?: number;
      /** Words to add, at most. */
      readonly words: number;
      /** 0 takes the likeliest word each time. */
      readonly temperature: number;
      readonly seed: number;
      readonly materials?: Materials;
    }
  | { readonly type: 'generate-stop' }
  /** Measure; whatever else is begun on the GPU meanwhile ends it. */
  | ({ readonly type: 'bench-start' } & BenchRequest)
  | { readonly type: 'bench-stop' }
  /** Time and bytes against length; makes way as the bench does. */
  | ({ readonly type: 'measure-start' } & MeasureRequest)
  | { readonly type: 'measure-stop' }
  /** Probe the adapter and compare its gradients with a reference; makes way as the bench does. */
  | { readonly type: 'check-start' }
  | { readonly type: 'check-stop' };

/** What is known of a model when a run, stream or evaluation starts. */
export interface ModelFacts {
  readonly name: string;
  /** The kind of model, for people. */
  readonly kind: string;
  /** One class for a sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly task: string | undefined;
  readonly parameters: number;
  /** Bytes of GPU memory planned for it, activations included. */
  readonly gpuBytes: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenSize: number;
  readonly memTokens: number;
  /** Earlier inputs that each layer attends to; 0 without a cache. */
  readonly cacheSize: number;
  readonly segmentSize: number;
  /** Positions in a segment, those of memory and special tokens included. */
  readonly positions: number;
  /** Positions before the text. */
  readonly front: number;
  /** Sizes of the attention sent with a streamed segment; keys count the cache's entries first. */
  readonly looks: {
    readonly write?: { readonly rows: number; readonly columns: number };
    readonly read?: { readonly rows: number; readonly columns: number };
  };
  /** Of a classification task; empty for one that asks for a text. */
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
  | { readonly type: 'device'; readonly device: DeviceFacts; readonly details: DeviceDetails }
  | {
      readonly type: 'failed';
      /** What was being done. */
      readonly during:
        | 'connect'
        | 'estimate'
        | 'train'
        | 'stream'
        | 'look'
        | 'evaluate'
        | 'checkpoint'
        | 'generate'
        | 'bench'
        | 'measure'
        | 'check';
      /** `where: found (expected …)`; whole sentence for a person. */
      readonly message: string;
      /** Wrong input (2) or failed while running (1), as the command line's exit status. */
      readonly status: 1 | 2;
    }
  /** The GPU device went away. `checkpoint` is the last one kept, if a run was on. */
  | { readonly type: 'device-lost'; readonly message: string; readonly checkpoint?: Uint8Array<ArrayBuffer> }
  /** How much of a file has been read, from 0 to 1. */
  | { readonly type: 'reading'; readonly name: string; readonly share: number }
  | ({ readonly type: 'estimate'; readonly id: number } & RunEstimate)
  | { readonly type: 'train-begin'; readonly model: ModelFacts; readonly progress: TrainProgress }
  | {
      readonly type: 'train-step';
      readonly progress: TrainProgress;
      /** Segments in this batch. */
      readonly batchSegments: number;
      readonly loss: number;
      /** Share of right answers in this batch, 0 to 1: classes, or words of the answer. */
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
      /** Share of sequences with every answer right. */
      readonly whole: number;
      readonly loss: number;
    }
  /** A few of the samples that the last validation judged. */
  | {
      readonly type: 'examples';
      readonly progress: TrainProgress;
      readonly segments: number;
      readonly items: readonly Example[];
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
      /** With attention: what a segment without words hands on to begin with, to compare the first segment's memory with. */
      readonly blank?: Float32Array;
      /** The right answers of the documents that memory is swapped with. */
      readonly others?: readonly { readonly seed: number; readonly expected: string }[];
      /** What of the user's noise text the model does not know. */
      readonly noise?: NoiseReport;
    }
  | ({
      readonly type: 'stream-segment';
      readonly index: number;
      /** Words of this segment's text, in order (PAD left out). */
      readonly words: readonly string[];
      /** Facts, question and answer inside this segment, in positions of `words`. */
      readonly marks: readonly Mark[];
      /** What is handed on after this segment: memory vectors (M, D), or what a model has instead, flat. */
      readonly memory: Float32Array;
      /** Where interventions changed that: what the segment itself had left, and what was done to it. */
      readonly left?: Float32Array;
      readonly interventions?: readonly Intervention[];
      /** From the first intervention on: what the model says of the same segment without any. */
      readonly untouched?: Said;
      /** (layers, heads, rows, columns) of `looks.write`: how much each memory row attends to every key. */
      readonly write?: Float32Array;
      /** (layers, heads, rows, columns) of `looks.read`: how much every position attends to memory or cache. */
      readonly read?: Float32Array;
      readonly milliseconds: number;
      readonly gpuBytes: number;
    } & Said)
  | { readonly type: 'stream-paused'; readonly index: number }
  | ({
      readonly type: 'stream-end';
      readonly expected: string;
      readonly finished: boolean;
      /** With interventions: what it answered without any. */
      readonly untouched?: Answered;
    } & Answered)
  | { readonly type: 'look-begin' }
  | {
      readonly type: 'look-segment';
      readonly index: number;
      /** (layers, heads, positions, keys); keys count the cache's entries first. */
      readonly attention: Float32Array;
    }
  | { readonly type: 'look-end' }
  | { readonly type: 'evaluate-begin'; readonly model: ModelFacts; readonly task: string; readonly unit?: string }
  /** Running result of one number of segments; the last one of each has samples = wanted. */
  | {
      readonly type: 'evaluate-point';
      readonly segments: number;
      /** Right answers, and how many were asked for: one a sample of a class task, words of the answer of another. */
      readonly right: number;
      readonly asked: number;
      /** Samples with every answer right, given the right words before it. */
      readonly whole: number;
      /** Where the answer is a class: macro F1, the mean over classes. */
      readonly f1?: number;
      /** Samples whose answer, written word by word by the model alone, is right, or passes the task's own check. */
      readonly generated?: number;
      readonly samples: number;
      readonly wanted: number;
      /** Mean cross-entropy of an answer, in nats. */
      readonly loss: number;
      /** Language modelling: mean cross-entropy at every position of the sequence, in nats; NaN where none was asked. */
      readonly positions?: Float32Array;
    }
  | { readonly type: 'evaluate-end'; readonly finished: boolean }
  | {
      readonly type: 'generate-begin';
      readonly model: ModelFacts;
      readonly prompt: readonly string[];
      readonly expected: readonly string[];
    }
  | {
      readonly type: 'generate-word';
      readonly word: string;
      readonly probability: number;
      /** Segments read so far, the one being written included. */
      readonly segments: number;
    }
  | {
      readonly type: 'generate-end';
      readonly finished: boolean;
      /** Whether the task's own check accepts it, and why not, where it has one. */
      readonly judgement?: { readonly right: boolean; readonly reason: string };
    }
  | {
      readonly type: 'bench-begin';
      readonly device: DeviceFacts;
      /** The variants of the kernels that are used, in words. */
      readonly kernels: string;
      readonly probe: Probe;
      readonly cases: readonly BenchCase[];
      /** Too heavy for a software adapter to be measured without being named. */
      readonly leftOut: readonly BenchCase[];
    }
  | ({
      readonly type: 'bench-progress';
      readonly doing: 'preparing' | 'warming up' | 'measuring' | 'profiling';
      readonly run: number;
      readonly runs: number;
    } & BenchCase)
  | { readonly type: 'bench-row'; readonly row: BenchRow }
  /** The adapter cannot hold this case. */
  | ({ readonly type: 'bench-refused'; readonly reason: string } & BenchCase)
  | { readonly type: 'bench-end'; readonly finished: boolean }
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
  /** This kind goes no further: from this length on the adapter cannot, or it would take too long. */
  | {
      readonly type: 'measure-limit';
      readonly kind: MeasureKind;
      readonly positions: number;
      readonly reason: string;
    }
  | { readonly type: 'measure-end'; readonly finished: boolean }
  | {
      readonly type: 'check-begin';
      readonly probe: Probe;
      /** The largest error that passes. */
      readonly tolerance: number;
      readonly cases: readonly CheckCase[];
    }
  | {
      readonly type: 'check-progress';
      readonly of: CheckCase;
      readonly doing: 'reference' | 'gpu';
      /** Of the reference's work, 0 to 1. */
      readonly share: number;
    }
  | { readonly type: 'check-result'; readonly of: CheckCase; readonly rows: readonly CheckRow[] }
  | { readonly type: 'check-end'; readonly finished: boolean };

/** What a model says of a segment. */
export interface Said {
  /** Class probabilities if the answer were asked of the head now; empty for a task that asks for a text. */
  readonly probabilities: Float32Array;
  /** Of a generative model, for each word: what it expected there, before reading it. */
  readonly guesses?: readonly Guess[] | undefined;
  /** Of a generative model, behind the last segment: the word that is only predicted, never read. */
  readonly behind?: { readonly word: string; readonly guess: Guess } | undefined;
}

export interface Answered {
  readonly answer: string;
  /** Of a generative model: words of the answer in all, and those it expected rightly. */
  readonly right?: number;
  readonly asked?: number;
}

/** What a generative model expected at one position. */
export interface Guess {
  /** Its likeliest word. */
  readonly word: string;
  /** The probability it gave to the word that stood there. */
  readonly probability: number;
}

/** Where a session sends its events. */
export type Post = (event: Event) => void;
