// The planner: which tensors of a program share a buffer, how large it becomes, and the reported plan.
import { beforeAll, describe, expect, it } from 'vitest';
import { testGpu, useUniformSizes } from '../../testing/gpu.ts';
import { addKernel } from '../ops/add.ts';
import type { Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { PlanningGpu } from './planning.ts';
import { type Plan, Program } from './program.ts';

useUniformSizes();

let gpu: Gpu;
beforeAll(async () => {
  gpu = await testGpu();
});

/** Buffers are multiples of this many bytes; tensor sizes are given in these blocks. */
const BLOCK = 256;

interface Planned {
  readonly plan: Plan;
  /** Names of the tensors in each buffer, and its size in blocks. */
  readonly buffers: Readonly<Record<string, number>>;
}

/**
 * Plan a program of copies: 'ab' reads a and writes b.
 * @param sizes blocks of each tensor, by its name
 * @param kept  names of those that are kept to the end
 */
async function planned(
  copies: readonly string[],
  sizes: Readonly<Record<string, number>>,
  kept = '',
): Promise<Planned> {
  const device = new PlanningGpu(gpu);
  const program = new Program(device, 'planned');
  const tensors = new Map<string, Tensor>();
  for (const [name, blocks] of Object.entries(sizes)) {
    const tensor = program.tensor(name, [(blocks * BLOCK) / 4]);
    tensors.set(name, kept.includes(name) ? program.keep(tensor) : tensor);
  }
  for (const [from = '', to = ''] of copies) {
    const [inp, out] = [tensors.get(from), tensors.get(to)];
    if (!inp || !out) throw new Error(`no tensor ${from} or ${to}`);
    program.dispatch(addKernel, { inp, out }, { N: 4, ACCUMULATE: false }, [1]);
  }
  const plan = program.plan();
  await program.finish();
  expect(device.bytes).toBe(plan.bytes);
  const buffers = new Map<GPUBuffer, string>();
  for (const [name, { storage }] of tensors)
    if (storage.buffer) buffers.set(storage.buffer, (buffers.get(storage.buffer) ?? '') + name);
  return { plan, buffers: Object.fromEntries([...buffers].map(([{ size }, names]) => [names, size / BLOCK])) };
}

describe('lifetimes', () => {
  it('reach from the first to the last use, both included', async () => {
    // b ends when c is written; a is last read there, and ends when d is written.
    const { buffers } = await planned(['ab', 'ac', 'cd'], { a: 1, b: 1, c: 1, d: 1 });
    expect(buffers).toEqual({ ad: 1, bc: 1 });
  });

  it('of what is written and read in one dispatch overlap', async () => {
    const { buffers } = await planned(['ab', 'bc', 'cd'], { a: 1, b: 1, c: 1, d: 1 });
    expect(buffers).toEqual({ ac: 1, bd: 1 });
  });

  it('do not end when another one ends', async () => {
    const { buffers } = await planned(['ab', 'bc', 'ad', 'ce', 'df'], { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 });
    expect(buffers).toEqual({ aef: 1, bd: 1, c: 1 });
  });

  it('of kept tensors are the whole program: nothing precedes or follows them in their buffer', async () => {
    const { buffers } = await planned(['ab', 'bc', 'cd', 'de', 'ef'], { a: 1, b: 1, c: 1, d: 1, e: 1, f: 1 }, 'c');
    expect(buffers).toEqual({ adf: 1, be: 1, c: 1 });
  });
});

describe('a buffer', () => {
  // Three tensors that are live at once, in every order; then two that reuse their buffers.
  it.each(['abc', 'acb', 'bac', 'bca', 'cab', 'cba'])(
    'is the smallest that is large enough, independent of their order (%s)',
    async ([x = '', y = '', z = '']) => {
      const sizes = { a: 1, b: 2, c: 4, d: 2, e: 3 };
      const { plan, buffers } = await planned([x + y, y + z, z + x, 'de'], sizes);
      expect(buffers).toEqual({ a: 1, bd: 2, ce: 4 });
      expect(plan).toMatchObject({ buffers: 3, bytes: (7 + 1) * BLOCK, unshared: (12 + 1) * BLOCK, sizes: BLOCK });
    },
  );

  it.each(['ab', 'ba'])('is otherwise the largest free one, enlarged (%s)', async (first) => {
    const { plan, buffers } = await planned([first, 'cd'], { a: 1, b: 2, c: 5, d: 1 });
    expect(buffers).toEqual({ ad: 1, bc: 5 });
    expect(plan.bytes).toBe((6 + 1) * BLOCK);
  });

  it('does not shrink for a smaller tensor', async () => {
    const { plan, buffers } = await planned(['ab', 'cd'], { a: 4, b: 4, c: 1, d: 1 });
    expect(buffers).toEqual({ ac: 4, bd: 4 });
    expect(plan.bytes).toBe((8 + 1) * BLOCK);
  });

  it('is a multiple of 256 bytes; unshared bytes are counted unrounded', async () => {
    const { plan, buffers } = await planned(['ab'], { a: 1 + 4 / BLOCK, b: 0.5 });
    expect(buffers).toEqual({ a: 2, b: 1 });
    expect(plan).toEqual({
      dispatches: 1,
      buffers: 2,
      bytes: (3 + 1) * BLOCK,
      unshared: 1.5 * BLOCK + 4 + BLOCK,
      sizes: BLOCK,
    });
  });
});
