import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { bucketRows, embedding } from './embedding.ts';

interface Case extends reference.SegmentSizes {
  /** Words. */
  readonly V: number;
}

function data({ B, S, D, M, V }: Case) {
  const random = new Random(B, S, D, M);
  return {
    ids: Uint32Array.from({ length: B * S }, () => random.int(V)),
    // Two positions and one token type more than are read.
    word: normals(V * D, 1),
    position: normals((S + 2) * D, 2),
    tokenType: normals(2 * D, 3),
    memory: normals(B * M * D, 4),
    d_out: normals(B * S * D, 5),
    d_word: normals(V * D, 6),
    d_position: normals((S + 2) * D, 7),
    d_tokenType: normals(2 * D, 8),
    d_memory: normals(B * M * D, 9),
  };
}

function run(test: Case, begun: boolean) {
  const { B, S, D, M, V } = test;
  const d = data(test);
  // More buckets than ids there are, as in training: the unused ones must do nothing.
  const BUCKETS = Math.min(V, B * S);
  const buckets = {
    ids: new Uint32Array(BUCKETS),
    starts: new Uint32Array(BUCKETS + 1),
    rows: new Uint32Array(B * S),
  };
  bucketRows(d.ids, (row) => row % S === 0 || row % S > M, buckets);
  return onGpu((stage) => {
    const tables = {
      word: stage.parameter('word', [V, D], d.word, d.d_word),
      position: stage.parameter('position', [S + 2, D], d.position, d.d_position),
      tokenType: stage.parameter('token type', [2, D], d.tokenType, d.d_tokenType),
    };
    const memory = stage.f32('memory', [B, M, D], d.memory);
    stage.gradient(memory, begun ? d.d_memory : d.d_memory.map(() => Number.NaN), begun);
    const out = embedding(stage.tape, stage.u32('ids', [B, S], d.ids), tables, memory, {
      ids: stage.u32('bucket ids', [BUCKETS], buckets.ids),
      starts: stage.u32('bucket starts', [BUCKETS + 1], buckets.starts),
      rows: stage.u32('bucket rows', [B * S], buckets.rows),
    });
    stage.gradient(out, d.d_out);
    return () => ({
      out,
      word: stage.d(tables.word),
      position: stage.d(tables.position),
      tokenType: stage.d(tables.tokenType),
      memory: M > 0 ? stage.d(memory) : out,
    });
  });
}

it('the oracle has central differences for gradients', () => {
  const test: Case = { B: 2, S: 4, D: 4, M: 1, V: 3 };
  const { ids, word, position, tokenType, memory, d_out } = data(test);
  const back = reference.embeddingBackward(test, ids, d_out, 3, 6);
  const loss = (w: ArrayLike<number>, p: ArrayLike<number>, t: ArrayLike<number>, m: ArrayLike<number>) =>
    reference.dot(d_out, reference.embedding(test, ids, w, p, t, m));
  const cases = [
    [back.word, reference.centralDifferences((x) => loss(x, position, tokenType, memory), word)],
    [back.position, reference.centralDifferences((x) => loss(word, x, tokenType, memory), position)],
    [back.tokenType, reference.centralDifferences((x) => loss(word, position, x, memory), tokenType.slice(0, 4))],
    [back.memory, reference.centralDifferences((x) => loss(word, position, tokenType, x), memory)],
  ] as const;
  for (const [analytic, numeric] of cases) expectNear(analytic, numeric, 1e-8);
});

describe('embedding', () => {
  // B·S·D/4 invocations: 1, 63, 64, 65 (one row of four channels each), and a real width.
  it.each<Case>([
    { B: 1, S: 1, D: 4, M: 0, V: 3 },
    { B: 3, S: 21, D: 4, M: 2, V: 5 },
    { B: 4, S: 16, D: 4, M: 1, V: 100 },
    { B: 5, S: 13, D: 4, M: 10, V: 7 },
    { B: 2, S: 9, D: 12, M: 0, V: 5 },
    { B: 2, S: 5, D: 768, M: 1, V: 5 },
  ])('matches f64 at B $B, S $S, D $D, M $M, $V words', async (test) => {
    const { D, S, V } = test;
    const d = data(test);
    const got = await run(test, false);
    expectClose(got.out, reference.embedding(test, d.ids, d.word, d.position, d.tokenType, d.memory), {
      atol: 2e-6,
      label: 'out',
    });
    const back = reference.embeddingBackward(test, d.ids, d.d_out, V, S + 2);
    const tokenType = new Float64Array(2 * D);
    tokenType.set(back.tokenType);
    expectClose(got.word, reference.plus(back.word, d.d_word), { atol: 2e-5, label: 'word' });
    expectClose(got.position, reference.plus(back.position, d.d_position), { atol: 2e-5, label: 'position' });
    expectClose(got.tokenType, reference.plus(tokenType, d.d_tokenType), { atol: 2e-5, label: 'token type' });
    if (test.M > 0) expectClose(got.memory, back.memory, { atol: 1e-30, label: 'memory' });
  });

  it('adds to the gradient the memory has', async () => {
    const test: Case = { B: 2, S: 5, D: 8, M: 2, V: 4 };
    const d = data(test);
    const got = await run(test, true);
    const back = reference.embeddingBackward(test, d.ids, d.d_out, 4, 7);
    expectClose(got.memory, reference.plus(back.memory, d.d_memory), { atol: 1e-6 });
  });

  it('refuses tables that do not fit', async () => {
    const record = (positions: number, width: number, M: number) =>
      onGpu((stage) => {
        const table = (label: string, rows: number, D: number) =>
          stage.f32(label, [rows, D], new Float32Array(rows * D));
        const ids = stage.u32('ids', [1, 4], [0, 0, 0, 0]);
        const tables = {
          word: table('word', 3, width),
          position: table('position', positions, 4),
          tokenType: table('token type', 2, 4),
        };
        const memory = stage.f32('memory', [1, M, 4], new Float32Array(M * 4));
        embedding(stage.tape, ids, tables, memory, { ids, starts: ids, rows: ids });
        return () => ({});
      });
    await expect(record(4, 8, 1)).rejects.toThrow(
      new ShapeError("embedding: 'word' has shape (3, 8), expected (…, 4)"),
    );
    await expect(record(3, 4, 1)).rejects.toThrow(
      new ShapeError("embedding: 'position' has shape (3, 4), expected at least 4 positions"),
    );
    await expect(record(4, 4, 4)).rejects.toThrow(
      new ShapeError("embedding: 'memory' has shape (1, 4, 4), expected fewer tokens than the 4 positions"),
    );
  });
});

describe('bucketRows', () => {
  it('puts every used row into the bucket of its id, once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.boolean()), { minLength: 1, maxLength: 30 }), (rows) => {
        const ids = Uint32Array.from(rows, ([id]) => id);
        const buckets = {
          // What is left of the batch before.
          ids: new Uint32Array(7).fill(5),
          starts: new Uint32Array(8).fill(9),
          rows: new Uint32Array(rows.length).fill(9),
        };
        bucketRows(ids, (row) => rows[row]?.[1] === true, buckets);
        const found = new Map<number, number[]>();
        for (let k = 0; k < 7; k++) {
          const members = [...buckets.rows.subarray(buckets.starts[k], buckets.starts[k + 1])];
          if (members.length === 0) continue;
          expect(found.has(buckets.ids[k] ?? -1)).toBe(false);
          found.set(buckets.ids[k] ?? -1, members);
        }
        const want = new Map<number, number[]>();
        rows.forEach(([id, used], row) => {
          if (used) want.set(id, [...(want.get(id) ?? []), row]);
        });
        expect([...found].sort()).toEqual([...want].sort());
      }),
    );
  });
});
