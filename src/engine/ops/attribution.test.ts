// Gradient × word, and a share of the words in their embeddings, against f64: memory in front, at the end, both or none, padding, a scale, and widths around a vector.
import { expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { Random } from '../../random.ts';
import { expectClose } from '../../testing/close.ts';
import { normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { gradientTimesWord, shareWords } from './attribution.ts';

const V = 7;

/** The words of a batch on the GPU. */
function words(sizes: reference.SegmentSizes, scale: number) {
  const { B, S, D, M, first, atEnd, lengths } = sizes;
  const random = new Random(B, S, D, M);
  const ids = Uint32Array.from({ length: B * S }, () => random.int(V));
  const word = normals(V * D, 1);
  // Ids at memory positions must not be read: they are outside the vocabulary.
  const isMemory = (row: number) => reference.memoryAt(sizes, Math.floor(row / S), row % S) !== undefined;
  const on = (stage: Parameters<Parameters<typeof onGpu>[0]>[0]) => ({
    ids: stage.u32(
      'ids',
      [B, S],
      ids.map((id, row) => (isMemory(row) ? V + 9 : id)),
    ),
    lengths: stage.u32('lengths', [B], lengths),
    word: stage.f32('word', [V, D], word),
    scale,
    count: M,
    slots: { first, atEnd },
  });
  return { ids, word, on };
}

function run(sizes: reference.SegmentSizes, scale: number, width = sizes.D) {
  const { B, S } = sizes;
  const { ids, word, on } = words(sizes, scale);
  const d_out = normals(B * S * width, 2);
  const got = onGpu((stage) => {
    const out = gradientTimesWord(stage.tape, on(stage), stage.f32('d embeddings', [B, S, width], d_out));
    return () => ({ out });
  });
  return { got, want: () => reference.gradientTimesWord(sizes, ids, word, d_out, scale) };
}

const cases = [
  { B: 1, S: 1, D: 4, M: 0, first: undefined, atEnd: false, lengths: [1], scale: 1 },
  { B: 3, S: 9, D: 8, M: 2, first: 1, atEnd: false, lengths: [9, 5, 3], scale: 1 },
  { B: 2, S: 11, D: 12, M: 3, first: 0, atEnd: true, lengths: [11, 7], scale: 3.5 },
  { B: 2, S: 65, D: 64, M: 4, first: undefined, atEnd: true, lengths: [65, 20], scale: 1 },
];

it.each(cases)('matches f64 at $B × $S × $D with $M memory vectors', async ({ scale, ...sizes }) => {
  const { got, want } = run(sizes, scale);
  const { out } = await got;
  expectClose(out, want(), { atol: 1e-5, rtol: 1e-5 });
  expect(out.some((value) => value !== 0)).toBe(true);
});

it('refuses a gradient of another width', async () => {
  const sizes = { B: 1, S: 2, D: 8, M: 0, first: undefined, atEnd: false, lengths: [2] };
  await expect(run(sizes, 1, 4).got).rejects.toThrow(ShapeError);
});

it.each(cases)('leaves a share of the words at $B × $S × $D with $M memory vectors', async ({ scale, ...sizes }) => {
  const { B, S, D } = sizes;
  const { ids, word, on } = words(sizes, scale);
  const [embedded, share] = [normals(B * S * D, 3), Float32Array.from({ length: B }, (_, b) => 1 - b / 2)];
  const { inout } = await onGpu((stage) => {
    const tensor = stage.f32('embeddings', [B, S, D], embedded);
    shareWords(stage.tape, on(stage), stage.f32('share', [B], share), tensor);
    return () => ({ inout: tensor });
  });
  expectClose(inout, reference.shareWords(sizes, ids, word, share, embedded, scale), { atol: 1e-6, rtol: 1e-6 });
  // All of the words: not a bit is changed.
  expect(inout.subarray(0, S * D)).toEqual(embedded.subarray(0, S * D));
});

it('refuses shares of another number of rows', async () => {
  const sizes = { B: 2, S: 2, D: 8, M: 0, first: undefined, atEnd: false, lengths: [2, 2] };
  const { on } = words(sizes, 1);
  await expect(
    onGpu((stage) => {
      const tensor = stage.f32('embeddings', [2, 2, 8], normals(32, 3));
      shareWords(stage.tape, on(stage), stage.f32('share', [1], new Float32Array(1)), tensor);
      return () => ({ tensor });
    }),
  ).rejects.toThrow(ShapeError);
});
