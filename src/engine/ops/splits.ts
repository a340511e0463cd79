// Kernels that have one invocation per row, and the same with several that split the row.
import splits from '../../../shaders/lib/splits.wgsl?raw';
import splitsSingle from '../../../shaders/lib/splits_single.wgsl?raw';
import { defineKernel, type Kernel, type Params } from '../gpu/kernel.ts';
import { grid, type Workgroups } from '../gpu/program.ts';
import type { Tensor } from '../tensor.ts';

/** Rows of a workgroup: GROUP_ROWS in lib/splits_single and in lib/splits. */
const [SINGLE_ROWS, SPLIT_ROWS] = [64, 32];

/** Workgroups for rows that are split. */
export const groupsOfSplits = (rows: number) => Math.ceil(rows / SPLIT_ROWS);

export interface Splittable {
  readonly single: Kernel;
  readonly split: Kernel;
}

/** @param single a kernel with lib/splits_single among its texts; the other one has lib/splits instead */
export function splittable(single: Kernel): Splittable {
  const split = {
    ...single,
    name: `${single.name}_split`,
    source: single.source.replace(splitsSingle, () => splits),
    constants: [...single.constants, 'SPLITS'],
  };
  return { single, split: defineKernel(split) };
}

/** The part of a tape this needs. */
interface Emitter {
  emit(kernel: Kernel, tensors: Readonly<Record<string, Tensor>>, params: Params, workgroups: Workgroups): void;
}

/** Record a kernel with SPLITS invocations per row. */
export function emitSplit(
  tape: Emitter,
  { single, split }: Splittable,
  tensors: Readonly<Record<string, Tensor>>,
  params: Params,
  rows: number,
  SPLITS: number,
): void {
  if (SPLITS > 1) tape.emit(split, tensors, { ...params, SPLITS }, grid(groupsOfSplits(rows)));
  else tape.emit(single, tensors, params, grid(Math.ceil(rows / SINGLE_ROWS)));
}
