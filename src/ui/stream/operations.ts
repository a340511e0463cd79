// The memory operations of a segment in words and signs, never by colour alone.
import { type Decision, type Operation, READS_FROM, WRITES_FROM } from '../../analysis/attention-operations.ts';
import type { MemoryKind } from '../../analysis/memory-attention.ts';
import type { SegmentSeen } from '../../store/slices/stream-log.ts';
import { percent } from '../format.ts';

/** An arrow into the memory, two lines, an arrow out of it. */
export const operationNames: Readonly<Record<Operation, string>> = {
  write: '↓ writes',
  hold: '= holds',
  read: '↑ reads',
};

/** A memory change, 1 − cosine, as text. */
export const oneMinusCosine = (change: number) =>
  Number.isFinite(change) ? change.toFixed(change < 0.0995 ? 3 : 2) : '–';

export const namesOf = ({ operations }: Decision): string => operations.map((each) => operationNames[each]).join(', ');

/** The scores behind the operations. */
export const scoresOf = ({ operations, written, read }: Decision): string =>
  operations.map((each) => oneMinusCosine(each === 'read' ? (read ?? Number.NaN) : written)).join(', ');

/** Why it counts as write, hold or read. */
export function reasonsOf(
  { decision, attended = 0, content, tokenChanges }: SegmentSeen,
  isClassifier: boolean,
): string[] {
  if (!decision) return [];
  const { written, read, most } = decision;
  const of = tokenChanges.length > 1 ? `memory token ${most.token + 1}` : 'memory';
  const writeReason =
    `Write score ${oneMinusCosine(written)} = change of ${of} ${oneMinusCosine(most.change)} (1 − cosine) × ${percent(most.toWords)} of its attention on words` +
    `${tokenChanges.length > 1 ? ', the token where this is largest' : ''}. ${WRITES_FROM} or more counts as a write, less as a hold.`;
  const readers = isClassifier ? '[CLS]' : 'the positions before the scored words';
  const readReason =
    read === undefined
      ? isClassifier
        ? 'Read score: none. Only the last segment determines the answer.'
        : 'Read score: none. This segment contains no scored word.'
      : `Read score ${oneMinusCosine(read)} = ${percent(attended)} of the attention of ${readers} on memory, in the layer where it is largest` +
        (content === undefined
          ? '. '
          : ` × content of the memory received ${oneMinusCosine(content)} (1 − cosine to a memory that has read no text). `) +
        `${oneMinusCosine(READS_FROM)} or more counts as a read.`;
  return [writeReason, readReason];
}

/** Why there is no decision. */
export const undecided: Readonly<Record<MemoryKind, string>> = {
  tokens: 'The attention of memory is not available for this segment, so its operation is unknown.',
  associations: 'The attention of memory is not available for this segment, so its operation is unknown.',
  cache: 'A cache stores every word and drops the oldest ones, so write and hold do not apply.',
  none: 'In this model nothing passes from one segment to the next, so write, hold and read do not apply.',
};
