// The bench's request and results: cases, their figures, and kernels one by one.
import type { BenchMode, BenchShapeName } from '../analysis/segment-flops.ts';
import type { AdapterFacts } from '../engine/gpu/adapter.ts';
import type { Probe } from '../engine/gpu/probe.ts';

/** What the bench should measure. */
export interface BenchRequest {
  /** By default, all that are sensible on the adapter. */
  readonly shapes?: readonly BenchShapeName[];
  readonly modes?: readonly BenchMode[];
  /** Timed runs of each case; by default five, or fewer for slow cases. */
  readonly runs?: number;
  /** Also time kernel by kernel. Needs the adapter's `timestamp-query`. */
  readonly profile?: boolean;
  /** Store the tiles of forward products in f16. Needs the adapter's `shader-f16`. */
  readonly half?: boolean;
}
export interface BenchCase {
  readonly shape: BenchShapeName;
  readonly mode: BenchMode;
}

/** All dispatches of one kernel with one set of parameters in one section, per segment. */
export interface KernelRow {
  readonly kernel: string;
  readonly section: string;
  readonly params: Readonly<Record<string, number | boolean>>;
  readonly dispatches: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** The figures of one case, per segment or per training step on one. */
export interface BenchRow extends BenchCase {
  readonly runs: number;
  /** Consecutive segments in a run, whose time is divided among them. */
  readonly segmentsPerRun: number;
  /** Over the runs. */
  readonly milliseconds: { readonly median: number; readonly low: number; readonly high: number };
  /** FLOPs of the layers' matrix products; see `analysis/segment-flops.ts`. */
  readonly flops: number;
  readonly gflops: number;
  /** Relative to the probed rate of a matrix product. */
  readonly peakShare: number;
  /**
   * Everything the dispatches bind, counting each binding once per dispatch; of the word table, only the rows touched.
   */
  readonly bytesMoved: number;
  readonly gigabytesPerSecond: number;
  /** Relative to the probed rate of a copy. */
  readonly copyShare: number;
  /** By section, as encoded for one segment. */
  readonly dispatches: Readonly<Record<string, number>>;
  /** Dispatches added by one more layer. */
  readonly perLayer: { readonly forward: number; readonly backward: number };
  readonly gpuBytes: {
    readonly parameters: number;
    /** Gradients and the optimiser's moments. */
    readonly training: number;
    readonly activations: number;
    /** All buffers of the case, including inputs and results. */
    readonly total: number;
  };
  /** The cold start: kernels compiled for this case, and milliseconds until it could run and of its first run. */
  readonly start: { readonly pipelines: number; readonly preparing: number; readonly firstRun: number };
  /** Longest time first; undefined if no profile was requested. */
  readonly kernels: readonly KernelRow[] | undefined;
}

export type BenchEvent =
  | {
      readonly type: 'bench-begin';
      readonly device: AdapterFacts;
      /** Readable names of the kernel variants in use. */
      readonly kernels: string;
      readonly probe: Probe;
      readonly cases: readonly BenchCase[];
      /** Cases skipped on a software adapter because they are slow and were not named. */
      readonly leftOut: readonly BenchCase[];
    }
  | ({
      readonly type: 'bench-progress';
      readonly doing: 'preparing' | 'warming up' | 'measuring' | 'profiling';
      readonly run: number;
      readonly runs: number;
    } & BenchCase)
  | { readonly type: 'bench-row'; readonly row: BenchRow }
  /** The adapter cannot run this case. */
  | ({ readonly type: 'bench-refused'; readonly reason: string } & BenchCase)
  | { readonly type: 'bench-end'; readonly finished: boolean };
