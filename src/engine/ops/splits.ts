// Kernels that have one invocation per row, and the same with several: splits of long rows, or lanes with neighbouring
// channels.
import lanes from '../../../shaders/lib/lanes.wgsl?raw';
import lanesSingle from '../../../shaders/lib/lanes_single.wgsl?raw';
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

/** The kernel with another text in place of one of its own, and that text's constant. */
function replaced(kernel: Kernel, suffix: string, from: string, to: string, constant: string): Kernel {
  return defineKernel({
    ...kernel,
    name: `${kernel.name}_${suffix}`,
    source: kernel.source.replace(from, () => to),
    constants: [...kernel.constants, constant],
  });
}

/** @param single a kernel with lib/splits_single among its texts; the other one has lib/splits instead */
export const splittable = (single: Kernel): Splittable => ({
  single,
  split: replaced(single, 'split', splitsSingle, splits, 'SPLITS'),
});

/** The same with lib/lanes_single and lib/lanes. */
export const withLanes = (single: Kernel): Splittable => ({
  single,
  split: replaced(single, 'lanes', lanesSingle, lanes, 'LANES'),
});

/** Invocations per row, of 64 in a workgroup. Barriers are slow on software adapters; GPUs lack invocations. */
export const lanesFor = ({ facts }: OnAdapter, columns: number): number =>
  facts.software ? 1 : Math.min(32, 2 ** Math.ceil(Math.log2(columns)));

/** Invocations that divide the rows of a sum over rows. */
export const splitsOfSum = ({ facts }: OnAdapter): number => (facts.software ? 1 : 8);

/** The part of an adapter this needs. */
interface OnAdapter {
  readonly facts: { readonly software: boolean };
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

/** Record a kernel with LANES invocations per row, each of which takes every LANES-th column. */
export function emitLanes(
  tape: Emitter & { readonly program: { readonly gpu: OnAdapter } },
  { single, split }: Splittable,
  tensors: Readonly<Record<string, Tensor>>,
  params: Params,
  [rows, columns]: readonly [number, number],
): void {
  const LANES = lanesFor(tape.program.gpu, columns);
  const groups = grid(Math.ceil((rows * LANES) / SINGLE_ROWS));
  if (LANES > 1) tape.emit(split, tensors, { ...params, LANES }, groups);
  else tape.emit(single, tensors, params, groups);
}
