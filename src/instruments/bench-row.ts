// What the bench is asked, and what it reports: cases, their figures, and kernels one by one.
import type { BenchMode, BenchShapeName } from '../analysis/segment-flops.ts';
import type { AdapterFacts } from '../engine/gpu/adapter.ts';
import type { Probe } from '../engine/gpu/probe.ts';

/** What the bench is to measure. */
export interface BenchRequest {
  /** All that are sensible on the adapter when left out. */
  readonly shapes?: readonly BenchShapeName[];
  readonly modes?: readonly BenchMode[];
  /** Timed runs of each case; when left out five, or fewer of what takes long. */
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

/** All dispatches of one kernel with one set of parameters in one section, for one segment. */
export interface KernelRow {
  readonly kernel: string;
  readonly section: string;
  readonly params: Readonly<Record<string, number | boolean>>;
  readonly dispatches: number;
  readonly bytes: number;
  readonly milliseconds: number;
}

/** What was measured of one case; all figures are for one segment, or one step of training on it. */
export interface BenchRow extends BenchCase {
  readonly runs: number;
  /** Segments one after the other in a run, whose time is shared out among them. */
  readonly segmentsPerRun: number;
  /** Over the runs. */
  readonly milliseconds: { readonly median: number; readonly low: number; readonly high: number };
  /** Of the layers' matrix products; see `analysis/segment-flops.ts`. */
  readonly flops: number;
  readonly gflops: number;
  /** Of the probed rate of a matrix product. */
  readonly peakShare: number;
  /** Everything its dispatches bind, each binding once a dispatch; of the table of words, the rows that are touched. */
  readonly bytesMoved: number;
  readonly gigabytesPerSecond: number;
  /** Of the probed rate of a copy. */
  readonly copyShare: number;
  /** By section, as they were encoded for one segment. */
  readonly dispatches: Readonly<Record<string, number>>;
  /** What one more layer adds. */
  readonly perLayer: { readonly forward: number; readonly backward: number };
  readonly gpuBytes: {
    readonly parameters: number;
    /** Gradients and the optimiser's moments. */
    readonly training: number;
    readonly activations: number;
    /** All buffers of the case, inputs and results included. */
    readonly total: number;
  };
  /** The most time first; undefined where no profile was asked for. */
  readonly kernels: readonly KernelRow[] | undefined;
}

export type BenchEvent =
  | {
      readonly type: 'bench-begin';
      readonly device: AdapterFacts;
      /** The variants of the kernels that are used, in words. */
      readonly kernels: string;
      readonly probe: Probe;
      readonly cases: readonly BenchCase[];
      /** Too heavy for a software adapter to be measured without being named. */
      readonly leftOut: readonly BenchCase[];
    }
  | ({
      readonly type: 'bench-progress';
      readonly doing: 'preparing' | 'warming up' | 'measuring' | 'profiling';
      readonly run: number;
      readonly runs: number;
    } & BenchCase)
  | { readonly type: 'bench-row'; readonly row: BenchRow }
  /** The adapter cannot hold this case. */
  | ({ readonly type: 'bench-refused'; readonly reason: string } & BenchCase)
  | { readonly type: 'bench-end'; readonly finished: boolean };
