// What there is to say of an adapter beside its facts: all it offers, and the kernels chosen for it.
import type { Gpu } from './adapter.ts';
import { type TuningSource, variantName } from './tuning.ts';

export interface DeviceDetails {
  /** All that the browser says of the adapter, by WebGPU's names. */
  readonly info: Readonly<Record<string, string>>;
  /** What the adapter has, used or not. */
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly kernels: {
    readonly product: { readonly small: string; readonly large: string };
    readonly attention: { readonly small: string; readonly large: string };
    /** From the adapter's facts alone, timed on it just now, or timed on an earlier visit. */
    readonly chosenBy: TuningSource;
  };
}

export function detailsOf({ offer, tuning, tuningSource }: Gpu): DeviceDetails {
  const { product, attention } = tuning;
  return {
    ...offer,
    kernels: {
      product: { small: variantName(product.small), large: variantName(product.large) },
      attention,
      chosenBy: tuningSource,
    },
  };
}
