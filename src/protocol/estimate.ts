// Estimate the resources of a run: answered by `estimate`, or by `failed`. Nothing is allocated.
import type { Speed } from '../engine/gpu/work.ts';
import type { RunConfig } from '../experiment/config.ts';
import type { Materials } from '../experiment/materials.ts';
import type { Preview } from '../experiment/preview.ts';
import type { StartingPoint } from '../experiment/starting-point.ts';
import type { RunBytes, RunEstimate } from '../instruments/plan.ts';

export type { Preview, RunBytes, RunEstimate, Speed };

export interface EstimateRequest {
  readonly config: RunConfig;
  readonly materials?: Materials;
  /** The model that the run starts from. */
  readonly from?: Pick<StartingPoint, 'name' | 'metadata'>;
  /** The speed reached by earlier runs on this adapter; without it the adapter is probed. */
  readonly speed?: Speed;
}

export type EstimateEvent = { readonly type: 'estimate'; readonly preview?: Preview } & RunEstimate;
