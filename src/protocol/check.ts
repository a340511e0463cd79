// The self-check: the adapter is probed and its gradients are compared with a reference, with exclusive use of the GPU.
export type { CheckCase, CheckEvent, CheckRow } from '../instruments/check/check.ts';

/** No parameters. */
export type CheckRequest = Readonly<Record<never, never>>;
