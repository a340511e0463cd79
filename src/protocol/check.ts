// The self-check: the adapter is probed, and its gradients are compared with a reference, with nothing else on the GPU.
export type { CheckCase, CheckEvent, CheckRow } from '../instruments/check/check.ts';

/** Nothing has to be said. */
export type CheckRequest = Readonly<Record<never, never>>;
