// A document is read segment by segment, with the memory and the model's answer after each.
import type { DocumentRequest, ModelSource } from '../experiment/document-request.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { Intervention } from '../inference/interventions.ts';
import type { Guess, SegmentPrediction, StreamAnswer } from '../inference/predictions.ts';
import type { StreamedSegment, StreamSettings } from '../inference/stream.ts';
import type { SegmentText } from '../inference/streamed-document.ts';
import type { TextReport } from '../text/text-report.ts';

export type { DocumentRequest, Guess, Intervention, ModelSource, SegmentPrediction, SegmentText, StreamAnswer };

export interface StreamRequest extends DocumentRequest, StreamSettings {
  /** Minimum milliseconds from one segment to the next; by default as fast as possible. */
  readonly interval?: number;
  /** Paused before the first segment. */
  readonly paused?: boolean;
}

export type StreamEvent =
  /** The document, as soon as the model's file has been read; the GPU may take longer. */
  | {
      readonly type: 'stream-document';
      readonly model: ModelFacts;
      readonly segments: number;
      readonly expected: string;
      /** The text of the first segments. */
      readonly opening: readonly SegmentText[];
    }
  | {
      readonly type: 'stream-begin';
      readonly model: ModelFacts;
      readonly segments: number;
      readonly expected: string;
      /** Total text tokens. */
      readonly tokens: number;
      /**
       * With attention: the memory passed on by an initial segment without words, to compare the first segment's memory
       * with.
       */
      readonly blank?: Float32Array;
      /** The correct answers of the documents that memory is swapped with. */
      readonly others?: readonly { readonly seed: number; readonly expected: string }[];
      /** How much of the user's noise, or other text, the model's vocabulary covers. */
      readonly noise?: TextReport;
      readonly text?: TextReport;
    }
  | ({ readonly type: 'stream-segment' } & StreamedSegment)
  | { readonly type: 'stream-paused'; readonly index: number }
  | ({
      readonly type: 'stream-end';
      readonly expected: string;
      readonly finished: boolean;
      /** With interventions: the answer without any. */
      readonly untouched?: StreamAnswer;
    } & StreamAnswer);
