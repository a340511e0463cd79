// The choice of kernels: the candidates for a GPU's kernels are timed again, with nothing else on the GPU.
import type { DeviceDetails } from '../engine/gpu/details.ts';

/** Nothing has to be said. */
export type TuneRequest = Readonly<Record<never, never>>;

export type TuneEvent =
  | { readonly type: 'tune-begin' }
  | {
      readonly type: 'tune-end';
      readonly finished: boolean;
      /** With the kernels that are used from now on. */
      readonly details: DeviceDetails;
    };
