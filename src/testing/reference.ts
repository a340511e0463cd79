// The references: every op as the formula in its kernel's header, in f64 and plain loops, written for readability and not
// for speed. Nothing imports the engine. Arrays are dense and row-major, as on the GPU.
export * from './reference/adamw.ts';
export * from './reference/associative.ts';
export * from './reference/attention.ts';
export * from './reference/attention-relative.ts';
export * from './reference/layers.ts';
export * from './reference/memory.ts';
export { centralDifferences, dot, type Numbers, plus, sumRows } from './reference/numbers.ts';
export * from './reference/random.ts';
