// ARMT's keys: DPFP features and their sizes.
import { describe, expect, it } from 'vitest';
import { expectClose, expectGradient, expectNear } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { associationColumns, dpfp, keyWidth } from './associative.ts';

it('has six features of a key for each number, and four columns besides a model’s width', () => {
  expect([keyWidth(4), keyWidth(64)]).toEqual([24, 384]);
  expect([associationColumns(4), associationColumns(768)]).toEqual([8, 772]);
});

describe('the reference of dpfp', () => {
  it('has gradients that match central differences', () => {
    const [x, d_out] = [normals(2 * 5, 1), normals(2 * 30, 2)];
    for (const normalise of [true, false])
      expectGradient(
        (moved) => reference.dpfp(moved, 2, 5, normalise),
        x,
        d_out,
        reference.dpfpBackward(d_out, x, 2, 5, normalise),
      );
  });

  it('matches the definition: products of neighbours at distances 1 to 3, normalised', () => {
    // y = (1, 0, 0, 3, 0, 2, 0, 0), cyclic.
    const f = new Array<number>(24).fill(0);
    // At distance 2 (j = 1): 2 · 3; at 3 (j = 2): 3 · 1, and across the end 1 · 2. Norm √(36 + 9 + 4) = 7.
    f[1 * 8 + 5] = 6 / 7;
    f[2 * 8 + 3] = 3 / 7;
    f[2 * 8 + 0] = 2 / 7;
    expectClose(reference.dpfp([1, -2, 0, 3], 1, 4), f, { atol: 1e-15 });
    const plain = f.map((value) => 7 * value);
    expectClose(reference.dpfp([1, -2, 0, 3], 1, 4, false), plain, { atol: 1e-15 });
  });
});

// Software adapters use one invocation per row, GPUs several.
describe.each([
  ['one invocation per row', true],
  ['several invocations per row', false],
])('dpfp with %s', (_lanes, software) => {
  // Rows: 1, 63, 64 and 65; projections of 4, 8 and a real 64.
  it.each([
    [1, 4, true],
    [63, 4, true],
    [64, 8, true],
    [65, 4, true],
    [5, 64, true],
    [65, 8, false],
  ])('matches f64 at %i rows of %i, normalised: %s', async (R, K, normalise) => {
    const x = normals(R * K, 1);
    // Zeros among the numbers, and a row of zeros only.
    for (let i = 0; i < x.length; i += 5) x[i] = 0;
    if (R > 1) x.fill(0, K, 2 * K);
    const d_out = normals(R * 6 * K, 2);
    const got = await onGpu(
      (stage) => {
        const inp = stage.fresh('inp', [R, K], x);
        const out = dpfp(stage.tape, inp, normalise);
        expect(out.shape).toEqual([R, 6 * K]);
        stage.gradient(out, d_out);
        return () => ({ out, inp: stage.d(inp) });
      },
      { software },
    );
    expectClose(got.out, reference.dpfp(x, R, K, normalise), { atol: 1e-6, rtol: 1e-6, label: 'out' });
    const back = reference.dpfpBackward(d_out, x, R, K, normalise);
    // Rows of small norm have large gradients: the divisor is as small as the features.
    expectClose(got.inp, back, { atol: 2e-5, rtol: 2e-5, label: 'd inp' });
    if (R > 1) expect(got.inp.slice(K, 2 * K)).toEqual(new Float32Array(K));
  });

  it('clamps the norm of a row of tiny numbers, forward and back', async () => {
    // Products of 1e-14, divided by 1e-12 instead of their own norm.
    const x = normals(8, 3, 1e-7);
    const d_out = normals(48, 4);
    const got = await onGpu(
      (stage) => {
        const inp = stage.fresh('inp', [2, 4], x);
        const out = dpfp(stage.tape, inp, true);
        stage.gradient(out, d_out);
        return () => ({ out, inp: stage.d(inp) });
      },
      { software },
    );
    const want = reference.dpfp(x, 2, 4);
    expect(Math.max(...want)).toBeLessThan(0.1);
    expectClose(got.out, want, { atol: 1e-9, rtol: 1e-5, label: 'out' });
    expectNear(got.inp, reference.dpfpBackward(d_out, x, 2, 4), 1e-5, 'd inp');
  });

  it('refuses an input with another use', async () => {
    await expect(
      onGpu((stage) => {
        const inp = stage.parameter('inp', [1, 4], normals(4, 1));
        stage.gradient(dpfp(stage.tape, inp, true), normals(24, 2));
        return () => ({});
      }),
    ).rejects.toThrow("dpfp: 'inp' has another use");
  });
});
