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

/** An angle as 1 − cosine. */
export const turned = (change: number) => (Number.isFinite(change) ? change.toFixed(change < 0.0995 ? 3 : 2) : '–');

export const namesOf = ({ operations }: Decision): string => operations.map((each) => operationNames[each]).join(', ');

/** The figures that decided it: the write score, or the share of attention that reads. */
export const decidedBy = ({ operations, written, read }: Decision): string =>
  operations.map((each) => (each === 'read' ? percent(read ?? Number.NaN) : turned(written))).join(', ');

/** Why it counts as write, hold or read. */
export function reasonsOf({ change, activity, decision }: SegmentSeen, isClassifier: boolean): string[] {
  if (!decision || change === undefined || activity?.toWords === undefined || activity.toMemory === undefined)
    return [];
  const { written, read } = decision;
  const share = activity.toWords / (activity.toWords + activity.toMemory || 1);
  const wrote =
    `The memory turned by ${turned(change)} (1 − cosine), and ${percent(share)} of what it attended to, words or itself, ` +
    `was words: ${turned(written)} is written. From ${WRITES_FROM} on that counts as writing, below as holding.`;
  const asker = isClassifier ? '[CLS] gives' : 'The positions before the words asked for give';
  const told =
    read === undefined
      ? isClassifier
        ? 'The answer is taken from the last segment only, so nothing is read here.'
        : 'No word is asked for here, so nothing is read.'
      : `${asker} the memory ${percent(read)} of the attention in the layer where it is most. From ${percent(READS_FROM)} on that counts as reading.`;
  return [wrote, told];
}

/** Why there is no decision. */
export const undecided: Readonly<Record<MemoryKind, string>> = {
  tokens: 'The memory’s attention was not sent, so there is nothing to decide by.',
  associations: 'The memory’s attention was not sent, so there is nothing to decide by.',
  cache: 'A cache takes in every word as it comes and lets the oldest go: it never decides to write or to hold.',
  none: 'Nothing is handed on, so nothing is written, held or read.',
};
