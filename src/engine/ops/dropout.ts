// Dropout whose masks are recomputed from a counter instead of stored.
import dropoutSource from '../../../shaders/dropout.wgsl?raw';
import random from '../../../shaders/lib/random.wgsl?raw';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { elements, expectShape, type Tensor } from '../tensor.ts';
import { add, invocations } from './add.ts';

const kernel = defineKernel({
  name: 'dropout',
  source: [random, dropoutSource],
  reads: ['counter', 'inp', 'residual'],
  writes: ['out'],
  constants: ['P', 'HAS_RESIDUAL', 'ACCUMULATE'],
  sizes: ['N', 'STREAM'],
});

/**
 * The op of the program that a mask belongs to (`stream`), and the step and segment it is drawn for (`counter`, (4)
 * u32).
 */
export interface DropoutSource {
  readonly counter: Tensor;
  readonly stream: number;
}

/**
 * out = mask ∘ inp / (1 - p) + residual, where mask is 1 with probability 1 - p.
 * @param p fraction dropped; outside training, or at 0, nothing is dropped
 * @returns (…), shaped as inp; `inp` itself if there is nothing to do
 * @see Srivastava et al. 2014, JMLR 15
 */
export function dropout(
  tape: Tape,
  inp: Tensor,
  p: number,
  { counter, stream }: DropoutSource,
  residual?: Tensor,
): Tensor {
  if (residual) expectShape('dropout', 'residual', residual.shape, inp.shape);
  if ((p === 0 || !tape.drops) && !residual) return inp;
  const N = elements(inp.shape);
  const P = tape.drops ? p : 0;
  const out = tape.tensor(`${inp.label} dropped`, inp.shape);
  tape.emit(
    kernel,
    { counter, inp, residual: residual ?? inp, out },
    { N, P, STREAM: stream, HAS_RESIDUAL: residual !== undefined, ACCUMULATE: false },
    invocations(N / 4),
  );
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const { into, accumulate } = tape.claim(inp);
    if (P === 0) add(tape, d_out, into, accumulate);
    else
      tape.emit(
        kernel,
        { counter, inp: d_out, residual: d_out, out: into },
        { N, P, STREAM: stream, HAS_RESIDUAL: false, ACCUMULATE: accumulate },
        invocations(N / 4),
      );
    if (residual) tape.passOn(residual, d_out);
  });
  return out;
}
