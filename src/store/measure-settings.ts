// The settings of the bench, on Device, and of Compute: what is measured, and for how long.
import * as v from 'valibot';
import { type OptName, optNames } from '../analysis/flops.ts';
import { type BenchMode, type BenchShapeName, benchModes, benchShapeNames } from '../analysis/segment-flops.ts';
import { integer, name, some, yes } from './address-values.ts';

export const mostRuns = 1000;
/** Positions that a pass on Compute may have. */
export const mostPositions = 2 ** 20;
export const mostSeconds = 3600;

/** The settings of the bench. Undefined: chosen by adapter. */
export interface BenchSettings {
  readonly shapes: readonly BenchShapeName[] | undefined;
  readonly modes: readonly BenchMode[];
  readonly runs: number | undefined;
  readonly profile: boolean;
  readonly half: boolean;
}

/** The settings of Compute. Undefined: the model configured on Train, and values chosen by adapter. */
export interface ComputeSettings {
  readonly sizes: readonly OptName[];
  /** The file name of a bundled checkpoint, or `file:` and the name of a file of the user's. */
  readonly model: string | undefined;
  /** Positions in a segment, and in the longest pass. */
  readonly segment: number | undefined;
  readonly longest: number | undefined;
  readonly runs: number | undefined;
  readonly seconds: number | undefined;
}

export const benchDefaults: BenchSettings = {
  shapes: undefined,
  modes: benchModes,
  runs: undefined,
  profile: false,
  half: false,
};

export const computeDefaults: ComputeSettings = {
  sizes: ['125M', '1.3B', '175B'],
  model: undefined,
  segment: undefined,
  longest: undefined,
  runs: undefined,
  seconds: undefined,
};

export const measureSchemas = {
  'bench.shapes': some(benchShapeNames),
  'bench.modes': some(benchModes),
  'bench.runs': integer(1, mostRuns),
  'bench.profile': yes,
  'bench.half': yes,
  'compute.sizes': v.union([
    v.pipe(
      v.literal('none'),
      v.transform(() => [] as OptName[]),
    ),
    some(optNames),
  ]),
  'compute.model': name,
  'compute.segment': integer(4, mostPositions),
  'compute.longest': integer(4, mostPositions),
  'compute.runs': integer(1, mostRuns),
  'compute.seconds': integer(1, mostSeconds),
} as const;
