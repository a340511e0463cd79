// Parts of another document's reading are put in the place of the same parts of a document's, one at a time.
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { Candidate } from '../inference/answer-at.ts';
import type { Sweep } from '../inference/patch-sweep.ts';
import type { PatchReading, PatchSettings } from '../inference/patching.ts';
import type { WordEdit } from '../inference/streamed-document.ts';

export type { Candidate, PatchReading, PatchSettings, Sweep, WordEdit };

export interface PatchRequest extends DocumentRequest, PatchSettings {}

export type PatchEvent =
  | ({
      readonly type: 'patch-begin';
      /** How many patches there are: the map has `rows` × `columns` of them, in order. */
      readonly rows: number;
      readonly columns: number;
    } & PatchReading)
  /** The next patches of the map. */
  | {
      readonly type: 'patch-cells';
      readonly from: number;
      /** The answer's logit minus that of the other answer. */
      readonly margins: Float32Array;
      /** Probabilities of the answer and of the other answer. */
      readonly answer: Float32Array;
      readonly than: Float32Array;
    }
  | { readonly type: 'patch-end'; readonly finished: boolean };
