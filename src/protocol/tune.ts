// The choice of kernels: the candidates are timed again, with exclusive use of the GPU.
import type { DeviceDetails } from '../engine/gpu/details.ts';

/** No parameters. */
export type TuneRequest = Readonly<Record<never, never>>;

export type TuneEvent =
  | { readonly type: 'tune-begin' }
  | {
      readonly type: 'tune-end';
      readonly finished: boolean;
      /** Includes the kernels used from now on. */
      readonly details: DeviceDetails;
    };
