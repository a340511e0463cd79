import { describe, expect, it } from 'vitest';
import { type DispatchCounts, namedGpus, rooflineOf } from './roofline.ts';

const gpu = { name: 'made up', gflops: 1000, gigabytesPerSecond: 100, lanes: 256 };
const counts = (change: Partial<DispatchCounts>): DispatchCounts => ({
  operations: 0,
  bytes: 0,
  requested: 0,
  invocations: 1e6,
  ...change,
});

describe('a roofline', () => {
  it('is the longer of arithmetic and memory', () => {
    // 1e6 operations at 1e12 a second take 1 µs; 1e6 bytes at 1e11 take 10 µs.
    expect(rooflineOf(counts({ operations: 1e6 }), gpu)).toEqual({ roof: 1, counted: 1, limit: 'arithmetic' });
    expect(rooflineOf(counts({ operations: 1e6, bytes: 1e6 }), gpu)).toEqual({
      roof: 10,
      counted: 10,
      limit: 'memory',
    });
  });

  it('counts loads that caches have to serve', () => {
    // A quarter of a byte an operation: 250 GB/s.
    const loaded = rooflineOf(counts({ operations: 1e6, requested: 1e6 }), gpu);
    expect(loaded).toEqual({ roof: 1, counted: 4, limit: 'loads' });
  });

  it('counts lanes that stay empty', () => {
    const few = rooflineOf(counts({ operations: 1e6, invocations: 256 }), gpu);
    expect(few).toEqual({ roof: 1, counted: 4, limit: 'few invocations' });
  });

  it('knows three GPUs', () => {
    expect(namedGpus).toHaveLength(3);
    for (const { gflops, gigabytesPerSecond, lanes } of namedGpus)
      for (const figure of [gflops, gigabytesPerSecond, lanes]) expect(figure).toBeGreaterThan(0);
  });
});
