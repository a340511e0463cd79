import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu, type Stage } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { memoryBroadcast, readOut } from './read-out.ts';

const counter = [42, 6] as const;

interface Case extends reference.SegmentSizes {
  readonly started: readonly number[];
  readonly rowWeight: readonly number[];
  readonly noise?: number;
}

function data({ B, S, D, M, rowWeight }: Case) {
  const d_cls = normals(B * D, 4);
  // Where a row bears no loss the head's backward has not run: rubbish that must not be read.
  return {
    hidden: normals(B * S * D, 1),
    memory: normals(B * M * D, 2),
    d_next: normals(B * M * D, 3),
    d_cls: d_cls.map((value, i) => (rowWeight[Math.floor(i / D)] === 0 ? Number.NaN : value)),
  };
}

function run(test: Case, training = false) {
  const { B, S, D, M, started, rowWeight, noise = 0 } = test;
  const d = data(test);
  return onGpu(
    (stage: Stage) => {
      const hidden = stage.f32('hidden', [B, S, D], d.hidden);
      const memory = stage.f32('memory', [B, M, D], d.memory);
      stage.gradient(
        hidden,
        d.hidden.map(() => Number.NaN),
        false,
      );
      stage.gradient(
        memory,
        d.memory.map(() => Number.NaN),
        false,
      );
      const next = stage.parameter(
        'next',
        [B, M, D],
        d.memory.map(() => Number.NaN),
        d.d_next,
      );
      const cls = readOut(
        stage.tape,
        hidden,
        memory,
        stage.u32('started', [B], started),
        stage.f32('row weight', [B], rowWeight),
        next,
        noise,
        { counter: stage.u32('counter', [4], [...counter, 0, 0]), stream: 0x10000 },
      );
      stage.gradient(cls, d.d_cls);
      return () => ({ next, cls, hidden: stage.d(hidden), memory: stage.d(memory) });
    },
    { training },
  );
}

it('the oracle has central differences for gradients', () => {
  const test: Case = { B: 2, S: 4, D: 4, M: 2, started: [0, 1], rowWeight: [1, 1] };
  const d = data(test);
  const back = reference.readOutBackward(test, d.d_next, d.d_cls, test.started, test.rowWeight);
  const loss = (hidden: ArrayLike<number>, memory: ArrayLike<number>) => {
    const { next, cls } = reference.readOut(test, hidden, memory, test.started);
    return reference.dot(d.d_next, next) + reference.dot(d.d_cls, cls);
  };
  expectNear(
    back.hidden,
    reference.centralDifferences((x) => loss(x, d.memory), d.hidden),
    1e-8,
  );
  expectNear(
    back.memory,
    reference.centralDifferences((x) => loss(d.hidden, x), d.memory),
    1e-8,
  );
});

describe('read_out', () => {
  // Rows that started and rows that have not, with and without a share of the loss; M 0, 1 and more; B·S·D/4 of 1,
  // 63, 64 and 65 invocations; a real width.
  it.each<Case>([
    { B: 1, S: 1, D: 4, M: 0, started: [1], rowWeight: [1] },
    { B: 3, S: 21, D: 4, M: 1, started: [1, 0, 1], rowWeight: [0.5, 0.5, 0] },
    { B: 4, S: 16, D: 4, M: 5, started: [0, 1, 0, 1], rowWeight: [0, 0, 0, 0] },
    { B: 5, S: 13, D: 4, M: 12, started: [0, 1, 1, 1, 0], rowWeight: [0, 1, 0, 1, 0] },
    { B: 2, S: 5, D: 12, M: 0, started: [1, 0], rowWeight: [1, 0] },
    { B: 2, S: 5, D: 768, M: 2, started: [0, 1], rowWeight: [0, 1] },
  ])('matches f64 at B $B, S $S, D $D, M $M, started $started', async (test) => {
    const d = data(test);
    const got = await run(test);
    const want = reference.readOut(test, d.hidden, d.memory, test.started);
    const back = reference.readOutBackward(test, d.d_next, d.d_cls, test.started, test.rowWeight);
    // Copies: exact.
    expect(got.next).toEqual(Float32Array.from(want.next));
    expect(got.cls).toEqual(Float32Array.from(want.cls));
    expect(got.hidden).toEqual(Float32Array.from(back.hidden));
    expect(got.memory).toEqual(Float32Array.from(back.memory));
  });

  it('adds the predicted noise in training to the memory of rows that started', async () => {
    const test: Case = { B: 3, S: 6, D: 8, M: 2, started: [1, 0, 1], rowWeight: [1, 1, 1], noise: 0.5 };
    const d = data(test);
    const noise = reference.memoryNoise(test, 0.5, 0x10000, counter);
    const got = await run(test, true);
    const want = reference.readOut(test, d.hidden, d.memory, test.started, noise);
    // WGSL asks of cos and sin no more than 2⁻¹¹; the radius is at most √(2 · 24 ln 2) = 5.8, the noise half of it.
    expectClose(got.next, want.next, { atol: 2e-3, label: 'next' });
    expect(got.cls).toEqual(Float32Array.from(want.cls));
    // The noise has no gradient.
    const back = reference.readOutBackward(test, d.d_next, d.d_cls, test.started, test.rowWeight);
    expect(got.hidden).toEqual(Float32Array.from(back.hidden));
  });

  it('adds no noise outside training', async () => {
    const test: Case = { B: 3, S: 6, D: 8, M: 2, started: [1, 0, 1], rowWeight: [1, 1, 1], noise: 0.5 };
    const d = data(test);
    const { next } = await run(test, false);
    expect(next).toEqual(Float32Array.from(reference.readOut(test, d.hidden, d.memory, test.started).next));
  });

  it('draws noise that is standard normal', () => {
    const n = 20000;
    const values = Array.from({ length: n / 4 }, (_, i) => reference.normal4(i, 1, [3, 4])).flat();
    const moment = (k: number) => values.reduce((sum, value) => sum + value ** k, 0) / n;
    // Five standard deviations of each moment's own spread: √(1, 2, 15, 96) / √n.
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  it('refuses a memory of another shape', async () => {
    await expect(
      onGpu((stage) => {
        const hidden = stage.f32('hidden', [1, 4, 4], new Float32Array(16));
        const two = stage.f32('memory', [1, 2, 4], new Float32Array(8));
        const one = stage.f32('next', [1, 1, 4], new Float32Array(4));
        readOut(stage.tape, hidden, two, one, one, one, 0, { counter: one, stream: 0 });
        return () => ({});
      }),
    ).rejects.toThrow(new ShapeError("read_out: 'next' has shape (1, 1, 4), expected (1, 2, 4)"));
  });
});

describe('memory_broadcast', () => {
  it.each([
    [1, 1, 4],
    [3, 21, 4],
    [4, 16, 4],
    [5, 13, 4],
    [2, 1, 768],
  ])('gives %i sequences the initial %i × %i, and adds up their gradients', async (B, M, D) => {
    const [initial, d_memory, before] = [normals(M * D, 1), normals(B * M * D, 2), normals(M * D, 3)];
    const got = await onGpu((stage) => {
      const from = stage.parameter('initial', [M, D], initial, before);
      const memory = stage.parameter('memory', [B, M, D], new Float32Array(B * M * D), d_memory);
      memoryBroadcast(stage.tape, from, memory);
      return () => ({ memory, initial: stage.d(from) });
    });
    expect(got.memory).toEqual(Float32Array.from(reference.memoryBroadcast(initial, B)));
    expectClose(got.initial, reference.plus(reference.sumRows(d_memory, B, M * D), before), { atol: 1e-5 });
  });
});
