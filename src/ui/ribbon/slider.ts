// The keys of the ribbon.
import type { StreamLog } from '../../store/slices/stream-log.ts';

/** The segment that a key moves to; undefined for other keys. */
export function targetOf(key: string, current: number, seen: number, { marked }: StreamLog): number | undefined {
  const indices = marked.map(({ index }) => index);
  const targets: Readonly<Record<string, number | undefined>> = {
    ArrowLeft: current - 1,
    ArrowDown: current - 1,
    ArrowRight: current + 1,
    ArrowUp: current + 1,
    PageDown: indices.find((index) => index > current) ?? seen - 1,
    PageUp: indices.findLast((index) => index < current) ?? 0,
    Home: 0,
    End: seen - 1,
  };
  return targets[key];
}
