import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Readback } from '../engine/gpu/readback.ts';
import { InputError } from '../errors.ts';
import { testGpu } from '../testing/gpu.ts';
import { asU32 } from '../testing/ops.ts';
import { type Alignment, cut, positions, type SegmentConfig, SegmentInputs, segmentBatch } from './segments.ts';

const config: SegmentConfig = {
  num_mem_tokens: 2,
  segment_size: 3,
  segment_alignment: 'right',
  pad_token_id: 0,
  cls_token_id: 1,
  sep_token_id: 2,
  vocab_size: 20,
};

describe('cut', () => {
  it.each<[Alignment, [number, number][]]>([
    // The first segment is the short one, the last, or all are evened out.
    [
      'right',
      [
        [0, 1],
        [1, 4],
        [4, 7],
      ],
    ],
    [
      'left',
      [
        [0, 3],
        [3, 6],
        [6, 7],
      ],
    ],
    [
      'center',
      [
        [0, 3],
        [3, 6],
        [6, 7],
      ],
    ],
  ])('%s cuts 7 tokens into threes', (alignment, pieces) => {
    expect(cut(7, 3, alignment)).toEqual(pieces);
  });

  it('center evens out what left leaves at the end', () => {
    expect(cut(9, 8, 'left')).toEqual([
      [0, 8],
      [8, 9],
    ]);
    expect(cut(9, 8, 'center')).toEqual([
      [0, 5],
      [5, 9],
    ]);
    expect(cut(9, 8, 'right')).toEqual([
      [0, 1],
      [1, 9],
    ]);
  });

  const lengths = fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 500 }));
  it.each<Alignment>(['right', 'left', 'center'])(
    '%s covers everything in order, in as few pieces as can be',
    (alignment) => {
      fc.assert(
        fc.property(lengths, ([length, size]) => {
          const pieces = cut(length, size, alignment);
          expect(pieces).toHaveLength(Math.ceil(length / size));
          let at = 0;
          for (const [start, end] of pieces) {
            expect(start).toBe(at);
            expect(end - start).toBeGreaterThan(0);
            expect(end - start).toBeLessThanOrEqual(size);
            at = end;
          }
          expect(at).toBe(length);
        }),
      );
    },
  );

  it.each<Alignment>(['right', 'left'])('%s leaves only the outermost piece short', (alignment) => {
    fc.assert(
      fc.property(lengths, ([length, size]) => {
        const pieces = cut(length, size, alignment);
        const whole = alignment === 'right' ? pieces.slice(1) : pieces.slice(0, -1);
        for (const [start, end] of whole) expect(end - start).toBe(size);
      }),
    );
  });

  it('center makes all pieces but the last alike', () => {
    fc.assert(
      fc.property(lengths, ([length, size]) => {
        const sizes = cut(length, size, 'center').map(([start, end]) => end - start);
        const last = sizes.pop() ?? 0;
        expect(new Set(sizes).size).toBeLessThanOrEqual(1);
        expect(last).toBeLessThanOrEqual(sizes[0] ?? last);
      }),
    );
  });
});

describe('segmentBatch', () => {
  it('strips special tokens wherever they stand, and lets all sequences end together', () => {
    const batch = segmentBatch(
      [
        [1, 5, 6, 7, 2, 8, 0, 9, 2, 0],
        [1, 10, 11, 2],
      ],
      config,
    );
    expect(batch.sequences).toBe(2);
    expect(batch.segments).toEqual([
      [Int32Array.of(5, 6), undefined],
      [Int32Array.of(7, 8, 9), Int32Array.of(10, 11)],
    ]);
  });

  it('is the tokens again when its segments are put together', () => {
    const sequences = fc.array(fc.array(fc.integer({ min: 3, max: 19 }), { minLength: 1, maxLength: 20 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(sequences, fc.constantFrom<Alignment>('right', 'left', 'center'), (texts, segment_alignment) => {
        const { segments } = segmentBatch(texts, { ...config, segment_alignment });
        texts.forEach((text, b) => {
          const pieces = segments.map((rows) => rows[b]);
          expect(pieces.flatMap((piece) => [...(piece ?? [])])).toEqual(text);
          // Once started, there is text in every segment up to the last.
          const first = pieces.findIndex((piece) => piece !== undefined);
          expect(pieces.slice(first).every((piece) => piece !== undefined && piece.length > 0)).toBe(true);
        });
      }),
    );
  });

  it.each<[number[][], string]>([
    [[], 'sequences: no sequence (expected at least one)'],
    [[[5], []], 'sequences[1]: no tokens besides special ones (expected at least one token)'],
    [[[1, 2, 0]], 'sequences[0]: no tokens besides special ones (expected at least one token)'],
    [[[5], [6, 20]], 'sequences[1][1]: 20 (expected a token id from 0 to 19)'],
    [[[2 ** 32 + 5]], 'sequences[0][0]: 4294967301 (expected a token id from 0 to 19)'],
    [[[-1]], 'sequences[0][0]: -1 (expected a token id from 0 to 19)'],
    [[[5, 1.5]], 'sequences[0][1]: 1.5 (expected a token id from 0 to 19)'],
    [[[Number.NaN]], 'sequences[0][0]: NaN (expected a token id from 0 to 19)'],
  ])('refuses %j', (sequences, message) => {
    const refuse = () => segmentBatch(sequences, config);
    expect(refuse).toThrow(InputError);
    expect(refuse).toThrow(expect.objectContaining({ message }));
  });

  it('names the source it was told', () => {
    expect(() => segmentBatch([[99]], config, 'file.json')).toThrow('file.json[0][0]: 99');
  });
});

describe('SegmentInputs', () => {
  it('writes [CLS] memory [SEP] text [SEP] [PAD], lengths, and rows that have not started', async () => {
    const gpu = await testGpu();
    const before = gpu.bytes;
    const inputs = new SegmentInputs(gpu, config, 3);
    const readback = new Readback(gpu);
    const read = async () => {
      const { ids, lengths, started, labels, rowWeight, counter, buckets } = inputs;
      const got = await readback.now([
        ids,
        lengths,
        started,
        labels,
        counter,
        buckets.ids,
        buckets.starts,
        buckets.rows,
        rowWeight,
      ]);
      return [...got.slice(0, -1).map((values) => [...asU32(values)]), [...(got.at(-1) ?? [])]];
    };
    expect(positions(config)).toBe(8);
    // A full segment, then a shorter one over it: nothing of the first may stay.
    inputs.write(
      [Int32Array.of(9, 9, 9), Int32Array.of(9, 9, 9), Int32Array.of(9, 9, 9)],
      [3, 3, 3],
      [1, 1, 1],
      [8, 8],
      true,
    );
    inputs.write([Int32Array.of(5, 6), undefined], [4], [0.5], [7, 3], true);
    const [ids, lengths, started, labels, counter, bucketIds, starts, rows, weights] = await read();
    expect(ids).toEqual([...[1, 0, 0, 2, 5, 6, 2, 0], ...[1, 0, 0, 2, 2, 0, 0, 0], ...[1, 0, 0, 2, 2, 0, 0, 0]]);
    expect(lengths).toEqual([7, 5, 5]);
    expect(started).toEqual([1, 0, 0]);
    expect(labels).toEqual([4, 0, 0]);
    expect(counter?.slice(0, 2)).toEqual([7, 3]);
    expect(weights).toEqual([0.5, 0, 0]);
    // Five different ids stand in the looked-up places; the memory's places are in no bucket.
    expect(bucketIds?.slice(0, 5)).toEqual([0, 1, 2, 5, 6]);
    expect(starts?.slice(0, 6)).toEqual([0, 7, 10, 16, 17, 18]);
    expect(new Set(starts?.slice(5))).toEqual(new Set([18]));
    expect(rows?.slice(0, 18)).toEqual([7, 13, 14, 15, 21, 22, 23, 0, 8, 16, 3, 6, 11, 12, 19, 20, 4, 5]);
    readback.release();
    inputs.release();
    expect(gpu.bytes).toBe(before);
  });
});
