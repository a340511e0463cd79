import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { testGpu } from '../../testing/gpu.ts';
import { normals, onGpu, type Stage } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { deepQuads, type ProductVariant, quads, registers, shallowQuads, tiles, variantName } from '../gpu/tuning.ts';
import { linear } from './linear.ts';

// One invocation computes 8 rows × 4 columns, 64 of them are a workgroup: rows around 8, tiles around 64, widths that
// are not multiples of 8, and a real width.
const sizes = [
  [1, 4, 4],
  [7, 8, 12],
  [8, 12, 8],
  [9, 4, 64],
  [63, 32, 8],
  [64, 32, 12],
  [65, 36, 4],
  [9, 64, 768],
  [3, 768, 8],
  // Beyond one quad's 32 rows and 64 columns, and beyond a tile of 128 × 128.
  [33, 68, 16],
  [130, 132, 20],
] as const;
// Sizes that distinguish the variants: one row, an inner size that is not a multiple of a tile's depth, and later
// tiles.
const fewSizes = [sizes[0], sizes[6], sizes[10]] as const;
const largest = [sizes[10]] as const;
/** The short variants also run the tests that do not depend on tiling. */
const isShort = (variant: ProductVariant) => variant === registers || variant === shallowQuads || variant === quads;

/**
 * Some variants take a software adapter seconds to compile, because of barriers or their length: they get fewer sizes.
 */
function sizesFor(variant: ProductVariant): readonly (typeof sizes)[number][] {
  if (variant === registers) return sizes;
  if (variant === quads) return sizes.filter((_, i) => i % 2 === 0);
  return variant === deepQuads || variant === tiles[0] ? fewSizes : largest;
}

const variants = [registers, shallowQuads, quads, deepQuads, ...tiles].map(
  (variant) => [variantName(variant), variant] as const,
);

function data(R: number, N: number, K: number) {
  return {
    inp: normals(R * K, 1),
    weight: normals(N * K, 2, 1 / Math.sqrt(K)),
    bias: normals(N, 3),
    residual: normals(R * N, 4),
    d_out: normals(R * N, 5),
    // Previous contents of the gradient buffers.
    d_inp: normals(R * K, 6),
    d_weight: normals(N * K, 7),
    d_bias: normals(N, 8),
    d_residual: normals(R * N, 9),
  };
}

// f32 sums of at most 768 products of size 1.
const close = { atol: 2e-5, rtol: 1e-5 };

describe('the reference', () => {
  it('has gradients that match central differences', () => {
    const size = { R: 3, N: 4, K: 5 };
    const { inp, weight, bias, d_out } = data(3, 4, 5);
    const back = reference.linearBackward(d_out, inp, weight, size);
    const differ = (f: (x: Float64Array) => Float64Array, x: Float32Array) =>
      reference.centralDifferences((moved) => reference.dot(d_out, f(moved)), x);
    expectNear(
      back.inp,
      differ((x) => reference.linear(x, weight, bias, size), inp),
      1e-8,
      'inp',
    );
    expectNear(
      back.weight,
      differ((x) => reference.linear(inp, x, bias, size), weight),
      1e-8,
      'weight',
    );
    expectNear(
      back.bias,
      differ((x) => reference.linear(inp, weight, x, size), bias),
      1e-8,
      'bias',
    );
    const out = reference.linear(inp, weight, bias, size);
    expectNear(
      reference.tanhBackward(d_out, out.map(Math.tanh)),
      differ((x) => x.map(Math.tanh), Float32Array.from(out)),
      1e-6,
      'tanh',
    );
  });
});

function layerOf(stage: Stage, name: string, N: number, K: number, d: ReturnType<typeof data>) {
  return {
    weight: stage.parameter(`${name}.weight`, [N, K], d.weight, d.d_weight),
    bias: stage.parameter(`${name}.bias`, [N], d.bias, d.d_bias),
  };
}

describe.each(variants)('linear, %s', (_name, product) => {
  it.each(sizesFor(product))('matches f64 at R %i, N %i, K %i, adding to existing gradients', async (R, N, K) => {
    const size = { R, N, K };
    const d = data(R, N, K);
    const got = await onGpu(
      (stage) => {
        const inp = stage.parameter('inp', [R, K], d.inp, d.d_inp);
        const residual = stage.parameter('residual', [R, N], d.residual, d.d_residual);
        const layer = layerOf(stage, 'layer', N, K, d);
        const out = linear(stage.tape, inp, layer, { residual });
        stage.gradient(out, d.d_out);
        return () => ({
          out,
          inp: stage.d(inp),
          weight: stage.d(layer.weight),
          bias: stage.d(layer.bias),
          residual: stage.d(residual),
        });
      },
      { product },
    );
    const back = reference.linearBackward(d.d_out, d.inp, d.weight, size);
    const want = {
      out: reference.plus(reference.linear(d.inp, d.weight, d.bias, size), d.residual),
      inp: reference.plus(back.inp, d.d_inp),
      weight: reference.plus(back.weight, d.d_weight),
      bias: reference.plus(back.bias, d.d_bias),
      residual: reference.plus(d.d_out, d.d_residual),
    };
    for (const name of ['out', 'inp', 'weight', 'bias', 'residual'] as const)
      expectClose(got[name], want[name], { ...close, label: name });
  });
});

// SwiftShader has no shader-f16, lavapipe has.
const half = (await testGpu()).facts.features.includes('shader-f16');

describe('tiles of f16', () => {
  it.each(tiles.map((variant) => [variantName({ ...variant, half: true }), variant] as const))(
    '%s: forward error of rounding to 11 bits, gradients in f32; refused without shader-f16',
    async (_name, variant) => {
      const [R, N, K] = [130, 132, 20];
      const size = { R, N, K };
      const d = data(R, N, K);
      const run = onGpu(
        (stage) => {
          const inp = stage.parameter('inp', [R, K], d.inp, d.d_inp);
          const layer = layerOf(stage, 'layer', N, K, d);
          const out = linear(stage.tape, inp, layer);
          stage.gradient(out, d.d_out);
          return () => ({ out, inp: stage.d(inp), weight: stage.d(layer.weight), bias: stage.d(layer.bias) });
        },
        { product: { ...variant, half: true } },
      );
      if (!half) return expect(run).rejects.toThrow(/linear_forward_half.*f16/s);
      const got = await run;
      // Each operand may be truncated after 10 bits past the first; adapters choose how they round.
      const magnitudes = (numbers: Float32Array) => numbers.map(Math.abs);
      const bound = reference
        .linear(magnitudes(d.inp), magnitudes(d.weight), undefined, size)
        .map((sum) => sum * 2 ** -9);
      const want = reference.linear(d.inp, d.weight, d.bias, size);
      const errors = got.out.map((value, i) => Math.abs(value - (want[i] ?? Number.NaN)));
      errors.forEach((error, i) => {
        expect(error).toBeLessThanOrEqual((bound[i] ?? 0) + 2e-5);
      });
      // And the results are those of f16.
      expect(Math.max(...errors)).toBeGreaterThan(1e-4);
      const back = reference.linearBackward(d.d_out, d.inp, d.weight, size);
      expectClose(got.inp, reference.plus(back.inp, d.d_inp), { ...close, label: 'inp' });
      expectClose(got.weight, reference.plus(back.weight, d.d_weight), { ...close, label: 'weight' });
      expectClose(got.bias, reference.plus(back.bias, d.d_bias), { ...close, label: 'bias' });
    },
  );
});

describe.each(variants.filter(([, variant]) => isShort(variant)))('linear, %s', (_name, product) => {
  it.each([
    [1, 4, 4],
    [9, 12, 8],
  ])('applies tanh and its gradient at R %i, N %i, K %i', async (R, N, K) => {
    const size = { R, N, K };
    const d = data(R, N, K);
    const got = await onGpu(
      (stage) => {
        const inp = stage.f32('inp', [R, K], d.inp);
        // Garbage, which the first gradient must overwrite.
        stage.gradient(inp, new Float32Array(R * K).fill(Number.NaN), false);
        const layer = layerOf(stage, 'pooler', N, K, d);
        const out = linear(stage.tape, inp, layer, { activation: 'tanh' });
        stage.gradient(out, d.d_out);
        return () => ({ out, inp: stage.d(inp), weight: stage.d(layer.weight), bias: stage.d(layer.bias) });
      },
      { product },
    );
    const out = reference.linear(d.inp, d.weight, d.bias, size).map(Math.tanh);
    const back = reference.linearBackward(reference.tanhBackward(d.d_out, out), d.inp, d.weight, size);
    expectClose(got.out, out, { ...close, label: 'out' });
    expectClose(got.inp, back.inp, { ...close, label: 'inp' });
    expectClose(got.weight, reference.plus(back.weight, d.d_weight), { ...close, label: 'weight' });
    expectClose(got.bias, reference.plus(back.bias, d.d_bias), { ...close, label: 'bias' });
  });

  it.each([
    [1, 4, 4, false],
    [9, 36, 12, true],
    [65, 4, 8, false],
  ])('matches f64 without a bias at R %i, N %i, K %i, residual %s', async (R, N, K, withResidual) => {
    const size = { R, N, K };
    const d = data(R, N, K);
    const got = await onGpu(
      (stage) => {
        const inp = stage.parameter('inp', [R, K], d.inp, d.d_inp);
        const residual = stage.parameter('residual', [R, N], d.residual, d.d_residual);
        const weight = stage.parameter('weight', [N, K], d.weight, d.d_weight);
        const out = linear(stage.tape, inp, { weight }, withResidual ? { residual } : {});
        stage.gradient(out, d.d_out);
        return () => ({ out, inp: stage.d(inp), weight: stage.d(weight), residual: stage.d(residual) });
      },
      { product },
    );
    const back = reference.linearBackward(d.d_out, d.inp, d.weight, size);
    const plain = reference.linear(d.inp, d.weight, undefined, size);
    const want = {
      out: withResidual ? reference.plus(plain, d.residual) : plain,
      inp: reference.plus(back.inp, d.d_inp),
      weight: reference.plus(back.weight, d.d_weight),
      residual: withResidual ? reference.plus(d.d_out, d.d_residual) : d.d_residual,
    };
    for (const name of ['out', 'inp', 'weight', 'residual'] as const)
      expectClose(got[name], want[name], { ...close, label: name });
  });
});

describe('linear', () => {
  it('computes no gradient for constant inputs, but that of the weight', async () => {
    const [R, N, K] = [5, 8, 4];
    const d = data(R, N, K);
    const got = await onGpu((stage) => {
      const inp = stage.program.constant('table', [R, K], d.inp);
      const weight = stage.parameter('weight', [N, K], d.weight, d.d_weight);
      const out = linear(stage.tape, inp, { weight });
      stage.gradient(out, d.d_out);
      return () => {
        expect(stage.tape.gradient(inp)).toBeUndefined();
        return { out, weight: stage.d(weight) };
      };
    });
    const back = reference.linearBackward(d.d_out, d.inp, d.weight, { R, N, K });
    expectClose(got.out, reference.linear(d.inp, d.weight, undefined, { R, N, K }), { ...close, label: 'out' });
    expectClose(got.weight, reference.plus(back.weight, d.d_weight), { ...close, label: 'weight' });
  });

  it('saturates: tanh of a large number is ±1, not NaN', async () => {
    const got = await onGpu((stage) => {
      const inp = stage.f32('inp', [1, 4], [1, 0, 0, 0]);
      const weight = stage.f32('weight', [4, 4], [-1e4, 0, 0, 0, -90, 0, 0, 0, 90, 0, 0, 0, 1e30, 0, 0, 0]);
      const bias = stage.f32('bias', [4], [0, 0, 0, 0]);
      const out = linear(stage.tape, inp, { weight, bias }, { activation: 'tanh' });
      return () => ({ out });
    });
    expectClose(got.out, [-1, -1, 1, 1], { atol: 1e-6, label: 'out' });
  });

  it('adds the gradients of two layers that read one tensor, and of its residual', async () => {
    const [R, D] = [9, 8];
    const size = { R, N: D, K: D };
    const [a, b] = [data(R, D, D), { ...data(R, D, D), weight: normals(D * D, 20), bias: normals(D, 21) }];
    const got = await onGpu((stage) => {
      const inp = stage.f32('inp', [R, D], a.inp);
      const first = linear(stage.tape, inp, layerOf(stage, 'a', D, D, a));
      // The residual is passed on first, then `a` adds to that same buffer.
      const out = linear(stage.tape, first, layerOf(stage, 'b', D, D, b), { residual: inp });
      stage.gradient(out, a.d_out);
      return () => ({ out, inp: stage.d(inp) });
    });
    const first = reference.linear(a.inp, a.weight, a.bias, size);
    const back = reference.linearBackward(a.d_out, first, b.weight, size).inp;
    const want = reference.plus(reference.linearBackward(back, a.inp, a.weight, size).inp, a.d_out);
    expectClose(got.out, reference.plus(reference.linear(first, b.weight, b.bias, size), a.inp), {
      ...close,
      label: 'out',
    });
    expectClose(got.inp, want, { ...close, label: 'inp' });
  });

  it('records no backward pass where no gradient arrives', async () => {
    const d = data(1, 4, 4);
    const got = await onGpu((stage) => {
      const inp = stage.parameter('inp', [1, 4], d.inp);
      const layer = layerOf(stage, 'layer', 4, 4, d);
      const out = linear(stage.tape, inp, layer);
      return () => ({ out, weight: stage.d(layer.weight) });
    });
    expect(got.weight).toEqual(d.d_weight);
  });

  it('refuses shapes that do not fit, naming what it expected', async () => {
    const record = (R: number, N: number, K: number, wide: number, bias: number) =>
      onGpu((stage) => {
        const weight = stage.f32('weight', [N, K], normals(N * K, 1));
        linear(stage.tape, stage.f32('inp', [R, wide], normals(R * wide, 1)), {
          weight,
          bias: stage.f32('bias', [bias], normals(bias, 1)),
        });
        return () => ({});
      });
    await expect(record(1, 4, 8, 4, 4)).rejects.toThrow(
      new ShapeError("linear: 'weight' has shape (4, 8), expected (N, 4)"),
    );
    await expect(record(1, 6, 4, 4, 6)).rejects.toThrow(
      new ShapeError("linear: 'weight' has shape (6, 4), expected multiples of 4"),
    );
    await expect(record(1, 4, 4, 4, 8)).rejects.toThrow(new ShapeError("linear: 'bias' has shape (8), expected (4)"));
  });

  it('refuses a residual that does not fit, or after an activation', async () => {
    const record = (columns: number, activation: 'none' | 'tanh') =>
      onGpu((stage) => {
        const weight = stage.f32('weight', [4, 4], normals(16, 1));
        const residual = stage.f32('residual', [1, columns], normals(columns, 1));
        linear(stage.tape, stage.f32('inp', [1, 4], normals(4, 1)), { weight }, { residual, activation });
        return () => ({});
      });
    await expect(record(8, 'none')).rejects.toThrow(
      new ShapeError("linear: 'residual' has shape (1, 8), expected (1, 4)"),
    );
    await expect(record(4, 'tanh')).rejects.toThrow(
      new ShapeError('linear: a residual with an activation is not supported, expected at most one of them'),
    );
  });
});
