import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { nans, normals, onGpu, type Stage } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import type { Tensor } from '../tensor.ts';
import { gatherMemory, memoryBroadcast, readOut } from './read-out.ts';

const counter = [42, 6] as const;

interface Case {
  readonly B: number;
  readonly S: number;
  readonly D: number;
  readonly M: number;
  readonly first?: number;
  readonly atEnd?: boolean;
  readonly lengths?: readonly number[];
  readonly started: readonly number[];
  readonly head?: reference.HeadRows;
  readonly noise?: number;
}

/** Memory is at 1 … M of rows without padding, and the head reads [CLS], unless the case says otherwise. */
function sizesOf({ B, S, D, M, first, atEnd = false, lengths }: Case): reference.SegmentSizes {
  return { B, S, D, M, first: first ?? (atEnd ? undefined : 1), atEnd, lengths: lengths ?? new Array(B).fill(S) };
}
const cls: reference.HeadRows = { first: 0, rows: 1 };

function data({ B, S, D, M, head = cls }: Case) {
  return {
    hidden: normals(B * S * D, 1),
    memory: normals(B * M * D, 2),
    d_next: normals(B * M * D, 3),
    d_head: normals(B * head.rows * D, 4),
  };
}

function run(test: Case, training = false) {
  const { B, S, D, M, started, head = cls, noise = 0 } = test;
  const d = data(test);
  const sizes = sizesOf(test);
  return onGpu(
    (stage: Stage) => {
      const hidden = stage.f32('hidden', [B, S, D], d.hidden);
      const memory = stage.f32('memory', [B, M, D], d.memory);
      stage.gradient(hidden, nans(d.hidden.length), false);
      stage.gradient(memory, nans(d.memory.length), false);
      const next = stage.parameter('next', [B, M, D], nans(d.memory.length), d.d_next);
      const out = readOut(
        stage.tape,
        hidden,
        { started: stage.u32('started', [B], started), lengths: stage.u32('lengths', [B], sizes.lengths) },
        M > 0 ? { memory, next, slots: { first: sizes.first, atEnd: sizes.atEnd } } : undefined,
        head,
        noise,
        { counter: stage.u32('counter', [4], [...counter, 0, 0]), stream: 0x10000 },
      );
      expect(out.shape).toEqual([B * head.rows, D]);
      stage.gradient(out, d.d_head);
      return () => ({ next, head: out, hidden: stage.d(hidden), memory: M > 0 ? stage.d(memory) : next });
    },
    { training },
  );
}

it.each<Case>([
  { B: 2, S: 4, D: 4, M: 2, started: [0, 1] },
  { B: 2, S: 7, D: 4, M: 2, first: 0, atEnd: true, lengths: [7, 5], started: [1, 1], head: { first: 2, rows: 3 } },
])('the reference gradients match central differences', (test) => {
  const d = data(test);
  const sizes = sizesOf(test);
  const { head = cls } = test;
  const back = reference.readOutBackward(sizes, d.d_next, d.d_head, test.started, head);
  const loss = (hidden: ArrayLike<number>, memory: ArrayLike<number>) => {
    const out = reference.readOut(sizes, hidden, memory, test.started, head);
    return reference.dot(d.d_next, out.next) + reference.dot(d.d_head, out.head);
  };
  expectNear(
    back.hidden,
    reference.centralDifferences((x) => loss(x, d.memory), d.hidden),
    1e-8,
    'hidden',
  );
  expectNear(
    back.memory,
    reference.centralDifferences((x) => loss(d.hidden, x), d.memory),
    1e-8,
    'memory',
  );
});

describe('read_out', () => {
  // Rows that started and rows that have not; M 0, 1 and more; B·S·D/4 of 1, 63, 64 and 65 invocations; a real width.
  // Then memory at both ends and a head over all text: in a short row the head's last rows are the memory at its end.
  it.each<Case>([
    { B: 1, S: 1, D: 4, M: 0, started: [1] },
    { B: 3, S: 21, D: 4, M: 1, started: [1, 0, 1] },
    { B: 4, S: 16, D: 4, M: 5, started: [0, 1, 0, 1] },
    { B: 5, S: 13, D: 4, M: 12, started: [0, 1, 1, 1, 0] },
    { B: 2, S: 5, D: 12, M: 0, started: [1, 0], head: { first: 1, rows: 4 } },
    { B: 2, S: 5, D: 768, M: 2, started: [0, 1] },
    {
      B: 3,
      S: 9,
      D: 8,
      M: 2,
      first: 0,
      atEnd: true,
      lengths: [9, 6, 4],
      started: [1, 1, 0],
      head: { first: 2, rows: 5 },
    },
    { B: 3, S: 8, D: 4, M: 3, atEnd: true, lengths: [8, 4, 5], started: [1, 1, 1], head: { first: 0, rows: 5 } },
    { B: 2, S: 6, D: 4, M: 2, first: 0, lengths: [6, 4], started: [1, 1], head: { first: 2, rows: 4 } },
  ])('matches f64: %o', async (test) => {
    const d = data(test);
    const sizes = sizesOf(test);
    const { head = cls } = test;
    const got = await run(test);
    const want = reference.readOut(sizes, d.hidden, d.memory, test.started, head);
    const back = reference.readOutBackward(sizes, d.d_next, d.d_head, test.started, head);
    // Copies: exact.
    if (test.M > 0) expect(got.next).toEqual(Float32Array.from(want.next));
    expect(got.head).toEqual(Float32Array.from(want.head));
    // At most one sum, where the head reads a position that memory is read out from.
    expect(got.hidden).toEqual(Float32Array.from(back.hidden));
    if (test.M > 0) expect(got.memory).toEqual(Float32Array.from(back.memory));
  });

  it.each<Case>([
    { B: 3, S: 6, D: 8, M: 2, started: [1, 0, 1], noise: 0.5 },
    { B: 2, S: 8, D: 8, M: 2, first: 0, atEnd: true, started: [1, 1], head: { first: 2, rows: 4 }, noise: 0.5 },
  ])('adds the predicted noise in training to the memory of rows that started: %o', async (test) => {
    const d = data(test);
    const sizes = sizesOf(test);
    const { head = cls } = test;
    const noise = reference.memoryNoise(test, head.rows, 0.5, 0x10000, counter);
    const got = await run(test, true);
    const want = reference.readOut(sizes, d.hidden, d.memory, test.started, head, noise);
    // WGSL guarantees cos and sin only to 2⁻¹¹; the radius is at most √(2 · 24 ln 2) = 5.8, the noise half of it.
    expectClose(got.next, want.next, { atol: 2e-3, label: 'next' });
    expect(got.head).toEqual(Float32Array.from(want.head));
    // The noise has no gradient.
    const back = reference.readOutBackward(sizes, d.d_next, d.d_head, test.started, head);
    expect(got.hidden).toEqual(Float32Array.from(back.hidden));
  });

  it('adds no noise outside training', async () => {
    const test: Case = { B: 3, S: 6, D: 8, M: 2, started: [1, 0, 1], noise: 0.5 };
    const d = data(test);
    const { next } = await run(test, false);
    const want = reference.readOut(sizesOf(test), d.hidden, d.memory, test.started, cls);
    expect(next).toEqual(Float32Array.from(want.next));
  });

  it('draws standard normal noise', () => {
    const n = 20000;
    const values = Array.from({ length: n / 4 }, (_, i) => reference.normal4(i, 1, [3, 4])).flat();
    const moment = (k: number) => values.reduce((sum, value) => sum + value ** k, 0) / n;
    // Five standard deviations of each moment's own spread: √(1, 2, 15, 96) / √n.
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / n));
    expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / n));
    expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  /** readOut of two memory vectors in four positions, with the given `next`, and a later use. */
  const record = (vectors: number, later: (stage: Stage, hidden: Tensor, out: Tensor) => void) =>
    onGpu((stage) => {
      const hidden = stage.f32('hidden', [1, 4, 4], new Float32Array(16));
      const memory = stage.f32('memory', [1, 2, 4], new Float32Array(8));
      const next = stage.parameter('next', [1, vectors, 4], new Float32Array(4 * vectors));
      const one = stage.u32('one', [4], [1, 1, 1, 1]);
      const state = { memory, next, slots: { first: 1, atEnd: false } };
      const masks = { counter: one, stream: 0 };
      const out = readOut(stage.tape, hidden, { started: one, lengths: one }, state, cls, 0, masks);
      later(stage, hidden, out);
      return () => ({});
    });

  it('refuses a memory of another shape', async () => {
    await expect(record(1, () => {})).rejects.toThrow(
      new ShapeError("read_out: 'next' has shape (1, 1, 4), expected (1, 2, 4)"),
    );
  });

  it('refuses a backward pass if its result has no gradient or hidden has a later use', async () => {
    const message = 'read_out: must be the last use of hidden and memory, before a head';
    await expect(record(2, () => {})).rejects.toThrow(message);
    await expect(
      record(2, (stage, hidden, out) => {
        stage.gradient(out, new Float32Array(4));
        stage.gradient(hidden, new Float32Array(16));
      }),
    ).rejects.toThrow(message);
  });
});

describe('gather_memory', () => {
  const sizes = (B: number, S: number, D: number, M: number, slots: Partial<reference.SegmentSizes> = {}) => ({
    B,
    S,
    D,
    M,
    first: undefined,
    atEnd: false,
    lengths: new Array<number>(B).fill(S),
    ...slots,
  });

  it('the reference gradients match central differences', () => {
    const size = sizes(2, 5, 4, 2, { first: 0, atEnd: true, lengths: [5, 4] });
    const [hidden, d_out] = [normals(40, 1), normals(16, 2)];
    expectNear(
      reference.gatherMemoryBackward(size, d_out),
      reference.centralDifferences((x) => reference.dot(d_out, reference.gatherMemory(size, x)), hidden),
      1e-8,
    );
  });

  // B·M·D/4 invocations: 1, 63, 64, 65, a real width; in front, at the end of short rows, and both (read at the end).
  it.each<reference.SegmentSizes>([
    sizes(1, 1, 4, 1, { first: 0 }),
    sizes(3, 23, 4, 21, { first: 1 }),
    sizes(4, 17, 4, 16, { atEnd: true, lengths: [17, 16, 17, 16] }),
    sizes(5, 14, 4, 13, { first: 1 }),
    sizes(2, 6, 768, 2, { atEnd: true, lengths: [4, 6] }),
    sizes(3, 8, 8, 2, { first: 0, atEnd: true, lengths: [8, 4, 5] }),
  ])('copies the hidden states of memory, and adds their gradient: %o', async (size) => {
    const { B, S, D, M, first, atEnd, lengths } = size;
    const [x, before, d_out] = [normals(B * S * D, 1), normals(B * S * D, 2), normals(B * M * D, 3)];
    const got = await onGpu((stage) => {
      const hidden = stage.parameter('hidden', [B, S, D], x, before);
      const out = gatherMemory(stage.tape, hidden, stage.u32('lengths', [B], lengths), M, { first, atEnd });
      expect(out.shape).toEqual([B, M, D]);
      stage.gradient(out, d_out);
      return () => ({ out, hidden: stage.d(hidden) });
    });
    expect(got.out).toEqual(Float32Array.from(reference.gatherMemory(size, x)));
    const want = reference.plus(before, reference.gatherMemoryBackward(size, d_out));
    expect(got.hidden).toEqual(Float32Array.from(want));
  });

  it('refuses a hidden state without a later use: the rest of its gradient would be garbage', async () => {
    await expect(
      onGpu((stage) => {
        const hidden = stage.f32('hidden', [1, 2, 4], normals(8, 1));
        const out = gatherMemory(stage.tape, hidden, stage.u32('lengths', [1], [2]), 1, { first: 0, atEnd: false });
        stage.gradient(out, normals(4, 2));
        return () => ({});
      }),
    ).rejects.toThrow('gather_memory: hidden must have a later use');
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
