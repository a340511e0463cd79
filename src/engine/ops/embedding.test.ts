import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { bucketRows, embedding } from './embedding.ts';

interface Case {
  readonly B: number;
  readonly S: number;
  readonly D: number;
  readonly M: number;
  /** Words. */
  readonly V: number;
  readonly first?: number;
  readonly atEnd?: boolean;
  readonly lastPositions?: boolean;
  readonly lengths?: readonly number[];
  readonly scale?: number;
  /** The tables it has; both by default. */
  readonly tables?: readonly ('position' | 'tokenType')[];
}

/** Memory is at 1 … M of rows without padding, unless the case says otherwise. */
function sizesOf(test: Case): reference.SegmentSizes {
  const { B, S, D, M, first, atEnd = false, lastPositions = false, lengths = new Array<number>(B).fill(S) } = test;
  return { B, S, D, M, first: first ?? (atEnd ? undefined : 1), atEnd, lastPositions, lengths };
}

function data(test: Case) {
  const { B, S, D, M, V } = test;
  const random = new Random(B, S, D, M);
  const { lastPositions, lengths } = sizesOf(test);
  const isPadding = (row: number) => row % S >= (lengths[Math.floor(row / S)] ?? 0);
  return {
    ids: Uint32Array.from({ length: B * S }, () => random.int(V)),
    // Two more positions and one more token type than are read.
    word: normals(V * D, 1),
    position: normals((S + 2) * D, 2),
    tokenType: normals(2 * D, 3),
    memory: normals(B * M * D, 4),
    // The outputs of padding are not used, so their gradient is zero; only the last positions depend on it.
    d_out: normals(B * S * D, 5).map((d, i) => (lastPositions && isPadding(Math.floor(i / D)) ? 0 : d)),
    d_word: normals(V * D, 6),
    d_position: normals((S + 2) * D, 7),
    d_tokenType: normals(2 * D, 8),
    d_memory: normals(B * M * D, 9),
  };
}

function run(test: Case, begun: boolean) {
  const { B, S, D, M, V, scale, tables: given = ['position', 'tokenType'] } = test;
  const sizes = sizesOf(test);
  const d = data(test);
  const borne = new Set<number>();
  for (let b = 0; b < B; b++)
    for (let m = 0; m < M; m++) for (const s of reference.positionsOf(sizes, b, m)) borne.add(b * S + s);
  // Ids at memory positions must not be read: they are outside the vocabulary.
  const ids = d.ids.map((id, row) => (borne.has(row) ? V + 7 : id));
  // More buckets than ids, as in training: the unused ones must have no effect.
  const BUCKETS = Math.min(V, B * S);
  const buckets = {
    ids: new Uint32Array(BUCKETS),
    starts: new Uint32Array(BUCKETS + 1),
    rows: new Uint32Array(B * S),
  };
  bucketRows(ids, (row) => !borne.has(row), buckets);
  return onGpu((stage) => {
    const word = stage.parameter('word', [V, D], d.word, d.d_word);
    const position = stage.parameter('position', [S + 2, D], d.position, d.d_position);
    const tokenType = stage.parameter('token type', [2, D], d.tokenType, d.d_tokenType);
    const tables = {
      word,
      ...(given.includes('position') ? { position } : {}),
      ...(given.includes('tokenType') ? { tokenType } : {}),
      ...(scale === undefined ? {} : { scale }),
    };
    const memory = stage.f32('memory', [B, M, D], d.memory);
    stage.gradient(memory, begun ? d.d_memory : d.d_memory.map(() => Number.NaN), begun);
    const out = embedding(
      stage.tape,
      stage.u32('ids', [B, S], ids),
      stage.u32('lengths', [B], sizes.lengths),
      tables,
      M > 0 ? memory : undefined,
      sizes,
      {
        ids: stage.u32('bucket ids', [BUCKETS], buckets.ids),
        starts: stage.u32('bucket starts', [BUCKETS + 1], buckets.starts),
        rows: stage.u32('bucket rows', [B * S], buckets.rows),
      },
    );
    stage.gradient(out, d.d_out);
    return () => ({
      out,
      word: stage.d(word),
      position: stage.d(position),
      tokenType: stage.d(tokenType),
      memory: M > 0 ? stage.d(memory) : out,
    });
  });
}

/** The reference results for a case: the output, and the gradients added to existing ones. */
function wanted(test: Case) {
  const { S, D, V, scale = 1, tables = ['position', 'tokenType'] } = test;
  const d = data(test);
  const sizes = sizesOf(test);
  const [hasPosition, hasType] = [tables.includes('position'), tables.includes('tokenType')];
  const back = reference.embeddingBackward(sizes, d.ids, d.d_out, V, S + 2, scale);
  const tokenType = new Float64Array(2 * D);
  tokenType.set(back.tokenType);
  const given = {
    word: d.word,
    position: hasPosition ? d.position : undefined,
    tokenType: hasType ? d.tokenType : undefined,
    scale,
  };
  return {
    out: reference.embedding(sizes, d.ids, given, d.memory),
    word: reference.plus(back.word, d.d_word),
    position: hasPosition ? reference.plus(back.position, d.d_position) : d.d_position,
    tokenType: hasType ? reference.plus(tokenType, d.d_tokenType) : d.d_tokenType,
    memory: back.memory,
  };
}

it.each<Case>([
  { B: 2, S: 4, D: 4, M: 1, V: 3 },
  { B: 2, S: 6, D: 4, M: 2, V: 3, first: 0, atEnd: true, lengths: [5, 6], scale: 3 },
  { B: 2, S: 5, D: 4, M: 2, V: 3, atEnd: true, lastPositions: true, lengths: [4, 5] },
])('the reference gradients match central differences', (test) => {
  const { ids, word, position, tokenType, memory, d_out } = data(test);
  const { scale = 1 } = test;
  const sizes = sizesOf(test);
  const back = reference.embeddingBackward(sizes, ids, d_out, 3, test.S + 2, scale);
  const loss = (w: ArrayLike<number>, p: ArrayLike<number>, t: ArrayLike<number>, m: ArrayLike<number>) =>
    reference.dot(d_out, reference.embedding(sizes, ids, { word: w, position: p, tokenType: t, scale }, m));
  const cases = [
    [back.word, reference.centralDifferences((x) => loss(x, position, tokenType, memory), word)],
    [back.position, reference.centralDifferences((x) => loss(word, x, tokenType, memory), position)],
    [back.tokenType, reference.centralDifferences((x) => loss(word, position, x, memory), tokenType.slice(0, 4))],
    [back.memory, reference.centralDifferences((x) => loss(word, position, tokenType, x), memory)],
  ] as const;
  for (const [analytic, numeric] of cases) expectNear(analytic, numeric, 1e-8);
});

describe('embedding', () => {
  // B·S·D/4 invocations: 1, 63, 64, 65 (one row of four channels each), and a real width. Then memory elsewhere than
  // at 1 … M: at both ends of rows with padding, at the end only; and all combinations of tables.
  it.each<Case>([
    { B: 1, S: 1, D: 4, M: 0, V: 3 },
    { B: 3, S: 21, D: 4, M: 2, V: 5 },
    { B: 4, S: 16, D: 4, M: 1, V: 100 },
    { B: 5, S: 13, D: 4, M: 10, V: 7 },
    { B: 2, S: 9, D: 12, M: 0, V: 5 },
    { B: 2, S: 5, D: 768, M: 1, V: 5 },
    { B: 3, S: 9, D: 8, M: 2, V: 5, first: 0, atEnd: true, lengths: [9, 7, 4] },
    { B: 3, S: 7, D: 4, M: 3, V: 5, atEnd: true, lengths: [3, 7, 6] },
    { B: 2, S: 5, D: 8, M: 1, V: 4, scale: 2.5, tables: [] },
    { B: 2, S: 5, D: 8, M: 2, V: 4, first: 0, atEnd: true, lengths: [5, 4], scale: 2.5, tables: ['position'] },
    { B: 2, S: 5, D: 8, M: 0, V: 4, tables: ['tokenType'] },
    { B: 3, S: 7, D: 8, M: 3, V: 5, atEnd: true, lastPositions: true, lengths: [7, 4, 6] },
  ])('matches f64: %o', async (test) => {
    const got = await run(test, false);
    const want = wanted(test);
    expectClose(got.out, want.out, { atol: 2e-6, label: 'out' });
    expectClose(got.word, want.word, { atol: 4e-5, label: 'word' });
    expectClose(got.position, want.position, { atol: 2e-5, label: 'position' });
    expectClose(got.tokenType, want.tokenType, { atol: 2e-5, label: 'token type' });
    // The gradient of a vector at one position is a copy; at two positions, a sum.
    const both = test.first !== undefined && test.atEnd;
    if (test.M > 0) expectClose(got.memory, want.memory, { atol: both ? 1e-6 : 1e-30, label: 'memory' });
  });

  it('adds to an existing gradient of the memory', async () => {
    const test: Case = { B: 2, S: 5, D: 8, M: 2, V: 4 };
    const got = await run(test, true);
    expectClose(got.memory, reference.plus(wanted(test).memory, data(test).d_memory), { atol: 1e-6 });
  });

  it('refuses tables that do not fit', async () => {
    const record = (positions: number, width: number, M: number, first: number | undefined) =>
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
        const slots = { first, atEnd: first === undefined };
        embedding(stage.tape, ids, ids, tables, memory, slots, { ids, starts: ids, rows: ids });
        return () => ({});
      });
    await expect(record(4, 8, 1, 1)).rejects.toThrow(
      new ShapeError("embedding: 'word' has shape (3, 8), expected (…, 4)"),
    );
    await expect(record(3, 4, 1, 1)).rejects.toThrow(
      new ShapeError("embedding: 'position' has shape (3, 4), expected at least 4 positions"),
    );
    await expect(record(4, 4, 4, 1)).rejects.toThrow(
      new ShapeError("embedding: 'memory' has shape (1, 4, 4), expected at most 3 vectors"),
    );
    await expect(record(4, 4, 5, undefined)).rejects.toThrow(
      new ShapeError("embedding: 'memory' has shape (1, 5, 4), expected at most 4 vectors"),
    );
  });
});

describe('bucketRows', () => {
  it('puts every used row into the bucket of its id, once and in order', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(6), fc.boolean()), { minLength: 1, maxLength: 30 }), (rows) => {
        const ids = Uint32Array.from(rows, ([id]) => id);
        const buckets = {
          // Left over from the previous batch.
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
        // Buckets are in the order of their ids.
        expect([...found]).toEqual([...want].sort(([a], [b]) => a - b));
      }),
    );
  });
});
