// Softmax cross-entropy together with its gradient, in one dispatch.
import lanesSingle from '../../../shaders/lib/lanes_single.wgsl?raw';
import source from '../../../shaders/softmax_cross_entropy.wgsl?raw';
import { ShapeError } from '../../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { expectShape, showShape, type Tensor } from '../tensor.ts';
import { emitLanes, withLanes } from './splits.ts';

const kernel = withLanes(
  defineKernel({
    name: 'softmax_cross_entropy',
    source: [lanesSingle, source],
    reads: ['logits', 'labels', 'row_weight'],
    writes: ['d_logits', 'result'],
    constants: [],
    sizes: ['R', 'C', 'COLUMNS'],
  }),
);

/**
 * The loss of each row and its predicted class.
 * @param logits    (R, COLUMNS); only the first `classes` columns are used
 * @param labels    (R) u32, below `classes`
 * @param rowWeight (R): the batch's loss is Σ rowWeight · loss, whose gradient starts here
 * @returns result (R, 2): cross-entropy in nats, and the class of the highest logit
 * @throws ShapeError if there are more classes than columns
 */
export function crossEntropy(tape: Tape, logits: Tensor, classes: number, labels: Tensor, rowWeight: Tensor): Tensor {
  const [R = 0, COLUMNS = 0] = logits.shape;
  expectShape('cross_entropy', 'labels', labels.shape, [R]);
  expectShape('cross_entropy', 'row_weight', rowWeight.shape, [R]);
  if (classes > COLUMNS)
    throw new ShapeError(
      `cross_entropy: 'logits' has shape ${showShape(logits.shape)}, expected at least ${classes} columns`,
    );
  const { into: d_logits } = tape.claim(logits);
  const result = tape.tensor('result', [R, 2]);
  emitLanes(tape, kernel, { logits, labels, row_weight: rowWeight, d_logits, result }, { R, C: classes, COLUMNS }, [
    R,
    classes,
  ]);
  return result;
}
