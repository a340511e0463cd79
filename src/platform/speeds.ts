// The speed that runs reached on each adapter, kept from visit to visit: estimates are made from it.
import * as v from 'valibot';
import type { Speed } from '../protocol/index.ts';

/**
 * Counts how FLOPs are counted: a speed measured under another count says nothing of this one. 2: relative attention without
 * the cache counted twice, the ways back of attention with all their products, associations.
 */
const COUNT = 2;
const key = (adapter: string) => `rmt-playground: speed of ${adapter} (${COUNT})`;
const positive = v.pipe(v.number(), v.finite(), v.gtValue(0));
const stored = v.object({ matmulGflops: positive, copyGBs: positive, dispatchMicroseconds: positive });

/** What is stored may be anything, and private windows may refuse to store. */
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
      // The next visit begins with a probe.
    }
  },
};
