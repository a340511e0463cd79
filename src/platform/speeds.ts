// The speed that runs reached on each adapter, stored between visits and used for estimates.
import * as v from 'valibot';
import type { Speed } from '../protocol/index.ts';

/**
 * The version of the FLOP count: speeds measured under another version are not comparable. 2: relative attention without
 * counting the cache twice, the backward passes of attention with all their products, and associative memory.
 */
const COUNT = 2;
const key = (adapter: string) => `rmt-playground: speed of ${adapter} (${COUNT})`;
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const stored = v.object({ matmulGflops: positive, copyGBs: positive, dispatchMicroseconds: positive });

/** Stored values are validated; private windows may refuse to store. */
export const speeds = {
  recall(adapter: string): Speed | undefined {
    try {
      const found = v.safeParse(stored, JSON.parse(localStorage.getItem(key(adapter)) ?? 'null'));
      return found.success ? found.output : undefined;
    } catch {
      return undefined;
    }
  },
  keep(adapter: string, speed: Speed): void {
    try {
      localStorage.setItem(key(adapter), JSON.stringify(speed));
    } catch {
      // Without storage the next visit starts from a probe.
    }
  },
};
