// Time, rates and bytes of named shapes, measured with exclusive use of the GPU.
export type { BenchCase, BenchEvent, BenchRequest, BenchRow, KernelRow } from '../instruments/bench-row.ts';
