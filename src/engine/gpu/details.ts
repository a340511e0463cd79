// The details of an adapter for display: everything it reports, and the kernels chosen for it.
import type { Gpu } from './adapter.ts';
import { type TuningSource, variantName } from './tuning.ts';

export interface DeviceDetails {
  /** Everything the browser reports about the adapter, under WebGPU's names. */
  readonly info: Readonly<Record<string, string>>;
  /** The features the adapter has, used or not. */
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
  readonly kernels: {
    readonly product: { readonly small: string; readonly large: string };
    readonly attention: { readonly small: string; readonly large: string };
    /** From the adapter's facts alone, timed on it just now, or timed on an earlier visit. */
    readonly chosenBy: TuningSource;
    /** Candidates excluded because the device was lost when they were tried. */
    readonly lost?: readonly string[];
  };
}

export function detailsOf({ offer, tuning, tuningSource, lostVariants }: Gpu): DeviceDetails {
  const { product, attention } = tuning;
  return {
    ...offer,
    kernels: {
      product: { small: variantName(product.small), large: variantName(product.large) },
      attention,
      chosenBy: tuningSource,
      ...(lostVariants.length > 0 ? { lost: lostVariants } : {}),
    },
  };
}
