import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { nans, normals, onGpu, type Stage } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import type { Mask, Rectangle } from './attention.ts';
import {
  type Ahead,
  attentionRelative,
  attentionRelativeWeights,
  distancesOf,
  sinusoids,
} from './attention-relative.ts';

interface Case {
  readonly B: number;
  /** Queries. */
  readonly S: number;
  readonly H: number;
  readonly DH: number;
  readonly C: number;
  readonly lengths: readonly number[];
  readonly cached: readonly number[];
  readonly mask: Mask;
  readonly ahead?: Ahead;
  readonly look?: Rectangle;
  readonly scale?: number;
}

const causal: Mask = { kind: 'causal' };
const block = (memory: number, atEnd: boolean): Mask => ({ kind: 'block', memory, atEnd });

function data(test: Case) {
  const { B, S, H, DH, C, lengths, mask, ahead = 'distance', scale = 1 } = test;
  const { below, count } = distancesOf(S, C, mask, ahead);
  const padded = (i: number) => Math.floor(i / (H * DH)) % S >= (lengths[Math.floor(i / (S * H * DH))] ?? 0);
  return {
    sizes: { ...test, below, shift: ahead === 'lm-rmt' },
    count,
    inputs: {
      qkv: normals(B * (C + S) * 3 * H * DH, 1, scale),
      r: normals(count * H * DH, 2),
      biases: normals(2 * H * DH, 3),
    },
    // The outputs of padding are not used, so their gradient is zero.
    d_out: normals(B * S * H * DH, 4).map((d, i) => (padded(i) ? 0 : d)),
    d_biases: normals(2 * H * DH, 5),
  };
}

function run(test: Case, variant: 'rows' | 'split', inputs = data(test).inputs) {
  const { B, S, H, DH, C, lengths, cached, mask, ahead = 'distance' } = test;
  const { look = { row: 0, rows: S, column: 0, columns: C + S } } = test;
  const { count, d_out, d_biases } = data(test);
  const record = (stage: Stage) => {
    const qkv = stage.f32('qkv', [B, C + S, 3 * H * DH], inputs.qkv);
    const r = stage.f32('r', [count, H * DH], inputs.r);
    stage.gradient(qkv, nans(inputs.qkv.length), false);
    stage.gradient(r, nans(inputs.r.length), false);
    const biases = stage.parameter('biases', [2, H * DH], inputs.biases, d_biases);
    const extents = stage.u32(
      'extents',
      [B, 2],
      lengths.flatMap((length, b) => [length, cached[b] ?? 0]),
    );
    const attended = attentionRelative(stage.tape, { qkv, r, biases, extents, heads: H, cache: C, mask, ahead });
    const weights = attentionRelativeWeights(stage.tape, attended, look);
    stage.gradient(attended.out, d_out);
    return () => ({
      out: attended.out,
      lse: attended.lse,
      weights,
      qkv: stage.d(qkv),
      r: stage.d(r),
      biases: stage.d(biases),
    });
  };
  return onGpu(record, { attention: variant, software: variant === 'rows' });
}

describe('the reference', () => {
  it.each<Case>([
    { B: 2, S: 3, H: 2, DH: 4, C: 2, lengths: [3, 2], cached: [1, 2], mask: causal },
    { B: 2, S: 4, H: 1, DH: 4, C: 0, lengths: [4, 3], cached: [0, 0], mask: block(1, true) },
    { B: 1, S: 4, H: 2, DH: 4, C: 1, lengths: [4], cached: [1], mask: block(2, false) },
    { B: 1, S: 6, H: 1, DH: 4, C: 2, lengths: [5], cached: [1], mask: block(2, true), ahead: 'lm-rmt' },
  ])('has gradients that match central differences: %o', (test) => {
    const { inputs, sizes, d_out } = data(test);
    const back = reference.attentionRelativeBackward(d_out, inputs, sizes);
    for (const name of ['qkv', 'r', 'biases'] as const)
      expectNear(
        back[name],
        reference.centralDifferences(
          (x) => reference.dot(d_out, reference.attentionRelative({ ...inputs, [name]: x }, sizes).out),
          inputs[name],
        ),
        1e-7,
        name,
      );
  });

  it('is plain attention where distances and biases are zero', () => {
    const test: Case = { B: 2, S: 5, H: 2, DH: 4, C: 0, lengths: [5, 4], cached: [0, 0], mask: block(1, true) };
    const { inputs, sizes } = data(test);
    const zero = { qkv: inputs.qkv, r: inputs.r.map(() => 0), biases: inputs.biases.map(() => 0) };
    const want = reference.attention(inputs.qkv, test.lengths, test, { mask: test.mask });
    expectClose(reference.attentionRelative(zero, sizes).out, want.out, { atol: 1e-12 });
  });
});

// `split` takes the other kernels of GPUs too.
describe.each(['rows', 'split'] as const)('attention_relative in %s', (variant) => {
  // B·H·S invocations in groups of 64, over queries and over keys: 1, 63, 64, 65; a real width of a head. The cache is
  // absent, empty, partly filled, full; it is longer and shorter than the segment. Rows with padding.
  it.each<Case>([
    { B: 1, S: 1, H: 1, DH: 4, C: 0, lengths: [1], cached: [0], mask: causal },
    { B: 3, S: 7, H: 3, DH: 4, C: 0, lengths: [7, 4, 1], cached: [0, 0, 0], mask: causal },
    { B: 3, S: 5, H: 2, DH: 8, C: 3, lengths: [5, 5, 3], cached: [0, 2, 3], mask: causal },
    { B: 2, S: 3, H: 1, DH: 4, C: 7, lengths: [3, 2], cached: [7, 5], mask: causal },
    { B: 1, S: 63, H: 1, DH: 4, C: 1, lengths: [62], cached: [1], mask: causal },
    { B: 1, S: 65, H: 1, DH: 4, C: 0, lengths: [64], cached: [0], mask: causal },
    { B: 1, S: 9, H: 2, DH: 64, C: 4, lengths: [9], cached: [3], mask: causal },
    { B: 3, S: 9, H: 2, DH: 4, C: 0, lengths: [9, 6, 4], cached: [0, 0, 0], mask: block(2, true) },
    { B: 3, S: 9, H: 2, DH: 4, C: 3, lengths: [9, 6, 5], cached: [0, 2, 3], mask: block(2, true) },
    { B: 2, S: 7, H: 1, DH: 4, C: 2, lengths: [7, 4], cached: [2, 1], mask: block(3, false) },
    { B: 2, S: 4, H: 2, DH: 4, C: 2, lengths: [3, 4], cached: [1, 2], mask: { kind: 'full' } },
    // Several workgroups of rows that are split, of the cache too; a head too wide for their workgroup memory.
    { B: 2, S: 40, H: 1, DH: 4, C: 35, lengths: [40, 34], cached: [35, 20], mask: block(3, true) },
    { B: 2, S: 40, H: 1, DH: 4, C: 35, lengths: [40, 34], cached: [35, 20], mask: block(3, true), ahead: 'lm-rmt' },
    { B: 1, S: 3, H: 1, DH: 256, C: 1, lengths: [3], cached: [1], mask: causal },
    // The shift of LM-RMT: blocks of 1 (only the zero), 3 and 4 vectors, short rows, caches of every kind.
    { B: 1, S: 4, H: 1, DH: 4, C: 0, lengths: [4], cached: [0], mask: block(1, true), ahead: 'lm-rmt' },
    { B: 3, S: 11, H: 2, DH: 4, C: 5, lengths: [11, 8, 9], cached: [0, 2, 5], mask: block(4, true), ahead: 'lm-rmt' },
    { B: 2, S: 7, H: 1, DH: 8, C: 2, lengths: [7, 4], cached: [2, 1], mask: block(3, false), ahead: 'lm-rmt' },
    { B: 1, S: 5, H: 1, DH: 4, C: 2, lengths: [5], cached: [2], mask: causal, ahead: 'lm-rmt' },
  ])('matches f64: %o', async (test) => {
    const { inputs, sizes, d_out, d_biases } = data(test);
    const got = await run(test, variant);
    const want = reference.attentionRelative(inputs, sizes);
    expectClose(got.out, want.out, { atol: 1e-5, label: 'out' });
    expectClose(got.lse, want.lse, { atol: 1e-5, label: 'lse' });
    expectClose(got.weights, want.weights, { atol: 1e-5, label: 'weights' });
    const back = reference.attentionRelativeBackward(d_out, inputs, sizes);
    expectClose(got.qkv, back.qkv, { atol: 5e-5, rtol: 1e-5, label: 'd qkv' });
    expectClose(got.r, back.r, { atol: 5e-5, rtol: 1e-5, label: 'd r' });
    expectClose(got.biases, reference.plus(back.biases, d_biases), { atol: 1e-4, rtol: 1e-5, label: 'd biases' });
    // Queries of the cache's rows are not read: their gradient is zero, not small.
    const { B, S, H, DH, C } = test;
    for (let b = 0; b < B; b++)
      for (let row = 0; row < C; row++) {
        const start = (b * (C + S) + row) * 3 * H * DH;
        expect(got.qkv.slice(start, start + H * DH)).toEqual(new Float32Array(H * DH));
      }
  });

  it.each<Pick<Case, 'mask' | 'ahead'>>([
    { mask: causal },
    { mask: block(1, true) },
    { mask: block(1, true), ahead: 'lm-rmt' },
  ])('never sees unfilled cache entries, nor padding: %o', async (rule) => {
    const test: Case = { B: 2, S: 4, H: 1, DH: 4, C: 3, lengths: [4, 3], cached: [1, 2], ...rule };
    const { B, S, DH, C } = test;
    const { inputs } = data(test);
    const hidden = (i: number) => {
      const [b, row] = [Math.floor(i / (3 * DH * (C + S))), Math.floor(i / (3 * DH)) % (C + S)];
      const unfilled = row < C - (test.cached[b] ?? 0);
      const isQuery = i % (3 * DH) < DH;
      // The queries of padding affect only their own outputs.
      return unfilled || (row < C && isQuery) || (row >= C + (test.lengths[b] ?? 0) && !isQuery);
    };
    const poison = inputs.qkv.map((value, i) => (hidden(i) ? 1e30 : value));
    const [clean, dirty] = [await run(test, variant), await run(test, variant, { ...inputs, qkv: poison })];
    for (let b = 0; b < B; b++) {
      const text = (x: Float32Array) => x.slice(b * S * DH, (b * S + (test.lengths[b] ?? 0)) * DH);
      expect(text(dirty.out)).toEqual(text(clean.out));
      for (let row = 0; row < C + S; row++) {
        if (row >= C - (test.cached[b] ?? 0) && row < C + (test.lengths[b] ?? 0)) continue;
        const start = (b * (C + S) + row) * 3 * DH + DH;
        expect(dirty.qkv.slice(start, start + 2 * DH)).toEqual(new Float32Array(2 * DH));
      }
    }
  });

  it('stays finite and correct with scores in the tens of thousands', async () => {
    const test: Case = {
      B: 2,
      S: 5,
      H: 2,
      DH: 8,
      C: 2,
      lengths: [4, 5],
      cached: [2, 0],
      mask: causal,
      scale: 200,
    };
    const { inputs, sizes } = data(test);
    const got = await run(test, variant);
    const want = reference.attentionRelative(inputs, sizes);
    expectNear(got.out, want.out, 1e-4, 'out');
    expectNear(got.lse, want.lse, 1e-6, 'lse');
    for (const value of [...got.qkv, ...got.r, ...got.biases]) expect(Number.isFinite(value)).toBe(true);
  });

  it.each<Rectangle>([
    { row: 1, rows: 3, column: 1, columns: 5 },
    { row: 0, rows: 5, column: 0, columns: 3 },
    { row: 2, fromEnd: true, rows: 2, column: 0, columns: 8 },
  ])('shows a rectangle of the weights: %o', async (look) => {
    const [S, C] = [5, 3];
    const test: Case = { B: 2, S, H: 3, DH: 4, C, lengths: [5, 4], cached: [1, 3], mask: block(2, true), look };
    const { inputs, sizes } = data(test);
    const { weights } = await run(test, variant);
    const whole = reference.attentionRelative(inputs, sizes).weights;
    const want: number[] = [];
    for (let b = 0; b < 2; b++)
      for (let h = 0; h < 3; h++)
        for (let row = 0; row < look.rows; row++) {
          const i = look.fromEnd ? (test.lengths[b] ?? 0) - look.row + row : look.row + row;
          for (let j = look.column; j < look.column + look.columns; j++)
            want.push(whole[((b * 3 + h) * S + i) * (C + S) + j] ?? Number.NaN);
        }
    expectClose(weights, want, { atol: 1e-5 });
  });

  it('refuses shapes that do not fit, and inputs with another use', async () => {
    const record = (change: Readonly<Record<string, readonly number[]>>, used?: 'qkv' | 'r') =>
      onGpu((stage) => {
        const tensor = (name: string, shape: readonly number[]) => {
          const own = change[name] ?? shape;
          return stage.f32(name, own, new Float32Array(own.reduce((a, b) => a * b)));
        };
        const inputs = {
          qkv: tensor('qkv', [1, 3, 12]),
          r: tensor('r', [3, 4]),
          biases: tensor('biases', [2, 4]),
          extents: tensor('extents', [1, 2]),
        };
        const fixed = { heads: 1, cache: 1, mask: causal, ahead: 'distance' } as const;
        const { out } = attentionRelative(stage.tape, { ...inputs, ...fixed });
        if (used) stage.gradient(inputs[used], new Float32Array(used === 'r' ? 12 : 36));
        stage.gradient(out, new Float32Array(8));
        return () => ({});
      });
    const refused = async (change: Readonly<Record<string, readonly number[]>>, message: string) =>
      expect(record(change)).rejects.toThrow(new ShapeError(`attention_relative: ${message}`));
    await refused({ qkv: [1, 3, 18] }, "'qkv' has shape (1, 3, 18), expected (B, S, 3 · 1 heads · a multiple of 4)");
    await refused({ r: [4, 4] }, "'r' has shape (4, 4), expected (3, 4)");
    await refused({ biases: [1, 4] }, "'biases' has shape (1, 4), expected (2, 4)");
    await refused({ extents: [1, 1] }, "'extents' has shape (1, 1), expected (1, 2)");
    for (const used of ['qkv', 'r'] as const)
      await expect(record({}, used)).rejects.toThrow('attention_relative: qkv or r has another use');
  });
});

describe('distances', () => {
  it('are as many as there are between queries and keys of a segment', () => {
    // Causal: from 0 to the first entry of the cache; otherwise the last key of the segment is ahead of the first
    // query.
    expect(distancesOf(4, 3, causal, 'distance')).toEqual({ below: 0, count: 7 });
    expect(distancesOf(4, 3, block(2, true), 'distance')).toEqual({ below: 3, count: 10 });
    expect(distancesOf(4, 0, { kind: 'full' }, 'distance')).toEqual({ below: 3, count: 7 });
    expect(distancesOf(1, 0, causal, 'distance')).toEqual({ below: 0, count: 1 });
    // LM-RMT has no negative distances.
    expect(distancesOf(4, 3, block(2, true), 'lm-rmt')).toEqual({ below: 0, count: 7 });
  });

  it.each([
    [1, 0, 4],
    [7, 3, 8],
    [5, 0, 12],
  ])('%i, from %i below 0 on, have sines and then cosines of %i / 2 frequencies', (count, below, D) => {
    const want: number[] = [];
    for (let t = 0; t < count; t++)
      for (const wave of [Math.sin, Math.cos])
        for (let k = 0; k < D / 2; k++) want.push(wave((t - below) / 10000 ** ((2 * k) / D)));
    const got = sinusoids(count, below, D);
    expectClose(got, want, { atol: 1e-7 });
    // Distance 0 is all sines 0, all cosines 1.
    const zero = got.slice(below * D, (below + 1) * D);
    expect([...zero]).toEqual([...new Array(D / 2).fill(0), ...new Array(D / 2).fill(1)]);
  });
});
