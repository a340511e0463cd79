// A generative model continues a text, word by word, the memory carried from segment to segment.
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';

export interface GenerateRequest {
  readonly model: ModelSource;
  /** The text to continue, in the model's words; the beginning of a sample of `task` when left out. */
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

export type GenerateEvent =
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
    };
