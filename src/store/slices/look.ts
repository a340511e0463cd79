// The full attention of a few segments of the stream, computed on request by reading these segments again.
import { memoryKind } from '../../analysis/memory-attention.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { documentRequest } from './stream.ts';

declare module '../state.ts' {
  interface State {
    readonly look: LookSlice;
  }
}

export interface LookSlice {
  readonly status: 'idle' | 'reading' | 'ready' | 'failed';
  readonly error: string | undefined;
  /** (layers, heads, positions, keys) of each segment shown, by index: 150 MB for a BERT-base. */
  readonly seen: ReadonlyMap<number, Float32Array>;
  /** Read these segments of the stream again; attention of other segments is dropped. */
  read(segments: readonly number[]): Promise<void>;
  /** Clear: another stream is shown. */
  clear(): void;
  readonly receive: (report: JobReport<'look'>) => void;
  lost(message: string): void;
}

export function lookSlice({ jobs, get, change }: SliceTools<LookSlice>): LookSlice {
  const fail = (reason: unknown) =>
    change({ status: 'failed', error: `The attention of these segments could not be computed. ${sentenceOf(reason)}` });
  return {
    status: 'idle',
    error: undefined,
    seen: new Map(),
    async read(segments) {
      const { stream, look } = get();
      const { log } = stream;
      const left = new Map([...look.seen].filter(([index]) => segments.includes(index)));
      if (left.size < look.seen.size) change({ seen: left });
      if (!log) return;
      // Where nothing passes from one segment to the next, nothing has to be kept to read one again.
      const canRead = (index: number) => log.shelf.get(index) || memoryKind(log.model) === 'none';
      const missing = segments.filter((index) => !look.seen.has(index) && canRead(index));
      if (missing.length === 0) return;
      const id = jobs.reserve('look');
      change({ status: 'reading', error: undefined });
      try {
        const request = await documentRequest(get());
        if (!jobs.isCurrent(id) || !request) return;
        const at = missing.map((index) => ({ index, memory: index > 0 ? log.shelf.get(index)?.before : undefined }));
        jobs.start(id, 'look', { ...request, at });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    clear() {
      jobs.drop('look');
      change({ status: 'idle', error: undefined, seen: new Map() });
    },
    receive(report) {
      switch (report.type) {
        case 'look-begin':
          return;
        case 'look-segment':
          return change({ seen: new Map(get().look.seen).set(report.index, report.attention) });
        case 'look-end':
          return change({ status: 'ready' });
        case 'failed':
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      if (get().look.status === 'reading') fail(message);
    },
  };
}
