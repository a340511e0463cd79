// What a published model lacks for this playground: its memory, and how it reads.
export type { ImportReport } from '../models/formats/import.ts';

export interface ImportOptions {
  /** Memory tokens around a model that has none. */
  readonly memory?: number;
  /** Text tokens of a segment; by default, all that the model's positions leave. */
  readonly segmentSize?: number;
  /** Classes of the head; by default, as many as it has. */
  readonly labels?: number;
}
