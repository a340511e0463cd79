import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import type { AttentionVariant } from '../gpu/tuning.ts';
import { attention, attentionWeights, type Mask, type Rectangle } from './attention.ts';

const counter = [77, 4] as const;

interface Case extends reference.AttentionSizes {
  readonly lengths: readonly number[];
  readonly p?: number;
  readonly scale?: number;
  readonly look?: Rectangle;
  readonly mask?: Mask;
}

const wholeOf = (S: number): Rectangle => ({ row: 0, rows: S, column: 0, columns: S });

function data({ B, S, H, DH, lengths, scale = 1, mask = { kind: 'full' } }: Case) {
  const d_out = normals(B * S * H * DH, 2);
  // The outputs of padding are not used, so their gradient is zero; with the full mask, any value gives the same results.
  const padded = (i: number) => Math.floor(i / (H * DH)) % S >= (lengths[Math.floor(i / (S * H * DH))] ?? 0);
  return {
    qkv: normals(B * S * 3 * H * DH, 1, scale),
    d_out: mask.kind === 'full' ? d_out : d_out.map((d, i) => (padded(i) ? 0 : d)),
  };
}

function run(test: Case, variant?: AttentionVariant, quads?: number, splits?: number) {
  const { B, S, H, DH, lengths, p = 0, look = wholeOf(S), mask } = test;
  const { qkv, d_out } = data(test);
  return onGpu(
    (stage) => {
      const projected = stage.f32('qkv', [B, S, 3 * H * DH], qkv);
      stage.gradient(projected, new Float32Array(qkv.length).fill(Number.NaN), false);
      const masks = { counter: stage.u32('counter', [4], [...counter, 0, 0]), stream: 3 };
      const attended = attention(stage.tape, projected, stage.u32('lengths', [B], lengths), H, p, masks, mask);
      const weights = attentionWeights(stage.tape, attended, look);
      stage.gradient(attended.out, d_out);
      return () => ({ out: attended.out, lse: attended.lse, weights, qkv: stage.d(projected) });
    },
    { training: p > 0, attention: variant, quads, splits },
  );
}

describe('the reference', () => {
  it.each<[string, Mask | undefined, boolean]>([
    ['lengths', undefined, false],
    ['dropout', undefined, true],
    ['a causal mask', { kind: 'causal' }, true],
    ['a block mask', { kind: 'block', memory: 1, atEnd: true }, false],
    ['a block mask without a write block', { kind: 'block', memory: 2, atEnd: false }, false],
  ])('has gradients that match central differences, with %s', (_what, mask, dropped) => {
    const test: Case = { B: 2, S: 4, H: 2, DH: 4, lengths: [3, 4] };
    const { qkv, d_out } = data(test);
    const kept = dropped ? reference.dropoutMask(2 * 2 * 4 * 4, 0.5, 1, counter) : undefined;
    expectNear(
      reference.attentionBackward(d_out, qkv, test.lengths, test, { mask, kept }),
      reference.centralDifferences(
        (x) => reference.dot(d_out, reference.attention(x, test.lengths, test, { mask, kept }).out),
        qkv,
      ),
      1e-7,
    );
  });

  it('defines which keys each query sees', () => {
    const show = (mask: Mask, length: number, S: number) =>
      Array.from({ length: S }, (_, i) =>
        Array.from({ length: S }, (_, j) => (reference.sees(mask, length, i, j) ? 'x' : '.')).join(''),
      );
    expect(show({ kind: 'full' }, 2, 3)).toEqual(['xx.', 'xx.', 'xx.']);
    expect(show({ kind: 'causal' }, 3, 3)).toEqual(['x..', 'xx.', 'xxx']);
    // Two memory positions in front, one of text, two at the end.
    expect(show({ kind: 'block', memory: 2, atEnd: true }, 5, 5)).toEqual([
      'xx...',
      'xx...',
      'xxx..',
      'xxxxx',
      'xxxxx',
    ]);
    expect(show({ kind: 'block', memory: 2, atEnd: false }, 4, 4)).toEqual(['xx..', 'xx..', 'xxx.', 'xxxx']);
  });
});

// Keys come in blocks of four and B·H·S invocations in groups of 64: sequences of 1, 3, 4, 5; 63, 64, 65 queries;
// lengths from 1 to S; and BERT's width of a head.
const cases: readonly Case[] = [
  { B: 1, S: 1, H: 1, DH: 4, lengths: [1] },
  { B: 2, S: 3, H: 2, DH: 4, lengths: [3, 1] },
  { B: 2, S: 5, H: 2, DH: 8, lengths: [4, 5] },
  { B: 3, S: 7, H: 3, DH: 4, lengths: [7, 4, 2] },
  { B: 2, S: 16, H: 2, DH: 12, lengths: [16, 9] },
  { B: 1, S: 65, H: 1, DH: 4, lengths: [63] },
  { B: 1, S: 33, H: 2, DH: 64, lengths: [31] },
  { B: 1, S: 1, H: 1, DH: 4, lengths: [1], mask: { kind: 'causal' } },
  { B: 3, S: 7, H: 3, DH: 4, lengths: [7, 4, 2], mask: { kind: 'causal' } },
  { B: 1, S: 65, H: 1, DH: 4, lengths: [63], mask: { kind: 'causal' } },
  { B: 1, S: 16, H: 2, DH: 64, lengths: [16], mask: { kind: 'causal' } },
  { B: 3, S: 9, H: 2, DH: 4, lengths: [9, 6, 4], mask: { kind: 'block', memory: 2, atEnd: true } },
  { B: 3, S: 9, H: 2, DH: 4, lengths: [9, 6, 3], mask: { kind: 'block', memory: 3, atEnd: false } },
  { B: 1, S: 65, H: 1, DH: 4, lengths: [64], mask: { kind: 'block', memory: 9, atEnd: true } },
];
// Eight rows per quad, 32 per group, 16 columns per step, four vectors of channels per quad; they take seconds to
// compile.
const casesOfQuads = [0, 2, 6, 9, 12, 13].map((i) => cases[i] as Case);

describe('quads', () => {
  it.each([9, 13])('give the same bits, however many of them a workgroup has: case %i', async (n) => {
    const test = cases[n] as Case;
    const [one, two, four] = [await run(test, 'quads', 1), await run(test, 'quads', 2), await run(test, 'quads', 4)];
    expect(one).toEqual(four);
    expect(two).toEqual(four);
  });
});

it.each([3, 5, 11, 13])('rows in fours give the bits of rows, forward and back: case %i', async (n) => {
  const test = { ...(cases[n] as Case), p: n === 3 ? 0.4 : 0 };
  expect(await run(test, 'fours')).toEqual(await run(test, 'rows'));
});

describe('queries of the first positions only', () => {
  it.each<AttentionVariant>(['rows', 'fours', 'split'])(
    'are those of all positions, to the bit: %s',
    async (variant) => {
      const test: Case = { B: 2, S: 7, H: 3, DH: 4, lengths: [7, 4], mask: { kind: 'causal' } };
      const [B, S, H, DH, Q] = [2, 7, 3, 4, 5];
      const all = await run(test, variant);
      const { qkv } = data(test);
      const some = await onGpu(
        (stage) => {
          const projected = stage.f32('qkv', [B, S, 3 * H * DH], qkv);
          const masks = { counter: stage.u32('counter', [4], [...counter, 0, 0]), stream: 3 };
          const lengths = stage.u32('lengths', [B], test.lengths);
          const { out, lse } = attention(stage.tape, projected, lengths, H, 0, masks, test.mask, Q);
          return () => ({ out, lse });
        },
        { attention: variant },
      );
      const firstOf = (values: Float32Array, rows: number, width: number) =>
        values.filter((_, i) => Math.floor(i / width) % rows < Q);
      expect(some.out).toEqual(firstOf(all.out, S, H * DH));
      expect(some.lse).toEqual(firstOf(all.lse, S, 1));
    },
  );
});

describe('splits of rows', () => {
  it.each([2, 4])('may be %i: forward and back match f64', async (splits) => {
    for (const n of [5, 11]) {
      const test = cases[n] as Case;
      const { qkv, d_out } = data(test);
      const got = await run(test, 'split', undefined, splits);
      const want = reference.attention(qkv, test.lengths, test, { mask: test.mask });
      expectClose(got.out, want.out, { atol: 1e-5, label: 'out' });
      const d_qkv = reference.attentionBackward(d_out, qkv, test.lengths, test, { mask: test.mask });
      expectClose(got.qkv, d_qkv, { atol: 3e-5, rtol: 1e-5, label: 'd qkv' });
    }
  });
});

describe.each<AttentionVariant>(['rows', 'fours', 'quads', 'split'])('attention in %s', (variant) => {
  it.each(variant === 'quads' ? casesOfQuads : cases)(
    'matches f64 at B $B, S $S, H $H, DH $DH, lengths $lengths, mask $mask.kind',
    async (test) => {
      const { qkv, d_out } = data(test);
      const got = await run(test, variant);
      const want = reference.attention(qkv, test.lengths, test, { mask: test.mask });
      expectClose(got.out, want.out, { atol: 1e-5, label: 'out' });
      expectClose(got.lse, want.lse, { atol: 1e-5, label: 'lse' });
      expectClose(got.weights, want.weights, { atol: 1e-5, label: 'weights' });
      const d_qkv = reference.attentionBackward(d_out, qkv, test.lengths, test, { mask: test.mask });
      expectClose(got.qkv, d_qkv, { atol: 3e-5, rtol: 1e-5, label: 'd qkv' });
    },
  );

  const block: Mask = { kind: 'block', memory: 1, atEnd: true };
  it.each<Mask>(variant === 'quads' ? [block] : [{ kind: 'full' }, { kind: 'causal' }, block])(
    'drops the predicted weights after the softmax, and the same ones in the backward pass: $kind',
    async (mask) => {
      const test: Case = { B: 2, S: 6, H: 2, DH: 4, lengths: [6, 5], p: 0.4, mask };
      const { qkv, d_out } = data(test);
      const kept = reference.dropoutMask(2 * 2 * 6 * 6, 0.4, 3, counter);
      const got = await run(test, variant);
      const want = reference.attention(qkv, test.lengths, test, { mask, kept });
      expectClose(got.out, want.out, { atol: 1e-5, label: 'out' });
      expectClose(got.weights, want.weights, { atol: 1e-5, label: 'weights are shown before dropout' });
      const d_qkv = reference.attentionBackward(d_out, qkv, test.lengths, test, { mask, kept });
      expectClose(got.qkv, d_qkv, { atol: 2e-5, label: 'd qkv' });
    },
  );

  it('stays finite and correct with scores in the tens of thousands', async () => {
    const test: Case = { B: 2, S: 5, H: 2, DH: 8, lengths: [4, 5], scale: 200 };
    const { qkv } = data(test);
    const got = await run(test, variant);
    const want = reference.attention(qkv, test.lengths, test);
    // Scores of 1e5 are accurate to 1e-2 in f32, but one dominates every row, so the softmax is exact.
    expectNear(got.out, want.out, 1e-4, 'out');
    expectNear(got.lse, want.lse, 1e-6, 'lse');
    for (const value of got.qkv) expect(Number.isFinite(value)).toBe(true);
  });

  it('ignores keys and values after the length, however large, and gives them no gradient', async () => {
    const [B, S, H, DH, length] = [1, 6, 1, 4, 3];
    const clean = normals(B * S * 3 * H * DH, 1);
    const poison = clean.map((value, i) => (i >= length * 3 * DH && i % (3 * DH) >= DH ? 1e30 : value));
    const results = await Promise.all(
      [clean, poison].map((qkv) =>
        onGpu(
          (stage) => {
            const projected = stage.f32('qkv', [B, S, 3 * H * DH], qkv);
            const masks = { counter: stage.u32('counter', [4], [0, 0, 0, 0]), stream: 0 };
            const { out } = attention(stage.tape, projected, stage.u32('lengths', [B], [length]), H, 0, masks);
            stage.gradient(out, normals(B * S * H * DH, 2));
            return () => ({ out, qkv: stage.d(projected) });
          },
          { attention: variant },
        ),
      ),
    );
    const [a, b] = results;
    expect(b?.out.slice(0, length * DH)).toEqual(a?.out.slice(0, length * DH));
    for (let s = length; s < S; s++)
      expect(b?.qkv.slice(s * 3 * DH + DH, (s + 1) * 3 * DH)).toEqual(new Float32Array(2 * DH));
  });

  it.each<Mask>([
    { kind: 'causal' },
    { kind: 'block', memory: 1, atEnd: true },
    { kind: 'block', memory: 1, atEnd: false },
  ])('hides padding, however large, from text under a mask, and gives it no gradient: %o', async (mask) => {
    const [B, S, H, DH, length] = [1, 6, 1, 4, 4];
    const clean = normals(B * S * 3 * H * DH, 1);
    const poison = clean.map((value, i) => (i >= length * 3 * DH && i % (3 * DH) >= DH ? 1e30 : value));
    const [a, b] = await Promise.all(
      [clean, poison].map((qkv) =>
        onGpu(
          (stage) => {
            const projected = stage.f32('qkv', [B, S, 3 * H * DH], qkv);
            const masks = { counter: stage.u32('counter', [4], [0, 0, 0, 0]), stream: 0 };
            const { out } = attention(stage.tape, projected, stage.u32('lengths', [B], [length]), H, 0, masks, mask);
            // The outputs of padding may have any value; their gradient is zero.
            stage.gradient(
              out,
              normals(B * S * H * DH, 2).map((d, i) => (i < length * DH ? d : 0)),
            );
            return () => ({ out, qkv: stage.d(projected) });
          },
          { attention: variant },
        ),
      ),
    );
    expect(b?.out.slice(0, length * DH)).toEqual(a?.out.slice(0, length * DH));
    for (let s = length; s < S; s++)
      expect(b?.qkv.slice(s * 3 * DH + DH, (s + 1) * 3 * DH)).toEqual(new Float32Array(2 * DH));
  });
});

describe('attention', () => {
  it.each<Pick<Case, 'look' | 'mask'>>([
    { look: { row: 1, rows: 2, column: 3, columns: 4 } },
    { look: { row: 1, rows: 2, column: 0, columns: 3 }, mask: { kind: 'causal' } },
    // Two memory vectors after the text, at different rows in each sequence.
    { look: { row: 2, fromEnd: true, rows: 2, column: 1, columns: 6 }, mask: { kind: 'causal' } },
    {
      look: { row: 2, fromEnd: true, rows: 2, column: 0, columns: 7 },
      mask: { kind: 'block', memory: 2, atEnd: true },
    },
    { look: { row: 4, fromEnd: true, rows: 3, column: 2, columns: 2 } },
  ])('shows a rectangle of the weights: %o', async ({ look = wholeOf(7), mask }) => {
    const test: Case = { B: 2, S: 7, H: 3, DH: 4, lengths: [7, 4], look, ...(mask ? { mask } : {}) };
    const { qkv } = data(test);
    const { weights } = await run(test);
    const whole = reference.attention(qkv, test.lengths, test, { mask }).weights;
    const want: number[] = [];
    for (let b = 0; b < 2; b++)
      for (let h = 0; h < 3; h++)
        for (let r = 0; r < look.rows; r++) {
          const row = look.fromEnd ? (test.lengths[b] ?? 0) - look.row + r : look.row + r;
          for (let c = look.column; c < look.column + look.columns; c++)
            want.push(whole[((b * 3 + h) * 7 + row) * 7 + c] ?? Number.NaN);
        }
    expectClose(weights, want, { atol: 1e-5 });
  });

  it('refuses a projection with another use, whose gradient it would overwrite', async () => {
    await expect(
      onGpu((stage) => {
        const qkv = stage.parameter('qkv', [1, 2, 12], normals(24, 1));
        const masks = { counter: stage.u32('counter', [4], [0, 0, 0, 0]), stream: 0 };
        const { out } = attention(stage.tape, qkv, stage.u32('lengths', [1], [2]), 1, 0, masks);
        stage.gradient(out, normals(8, 2));
        return () => ({});
      }),
    ).rejects.toThrow('attention: qkv has another use, its gradient would be overwritten');
  });

  it('refuses a projection that does not divide into heads', async () => {
    await expect(run({ B: 1, S: 2, H: 1, DH: 6, lengths: [2] })).rejects.toThrow(
      new ShapeError("attention: 'qkv' has shape (1, 2, 18), expected (B, S, 3 · 1 heads · a multiple of 4)"),
    );
  });
});
