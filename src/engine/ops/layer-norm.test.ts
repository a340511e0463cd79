import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu, type RunOptions } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { layerNorm } from './layer-norm.ts';

const eps = 1e-12;

function data(R: number, D: number) {
  return {
    inp: normals(R * D, 1, 2, 0.5),
    affine: normals(2 * D, 2, 0.3, 1),
    d_out: normals(R * D, 3),
    d_affine: normals(2 * D, 4),
    d_inp: normals(R * D, 5),
  };
}

async function run(R: number, D: number, d: ReturnType<typeof data>, begun: boolean, options: RunOptions) {
  return onGpu((stage) => {
    const inp = stage.f32('inp', [R, D], d.inp);
    stage.gradient(inp, begun ? d.d_inp : new Float32Array(R * D).fill(Number.NaN), begun);
    const affine = stage.parameter('affine', [2, D], d.affine, d.d_affine);
    const out = layerNorm(stage.tape, inp, affine, eps);
    stage.gradient(out, d.d_out);
    return () => ({ out, inp: stage.d(inp), affine: stage.d(affine) });
  }, options);
}

it('the reference gradients match central differences', () => {
  const [R, D] = [3, 8];
  const { inp, affine, d_out } = data(R, D);
  const back = reference.layerNormBackward(d_out, inp, affine, R, D, eps);
  const loss = (x: ArrayLike<number>, a: ArrayLike<number>) =>
    reference.dot(d_out, reference.layerNorm(x, a, R, D, eps));
  expectNear(
    back.inp,
    reference.centralDifferences((x) => loss(x, affine), inp),
    1e-7,
    'inp',
  );
  expectNear(
    back.affine,
    reference.centralDifferences((a) => loss(inp, a), affine),
    1e-7,
    'affine',
  );
});

// Software adapters use one invocation per row, GPUs up to 32 that add up through workgroup memory: both are tested on
// any adapter. Widths: 1, 2, 3 (not a power of two), 16 and 192 (a real width) times four channels.
describe.each([
  ['one invocation per row', true],
  ['several invocations per row', false],
])('layer_norm with %s', (_lanes, software) => {
  it.each([
    [1, 4],
    [7, 12],
    [8, 8],
    [63, 12],
    [64, 12],
    [65, 12],
    [9, 64],
    [5, 768],
  ])('matches f64 at R %i, D %i', async (R, D) => {
    const d = data(R, D);
    const got = await run(R, D, d, false, { software });
    const back = reference.layerNormBackward(d.d_out, d.inp, d.affine, R, D, eps);
    expectClose(got.out, reference.layerNorm(d.inp, d.affine, R, D, eps), { atol: 1e-5, label: 'out' });
    // The four channels of a row can be close together; 1/std then magnifies the rounding of f32.
    expectNear(got.inp, back.inp, 1e-5, 'inp');
    expectClose(got.affine, reference.plus(back.affine, d.d_affine), { atol: 3e-5, rtol: 1e-5, label: 'affine' });
  });

  it('adds to an existing gradient', async () => {
    const [R, D] = [9, 64];
    const d = data(R, D);
    const got = await run(R, D, d, true, { software });
    const back = reference.layerNormBackward(d.d_out, d.inp, d.affine, R, D, eps);
    expectClose(got.inp, reference.plus(back.inp, d.d_inp), { atol: 1e-5, label: 'inp' });
  });

  it('keeps its precision where |mean| is 1000 times the standard deviation', async () => {
    const [R, D] = [9, 64];
    const d = { ...data(R, D), inp: normals(R * D, 1, 1, 1000) };
    const got = await run(R, D, d, false, { software });
    // The mean is rounded to 6e-5, which x̂ inherits. E[x²] - E[x]² would be off by 10 % and more.
    expectClose(got.out, reference.layerNorm(d.inp, d.affine, R, D, eps), { atol: 1e-3, label: 'out' });
    expectNear(got.inp, reference.layerNormBackward(d.d_out, d.inp, d.affine, R, D, eps).inp, 1e-3, 'inp');
  });
});

it('gives no NaN for a constant row', async () => {
  const D = 8;
  const d = { ...data(1, D), inp: new Float32Array(D).fill(3) };
  const got = await run(1, D, d, false, {});
  expectClose(got.out, d.affine.slice(D), { atol: 1e-6, label: 'out' });
  for (const value of got.inp) expect(Number.isFinite(value)).toBe(true);
});

it('refuses a gain of another width', async () => {
  const d = data(1, 8);
  await expect(
    onGpu((stage) => {
      layerNorm(stage.tape, stage.f32('inp', [2, 4], d.inp), stage.f32('affine', [2, 8], d.affine), eps);
      return () => ({});
    }),
  ).rejects.toThrow(new ShapeError("layer_norm: 'affine' has shape (2, 8), expected (2, 4)"));
  await expect(
    onGpu((stage) => {
      layerNorm(
        stage.tape,
        stage.f32('inp', [1, 6], new Float32Array(6)),
        stage.f32('affine', [2, 6], new Float32Array(12)),
        eps,
      );
      return () => ({});
    }),
  ).rejects.toThrow(new ShapeError("layer_norm: 'inp' has 6 channels, expected a multiple of 4"));
});
