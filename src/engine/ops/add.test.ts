import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { add, addKernel, sumRows } from './add.ts';

describe('add', () => {
  // One invocation; below, at and above a workgroup's 64 invocations of four elements; a real width.
  it.each([4, 252, 256, 260, 8 * 768])('adds or overwrites %i elements', async (N) => {
    const [inp, before] = [normals(N, 1), normals(N, 2)];
    const got = await onGpu((stage) => {
      const from = stage.f32('inp', [N], inp);
      const sum = stage.f32('sum', [N], before);
      const copy = stage.f32('copy', [N], new Float32Array(N).fill(Number.NaN));
      add(stage.tape, from, sum, true);
      add(stage.tape, from, copy, false);
      return () => ({ sum, copy });
    });
    expect(got.copy).toEqual(inp);
    // One rounding of f32.
    expectClose(got.sum, reference.plus(inp, before), { atol: 1e-7, rtol: 1e-7, label: 'sum' });
  });

  it('counts workgroups over both dimensions of the grid', async () => {
    const N = 6 * 256;
    const inp = normals(N, 3);
    const { out } = await onGpu((stage) => {
      const from = stage.f32('inp', [N], inp);
      const into = stage.f32('out', [N], new Float32Array(N));
      stage.program.dispatch(addKernel, { inp: from, out: into }, { N, ACCUMULATE: true }, [3, 2]);
      return () => ({ out: into });
    });
    expect(out).toEqual(inp);
  });

  it('refuses different shapes', async () => {
    await expect(
      onGpu((stage) => {
        add(stage.tape, stage.f32('a', [8], normals(8, 1)), stage.f32('b', [4], normals(4, 1)), true);
        return () => ({});
      }),
    ).rejects.toThrow(new ShapeError("add: 'b' has shape (4), expected (8)"));
  });
});

describe('sum_rows', () => {
  const sizes = [
    [1, 4],
    [7, 252],
    [64, 256],
    [65, 260],
    [9, 768],
  ];
  it.each(sizes.flatMap(([R = 0, C = 0]) => [true, false].map((software) => [R, C, software] as const)))(
    'sums %i rows of %i columns, in one invocation: %s',
    async (R, C, software) => {
      const [inp, before] = [normals(R * C, 1), normals(C, 2)];
      const got = await onGpu(
        (stage) => {
          const from = stage.f32('inp', [R, C], inp);
          const added = stage.f32('added', [C], before);
          const sum = stage.f32('sum', [C], new Float32Array(C).fill(Number.NaN));
          sumRows(stage.tape, from, R, added, true);
          sumRows(stage.tape, from, R, sum, false);
          return () => ({ added, sum });
        },
        { software },
      );
      const want = reference.sumRows(inp, R, C);
      // Up to 65 terms of size 1 in f32.
      expectClose(got.sum, want, { atol: 1e-5, label: 'sum' });
      expectClose(got.added, reference.plus(want, before), { atol: 1e-5, label: 'added' });
    },
  );
});
