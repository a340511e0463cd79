// Layer normalisation and its gradients.

import backwardSource from '../../../shaders/layer_norm_backward.wgsl?raw';
import backwardAffineSource from '../../../shaders/layer_norm_backward_affine.wgsl?raw';
import forwardSource from '../../../shaders/layer_norm_forward.wgsl?raw';
import lanes from '../../../shaders/lib/lanes.wgsl?raw';
import splitsSingle from '../../../shaders/lib/splits_single.wgsl?raw';
import { ShapeError } from '../../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import { grid } from '../gpu/program.ts';
import type { Tape } from '../tape.ts';
import { elements, expectShape, type Tensor } from '../tensor.ts';
import { sumRows } from './add.ts';
import { layerParams } from './linear.ts';
import { emitSplit, lanesFor, splitsOfSum, splittable } from './splits.ts';

const forward = defineKernel({
  name: 'layer_norm_forward',
  source: [lanes, forwardSource],
  reads: ['inp', 'affine'],
  writes: ['out', 'stats'],
  constants: ['LANES', 'EPS', 'LAYERED'],
  sizes: ['R', 'D', 'LAYERS', 'STRIDE'],
});
const backward = defineKernel({
  name: 'layer_norm_backward',
  source: [lanes, backwardSource],
  reads: ['d_out', 'inp', 'affine', 'stats'],
  writes: ['d_inp'],
  constants: ['LANES', 'ACCUMULATE'],
  sizes: ['R', 'D'],
});
const backwardAffine = splittable(
  defineKernel({
    name: 'layer_norm_backward_affine',
    source: [splitsSingle, backwardAffineSource],
    reads: ['d_out', 'inp', 'stats'],
    writes: ['partial'],
    constants: [],
    sizes: ['R', 'D', 'CHUNKS'],
  }),
);

/**
 * Normalise each row of `inp` to zero mean and unit variance, then scale and shift.
 * @param inp    (…, D) activations, D a multiple of 4
 * @param affine (2, D) gain, then bias; those of several layers divide the rows among them, without a backward pass
 * @param eps    variance floor; 1e-12 in BERT
 * @returns out (…, D)
 * @throws ShapeError if `affine` is not (2, D) or D is not a multiple of 4
 * @see Ba et al. 2016, arXiv:1607.06450
 */
export function layerNorm(tape: Tape, inp: Tensor, affine: Tensor, eps: number): Tensor {
  const D = inp.shape.at(-1) ?? 0;
  const R = elements(inp.shape) / D;
  expectShape('layer_norm', 'affine', affine.shape, [2, D]);
  if (D % 4 !== 0) throw new ShapeError(`layer_norm: 'inp' has ${D} channels, expected a multiple of 4`);
  const out = tape.tensor(`${affine.label} out`, inp.shape);
  const stats = tape.tensor(`${affine.label} stats`, [R, 2]);
  const LANES = lanesFor(tape.program.gpu, D / 4);
  const layers = layerParams(affine);
  if (R % layers.LAYERS !== 0)
    throw new ShapeError(`layer_norm: 'inp' has ${R} rows, expected a multiple of ${layers.LAYERS} layers`);
  const [x, y] = grid(Math.ceil(((R / layers.LAYERS) * LANES) / 64));
  const groups = [x, y, layers.LAYERS] as const;
  tape.emit(forward, { inp, affine, out, stats }, { LANES, R, D, EPS: eps, ...layers }, groups);
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const { into: d_inp, accumulate } = tape.claim(inp);
    tape.emit(backward, { d_out, inp, affine, stats, d_inp }, { LANES, R, D, ACCUMULATE: accumulate }, groups);
    if (affine.layers) throw new Error('layer_norm: no backward pass for an affine of several layers');
    if (affine.constant) return;
    const CHUNKS = Math.min(64, R);
    const partial = tape.tensor(`d ${affine.label} partial`, [CHUNKS, 2, D]);
    const SPLITS = splitsOfSum(tape.program.gpu);
    emitSplit(tape, backwardAffine, { d_out, inp, stats, partial }, { R, D, CHUNKS }, CHUNKS * (D / 4), SPLITS);
    sumRows(tape, partial, CHUNKS, tape.claim(affine).into, true);
  });
  return out;
}
