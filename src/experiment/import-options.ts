// What a published model lacks for this playground: its memory, and how it reads.
export type { ImportReport } from '../models/formats/import.ts';

export interface ImportOptions {
  /** Memory tokens; a model that has its own must have this many. */
  readonly memory?: number;
  /** Memory tokens around a model that has none, where `memory` is not given. */
  readonly memoryIfNone?: number;
  /** Text tokens of a segment; by default, all that the model's positions leave. */
  readonly segmentSize?: number;
  /** Classes of the head; by default, as many as it has. */
  readonly labels?: number;
}
