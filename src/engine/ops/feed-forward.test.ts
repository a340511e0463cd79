import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { activationNames, feedForward, type LinearParameters } from './linear.ts';

// f32 sums of at most 512 products of size 1.
const close = { atol: 2e-5, rtol: 1e-5 };

describe('the reference', () => {
  it.each(activationNames)('has feed-forward gradients that match central differences, with %s', (by) => {
    const size = { R: 2, D: 4, F: 6 };
    const inp = normals(8, 1);
    const d_out = normals(8, 2);
    const inner = { weight: normals(24, 3), bias: normals(6, 4) };
    const outer = { weight: normals(24, 5), bias: normals(4, 6) };
    const back = reference.feedForwardBackward(d_out, inp, { inner, outer }, size, by);
    const differ = (f: (x: Float64Array) => Float64Array, x: Float32Array) =>
      reference.centralDifferences((moved) => reference.dot(d_out, f(moved)), x);
    const cases = [
      [back.inner.inp, differ((x) => reference.feedForward(x, { inner, outer }, size, by), inp)],
      [
        back.inner.weight,
        differ((weight) => reference.feedForward(inp, { inner: { ...inner, weight }, outer }, size, by), inner.weight),
      ],
      [
        back.inner.bias,
        differ((bias) => reference.feedForward(inp, { inner: { ...inner, bias }, outer }, size, by), inner.bias),
      ],
      [
        back.outer.weight,
        differ((weight) => reference.feedForward(inp, { inner, outer: { ...outer, weight } }, size, by), outer.weight),
      ],
    ] as const;
    for (const [analytic, numeric] of cases) expectNear(analytic, numeric, 1e-8);
  });

  it('computes erf', () => {
    // Abramowitz & Stegun, table 7.1.
    expectClose(
      [0, 0.5, 1, 2, 3, -1, 7].map(reference.erf),
      [0, 0.5204998778130465, 0.8427007929497149, 0.9953222650189527, 0.9999779095030014, -0.8427007929497149, 1],
      { atol: 2e-16, rtol: 4e-16 },
    );
  });
});

describe('feed_forward', () => {
  it.each([
    [1, 4, 4, 'gelu'],
    [9, 12, 20, 'gelu'],
    [2, 128, 512, 'gelu'],
    [1, 4, 4, 'gelu_new'],
    [9, 12, 20, 'gelu_new'],
    [1, 4, 4, 'relu'],
    [9, 12, 20, 'relu'],
  ] as const)('matches f64 at R %i, D %i, F %i with %s', async (R, D, F, by) => {
    const inner = { weight: normals(F * D, 1, 2 / Math.sqrt(D)), bias: normals(F, 2) };
    const outer = { weight: normals(D * F, 3, 1 / Math.sqrt(F)), bias: normals(D, 4) };
    const [x, r, d_out] = [normals(R * D, 5), normals(R * D, 6), normals(R * D, 7)];
    const got = await onGpu((stage) => {
      const parameters = ({ weight, bias }: typeof inner, N: number, K: number): Required<LinearParameters> => ({
        weight: stage.parameter('weight', [N, K], weight),
        bias: stage.parameter('bias', [N], bias),
      });
      const inp = stage.f32('inp', [R, D], x);
      const residual = stage.f32('residual', [R, D], r);
      const [first, second] = [parameters(inner, F, D), parameters(outer, D, F)];
      const out = feedForward(stage.tape, inp, first, second, { residual, by });
      stage.gradient(out, d_out);
      return () => ({
        out,
        inp: stage.d(inp),
        residual: stage.d(residual),
        innerWeight: stage.d(first.weight),
        innerBias: stage.d(first.bias),
        outerWeight: stage.d(second.weight),
        outerBias: stage.d(second.bias),
      });
    });
    const size = { R, D, F };
    const back = reference.feedForwardBackward(d_out, x, { inner, outer }, size, by);
    expectClose(got.out, reference.plus(reference.feedForward(x, { inner, outer }, size, by), r), {
      ...close,
      label: 'out',
    });
    const want = {
      inp: back.inner.inp,
      residual: d_out,
      innerWeight: back.inner.weight,
      innerBias: back.inner.bias,
      outerWeight: back.outer.weight,
      outerBias: back.outer.bias,
    };
    for (const name of Object.keys(want) as (keyof typeof want)[])
      expectClose(got[name], want[name], { ...close, label: name });
  });

  it.each([
    // erf to 1.5e-7 (Abramowitz & Stegun 7.1.26), times |x| / 2; gelu_new is off by up to 4e-4.
    ['gelu', 1.5e-6],
    // The adapter's tanh, whose error WGSL derives from that of exp: a few f32 roundings.
    ['gelu_new', 3e-6],
    ['relu', 1e-30],
  ] as const)('has %s from -8 to 8, derivative too, within %f', async (by, atol) => {
    // Identity matrices: the activation sees the input itself.
    const K = 64;
    const identity = Float32Array.from({ length: K * K }, (_, i) => (i % (K + 1) === 0 ? 1 : 0));
    const x = Float32Array.from({ length: 2 * K }, (_, i) => -8 + i / 8);
    const got = await onGpu((stage) => {
      const layer = () => ({
        weight: stage.parameter('weight', [K, K], identity),
        bias: stage.parameter('bias', [K], new Float32Array(K)),
      });
      const inp = stage.f32('inp', [2, K], x);
      const out = feedForward(stage.tape, inp, layer(), layer(), { by });
      stage.gradient(out, new Float32Array(2 * K).fill(1));
      return () => ({ out, inp: stage.d(inp) });
    });
    const [f, derivative] = reference.activations[by];
    expectClose(got.out, Array.from(x, f), { atol, label: by });
    expectClose(got.inp, Array.from(x, derivative), { atol, label: 'derivative' });
  });

  it.each(activationNames)('%s of extreme numbers is finite, and so is its derivative', async (by) => {
    const x = [1e4, -1e4, 1e12, -1e12];
    const got = await onGpu((stage) => {
      const layer = () => ({
        weight: stage.parameter('weight', [4, 4], [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1]),
        bias: stage.parameter('bias', [4], new Float32Array(4)),
      });
      const inp = stage.f32('inp', [1, 4], x);
      const out = feedForward(stage.tape, inp, layer(), layer(), { by });
      stage.gradient(out, [1, 1, 1, 1]);
      return () => ({ out, inp: stage.d(inp) });
    });
    expectClose(got.out, [1e4, 0, 1e12, 0], { rtol: 1e-6, atol: 1e-30, label: by });
    expectClose(got.inp, [1, 0, 1, 0], { atol: 1e-6, label: 'derivative' });
  });

  it('refuses a residual of another shape', async () => {
    await expect(
      onGpu((stage) => {
        const layer = (N: number, K: number) => ({
          weight: stage.f32('weight', [N, K], normals(N * K, 1)),
          bias: stage.f32('bias', [N], normals(N, 1)),
        });
        const inp = stage.f32('inp', [2, 4], normals(8, 1));
        feedForward(stage.tape, inp, layer(8, 4), layer(4, 8), {
          residual: stage.f32('residual', [2, 8], normals(16, 1)),
        });
        return () => ({});
      }),
    ).rejects.toThrow(new ShapeError("feed_forward: 'residual' has shape (2, 8), expected (2, 4)"));
  });
});
