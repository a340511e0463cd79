// A generative model continues a text, word by word, with memory carried from segment to segment.
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { TextReport } from '../text/text-report.ts';

export interface GenerateRequest {
  readonly model: ModelSource;
  /** The text to continue, in the model's words; by default the beginning of a sample of `task`. */
  readonly prompt?: string;
  readonly task?: string;
  /** Number of segments of the sample, if there is no prompt. */
  readonly segments?: number;
  /** Maximum words to add. */
  readonly words: number;
  /** 0 always takes the most likely word. */
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
      /** The token ids of the prompt, if it is in pieces of a tokenizer. */
      readonly ids?: Int32Array;
      /** Words of the user's prompt that the model does not know: it reads them as [UNK]. */
      readonly unknown?: readonly string[];
      /** How much of the user's text the model's vocabulary covers. */
      readonly text?: TextReport;
    }
  | {
      readonly type: 'generate-word';
      readonly word: string;
      /** Its token id, if it is a piece of a tokenizer. */
      readonly token?: number;
      readonly probability: number;
      /** Segments read so far, including the one being written. */
      readonly segments: number;
    }
  | {
      readonly type: 'generate-end';
      readonly finished: boolean;
      /** Whether the task's own check accepts it, and the reason, if the task has a check. */
      readonly judgement?: { readonly right: boolean; readonly reason: string };
    };
