// Adding one tensor to another, and summing rows.
import addSource from '../../../shaders/add.wgsl?raw';
import splitsSingle from '../../../shaders/lib/splits_single.wgsl?raw';
import sumRowsSource from '../../../shaders/sum_rows.wgsl?raw';
import { defineKernel, type Kernel, type Params } from '../gpu/kernel.ts';
import { grid, type Workgroups } from '../gpu/program.ts';
import { elements, expectShape, type Tensor } from '../tensor.ts';
import { emitSplit, splitsOfSum, splittable } from './splits.ts';

export const addKernel = defineKernel({
  name: 'add',
  source: addSource,
  reads: ['inp'],
  writes: ['out'],
  constants: ['ACCUMULATE'],
  sizes: ['N'],
});
const sumRowsKernel = splittable(
  defineKernel({
    name: 'sum_rows',
    source: [splitsSingle, sumRowsSource],
    reads: ['inp'],
    writes: ['out'],
    constants: ['ACCUMULATE'],
    sizes: ['R', 'C'],
  }),
);

/** The part of a tape these ops need; the tape itself adds gradients with them. */
interface Emitter {
  readonly program: { readonly gpu: { readonly facts: { readonly software: boolean } } };
  emit(kernel: Kernel, tensors: Readonly<Record<string, Tensor>>, params: Params, workgroups: Workgroups): void;
}

/** Workgroups of 64 invocations for `count` invocations. */
export function invocations(count: number): [number, number] {
  return grid(Math.ceil(count / 64));
}

/** out (=|+=) inp, elementwise; both of one shape, with a multiple of 4 elements. */
export function add(tape: Emitter, inp: Tensor, out: Tensor, accumulate: boolean): void {
  expectShape('add', out.label, out.shape, inp.shape);
  const N = elements(inp.shape);
  tape.emit(addKernel, { inp, out }, { N, ACCUMULATE: accumulate }, invocations(N / 4));
}

/** out[c] (=|+=) Σ_r inp[r,c]; inp (R,C), out with C elements, C a multiple of 4. */
export function sumRows(tape: Emitter, inp: Tensor, rows: number, out: Tensor, accumulate: boolean): void {
  const C = elements(inp.shape) / rows;
  const SPLITS = splitsOfSum(tape.program.gpu);
  emitSplit(tape, sumRowsKernel, { inp, out }, { R: rows, C, ACCUMULATE: accumulate }, C / 4, SPLITS);
}
