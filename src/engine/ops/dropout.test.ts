import { describe, expect, it } from 'vitest';
import { expectClose } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { dropout } from './dropout.ts';

const counter = [0x8000_0001, 3] as const;

/** Dropout of `inp` in training: its output, and the gradients for `d_out`. */
function run(
  inp: Float32Array,
  {
    p = 0.1,
    stream = 2,
    drawn = counter as readonly [number, number],
    residual = undefined as Float32Array | undefined,
  },
) {
  const N = inp.length;
  return onGpu(
    (stage) => {
      const from = stage.f32('inp', [N], inp);
      const kept = residual && stage.f32('residual', [N], residual);
      const masks = { counter: stage.u32('counter', [4], [...drawn, 0, 0]), stream };
      const out = dropout(stage.tape, from, p, masks, kept);
      stage.gradient(out, normals(N, 9));
      return () => ({ out, inp: stage.d(from), residual: stage.d(kept ?? from) });
    },
    { training: true },
  );
}

const ones = (n: number) => new Float32Array(n).fill(1);

describe('pcg3d', () => {
  it('matches the published algorithm', () => {
    // Computed with 64-bit integers, reduced modulo 2³² after every operation.
    const mask = 0xffff_ffffn;
    const reduced = (x: bigint, y: bigint, z: bigint) => {
      let v = [x, y, z].map((n) => (n * 1664525n + 1013904223n) & mask) as [bigint, bigint, bigint];
      const stir = () => {
        v[0] = (v[0] + v[1] * v[2]) & mask;
        v[1] = (v[1] + v[2] * v[0]) & mask;
        v[2] = (v[2] + v[0] * v[1]) & mask;
      };
      stir();
      v = v.map((n) => n ^ (n >> 16n)) as [bigint, bigint, bigint];
      stir();
      return v.map(Number);
    };
    for (const [x, y, z] of [
      [0, 0, 0],
      [1, 2, 3],
      [0xffff_ffff, 0x8000_0000, 0x1234_5678],
    ] as const)
      expect(reference.pcg3d(x, y, z)).toEqual(reduced(BigInt(x), BigInt(y), BigInt(z)));
  });
});

describe('dropout', () => {
  it.each([4, 252, 256, 260, 8 * 768])('drops the predicted ones of %i elements, forward and backward', async (N) => {
    const mask = reference.dropoutMask(N, 0.1, 2, counter);
    const inp = normals(N, 1);
    const got = await run(inp, {});
    // One f32 product each; a dropped element must be exactly 0, which atol 1e-30 checks.
    expectClose(
      got.out,
      mask.map((factor, i) => factor * (inp[i] ?? Number.NaN)),
      { atol: 1e-30, rtol: 2e-7, label: 'out' },
    );
    expectClose(
      got.inp,
      normals(N, 9).map((d, i) => (mask[i] ?? Number.NaN) * d),
      { atol: 1e-30, rtol: 2e-7, label: 'inp' },
    );
  });

  it('adds the residual after dropping, and passes its gradient on unchanged', async () => {
    const N = 260;
    const mask = reference.dropoutMask(N, 0.5, 7, [5, 0]);
    const [inp, residual] = [normals(N, 1), normals(N, 2)];
    const got = await run(inp, { p: 0.5, stream: 7, drawn: [5, 0], residual });
    expectClose(
      got.out,
      mask.map((factor, i) => factor * (inp[i] ?? Number.NaN) + (residual[i] ?? Number.NaN)),
      { atol: 1e-6, label: 'out' },
    );
    expectClose(
      got.inp,
      normals(N, 9).map((d, i) => (mask[i] ?? Number.NaN) * d),
      { atol: 1e-30, rtol: 2e-7, label: 'inp' },
    );
    expect(got.residual).toEqual(normals(N, 9));
  });

  it('adds to an existing gradient', async () => {
    const N = 8;
    const [x, before, d_out] = [normals(N, 1), normals(N, 2), normals(N, 3)];
    const got = await onGpu(
      (stage) => {
        const inp = stage.parameter('inp', [N], x, before);
        const out = dropout(stage.tape, inp, 0.5, { counter: stage.u32('counter', [4], [1, 2, 0, 0]), stream: 1 });
        stage.gradient(out, d_out);
        return () => ({ inp: stage.d(inp) });
      },
      { training: true },
    );
    const mask = reference.dropoutMask(N, 0.5, 1, [1, 2]);
    expectClose(
      got.inp,
      mask.map((factor, i) => factor * (d_out[i] ?? Number.NaN) + (before[i] ?? Number.NaN)),
      { atol: 1e-6 },
    );
  });

  it.each([0.1, 0.5])('drops a fraction of %f and preserves the mean', async (p) => {
    const N = 65536;
    const { out } = await run(ones(N), { p });
    const dropped = out.filter((value) => value === 0).length;
    // Five standard deviations of the binomial distribution: one correct generator in two million would fail.
    expect(Math.abs(dropped - N * p)).toBeLessThan(5 * Math.sqrt(N * p * (1 - p)));
    for (const value of out) if (value !== 0) expectClose([value], [1 / (1 - p)], { rtol: 2e-7 });
  });

  it('draws the same mask for the same counter, and different ones for another stream, seed or segment', async () => {
    const N = 4096;
    const draw = async (stream: number, seed: number, segment: number) =>
      (await run(ones(N), { p: 0.5, stream, drawn: [seed, segment] })).out;
    const first = await draw(1, 10, 2);
    expect(await draw(1, 10, 2)).toEqual(first);
    for (const other of [await draw(2, 10, 2), await draw(1, 11, 2), await draw(1, 10, 3)]) {
      // Independent masks agree on half of the elements, within five standard deviations.
      const agree = other.filter((value, i) => value === first[i]).length;
      expect(Math.abs(agree - N / 2)).toBeLessThan(5 * Math.sqrt(N / 4));
    }
  });

  it('does nothing at p = 0 and outside training, except adding the residual', async () => {
    const [x, r, d_out] = [normals(8, 1), normals(8, 2), normals(8, 3)];
    const got = await onGpu((stage) => {
      const inp = stage.parameter('inp', [8], x, normals(8, 4));
      const residual = stage.f32('residual', [8], r);
      const masks = { counter: stage.u32('counter', [4], [1, 2, 0, 0]), stream: 1 };
      expect(dropout(stage.tape, inp, 0.5, masks)).toBe(inp);
      const out = dropout(stage.tape, inp, 0.5, masks, residual);
      stage.gradient(out, d_out);
      return () => ({ out, inp: stage.d(inp), residual: stage.d(residual) });
    });
    expectClose(got.out, reference.plus(x, r), { atol: 1e-6, label: 'out' });
    expectClose(got.inp, reference.plus(d_out, normals(8, 4)), { atol: 1e-6, label: 'inp' });
    expect(got.residual).toEqual(d_out);
  });
});
