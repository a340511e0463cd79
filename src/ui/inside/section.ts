// What every section of Inside is given: the document of Stream, and one segment of it.
import type { SegmentSeen, StreamLog } from '../../store/slices/stream-log.ts';

export interface SectionProps {
  /** The document as it has been read so far; `log.model` has the facts of the model. */
  readonly log: StreamLog;
  /** The index of the segment on show. */
  readonly current: number;
  readonly segment: SegmentSeen;
}
