// All attention of a few segments of the stream, asked for when somebody wants to see it: each segment is read once more.
import type { Event } from '../../protocol/index.ts';
import { messageOf } from '../address.ts';
import { Latest } from '../latest.ts';
import type { SliceTools } from '../state.ts';
import { documentRequest } from './stream.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export interface LookSlice {
  readonly status: 'idle' | 'reading' | 'ready' | 'failed';
  readonly error: string | undefined;
  /** (layers, heads, positions, keys) of each segment on show, by index: a BERT-base's takes 150 MB. */
  readonly seen: ReadonlyMap<number, Float32Array>;
  /** Read these segments of the stream on show again; of those that are here already, the others are dropped. */
  read(segments: readonly number[]): Promise<void>;
  /** Another stream is on show. */
  clear(): void;
  begin(): void;
  segment(event: Of<'look-segment'>): void;
  end(): void;
  failed(message: string): void;
  lost(message: string): void;
}

export function lookSlice({ outside, get, change }: SliceTools<LookSlice>): LookSlice {
  const latest = new Latest(outside.post);
  let attempts = 0;
  return {
    status: 'idle',
    error: undefined,
    seen: new Map(),
    async read(segments) {
      const { stream, look } = get();
      const { log } = stream;
      const left = new Map([...look.seen].filter(([index]) => segments.includes(index)));
      if (left.size < look.seen.size) change({ seen: left });
      const missing = segments.filter((index) => !look.seen.has(index) && log?.shelf.get(index));
      if (!log || missing.length === 0) return;
      const attempt = ++attempts;
      change({ status: 'reading', error: undefined });
      try {
        const request = await documentRequest(get());
        if (attempt !== attempts || !request) return;
        const at = missing.map((index) => ({ index, memory: index > 0 ? log.shelf.get(index)?.before : undefined }));
        latest.start({ type: 'look-start', ...request, at });
      } catch (error) {
        if (attempt === attempts) change({ status: 'failed', error: messageOf(error) });
      }
    },
    clear() {
      attempts++;
      latest.drop();
      change({ status: 'idle', error: undefined, seen: new Map() });
    },
    begin() {
      latest.answered();
    },
    segment({ index, attention }) {
      // Of a stream that is no longer on show.
      if (latest.replacing || get().look.status !== 'reading') return;
      change({ seen: new Map(get().look.seen).set(index, attention) });
    },
    end() {
      if (!latest.replacing && get().look.status === 'reading') change({ status: 'ready' });
    },
    failed(message) {
      if (latest.replacing && !latest.answered()) return;
      change({ status: 'failed', error: message });
    },
    lost(message) {
      if (get().look.status === 'reading') get().look.failed(message);
    },
  };
}
