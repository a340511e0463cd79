// All attention of the segment on show, read again when it is first looked at.
import { useEffect, useRef } from 'react';
import { fullOf } from '../../analysis/attention-figure.ts';
import type { FullAttention } from '../../analysis/attention-operations.ts';
import { memoryKind } from '../../analysis/memory-attention.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { useActions, usePlayground } from '../playground.tsx';

interface SeenAttention {
  readonly full: FullAttention | undefined;
  /** Why there is none, if so. */
  readonly problem: string | undefined;
}

export function useAttention(log: StreamLog, current: number): SeenAttention {
  const actions = useActions();
  const { seen, status, error } = usePlayground(({ look }) => look);
  const recorded = usePlayground(({ stream }) => stream.recorded !== undefined);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const values = seen.get(current);
  const isKept = log.shelf.get(current) !== undefined || memoryKind(log.model) === 'none';
  const canRead = ready && !recorded && isKept;
  const failed = useRef<number | undefined>(undefined);
  if (status === 'failed') failed.current ??= current;
  else failed.current = undefined;
  const hasFailed = failed.current === current;
  // One segment at a time: while a document streams by, the newest follows when the last one has arrived.
  const due = canRead && values === undefined && status !== 'reading' && !hasFailed;
  useEffect(() => {
    if (due) void actions.look.read([current]);
  }, [actions, due, current]);
  const full = values && fullOf(log.model, values);
  if (full) return { full, problem: undefined };
  const problem = recorded
    ? 'A recorded stream has the attention of memory only, which Stream shows. To see all heads, read a document here.'
    : !isKept
      ? 'The memory that this segment received is no longer kept, so it cannot be read again. Choose one of the newest segments, or a marked one.'
      : !ready
        ? 'The attention of all heads is computed on the GPU, which is not available now.'
        : hasFailed
          ? error
          : undefined;
  return { full, problem };
}
