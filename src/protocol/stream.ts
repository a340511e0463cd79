// A document being read segment by segment, with what the memory holds and what the model would answer after each.
import type { DocumentRequest, ModelSource } from '../experiment/document-request.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { Intervention } from '../inference/interventions.ts';
import type { Answered, Guess, Said } from '../inference/predictions.ts';
import type { StreamedSegment, StreamSettings } from '../inference/stream.ts';
import type { NoiseReport } from '../text/text-noise.ts';

export type { Answered, DocumentRequest, Guess, Intervention, ModelSource, Said };

export interface StreamRequest extends DocumentRequest, StreamSettings {
  /** Milliseconds from one segment to the next, at least; as fast as it can be when left out. */
  readonly interval?: number;
}

export type StreamEvent =
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
  | ({ readonly type: 'stream-segment' } & StreamedSegment)
  | { readonly type: 'stream-paused'; readonly index: number }
  | ({
      readonly type: 'stream-end';
      readonly expected: string;
      readonly finished: boolean;
      /** With interventions: what it answered without any. */
      readonly untouched?: Answered;
    } & Answered);
