// What a kernel would take on named GPUs, from counts alone: a roofline of arithmetic and memory, and what the kernel adds to
// it by how it loads and by how few invocations it has.

export interface NamedGpu {
  readonly name: string;
  /** f32 multiply-adds as two operations, at the maker's boost clock. */
  readonly gflops: number;
  readonly gigabytesPerSecond: number;
  /** f32 lanes of all cores. */
  readonly lanes: number;
}

/** A desktop card, a laptop's chip with shared memory, and an integrated GPU; figures of their makers. */
export const namedGpus: readonly NamedGpu[] = [
  { name: 'RTX 4060', gflops: 15_100, gigabytesPerSecond: 272, lanes: 3072 },
  { name: 'Apple M2', gflops: 3_600, gigabytesPerSecond: 100, lanes: 1280 },
  { name: 'Iris Xe 96', gflops: 2_000, gigabytesPerSecond: 68, lanes: 768 },
];

/** Bytes that the nearest cache delivers in the time of one operation: an assumption, on the low side of current GPUs. */
const CACHE_BYTES_PER_OPERATION = 0.25;
/** Invocations per lane that hide the latency of loads: an assumption. */
const INVOCATIONS_PER_LANE = 4;

/** Counts of one dispatch. */
export interface DispatchCounts {
  readonly operations: number;
  /** Everything bound, once: what memory has to deliver or take. */
  readonly bytes: number;
  /** Bytes of the sectors that all loads and stores touch, which caches have to deliver. */
  readonly requested: number;
  readonly invocations: number;
}

export type Limit = 'arithmetic' | 'memory' | 'loads' | 'few invocations';

export interface Roofline {
  /** Microseconds at the roofline: arithmetic or memory, whichever is longer. */
  readonly roof: number;
  /** Microseconds by all counts. */
  readonly counted: number;
  readonly limit: Limit;
}

export function rooflineOf(counts: DispatchCounts, gpu: NamedGpu): Roofline {
  const arithmetic = counts.operations / gpu.gflops / 1e3;
  const memory = counts.bytes / gpu.gigabytesPerSecond / 1e3;
  const loads = counts.requested / (CACHE_BYTES_PER_OPERATION * gpu.gflops) / 1e3;
  const roof = Math.max(arithmetic, memory);
  const filled = Math.min(1, counts.invocations / (INVOCATIONS_PER_LANE * gpu.lanes));
  const busy = Math.max(roof, loads);
  const limit =
    filled < 0.5 ? 'few invocations' : loads > roof ? 'loads' : arithmetic >= memory ? 'arithmetic' : 'memory';
  return { roof, counted: busy / filled, limit };
}
