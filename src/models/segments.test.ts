import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Readback } from '../engine/gpu/readback.ts';
import { InputError } from '../errors.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { still } from '../testing/models.ts';
import { asU32 } from '../testing/ops.ts';
import { bert } from './backbones/bert.ts';
import { decoderLayout } from './backbones/decoder-layout.ts';
import type { Layout } from './layout.ts';
import { type Alignment, cut, positionsOf, type SegmentConfig, SegmentInputs, segmentBatch } from './segments.ts';

useSimpleKernels();

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
    // The first segment is short, the last is, or all are balanced.
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

  it('center balances the segments that left would leave short at the end', () => {
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
    '%s covers everything in order, in as few pieces as possible',
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

  it('center makes all pieces but the last equally long', () => {
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
  it('strips special tokens at any position, and aligns the ends of all sequences', () => {
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

  it('gives the original tokens when its segments are concatenated', () => {
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

  it('names the given source in its error', () => {
    expect(() => segmentBatch([[99]], config, 'file.json')).toThrow('file.json[0][0]: 99');
  });
});

describe('SegmentInputs', () => {
  /** Run a test with the inputs of a layout and a function that reads them back, and release everything afterwards. */
  async function having(
    layout: Layout,
    cacheSize: number,
    work: (inputs: SegmentInputs, read: () => Promise<Record<string, number[]>>) => Promise<void>,
    own: SegmentConfig = config,
  ) {
    const gpu = await testGpu();
    const before = gpu.bytes;
    const inputs = new SegmentInputs(gpu, own, layout, 3, cacheSize);
    const readback = new Readback(gpu);
    const { ids, lengths, extents, started, phase, labels, counter, buckets, rowWeight } = inputs;
    const tensors = {
      ids,
      lengths,
      extents,
      started,
      phase,
      labels,
      counter,
      bucketIds: buckets.ids,
      starts: buckets.starts,
      rows: buckets.rows,
    };
    await work(inputs, async () => {
      const [weights = new Float32Array(0), ...got] = await readback.now([rowWeight, ...Object.values(tensors)]);
      return {
        ...Object.fromEntries(Object.keys(tensors).map((name, i) => [name, [...asU32(got[i] ?? weights)]])),
        weights: [...weights],
      };
    });
    readback.release();
    inputs.release();
    expect(gpu.bytes).toBe(before);
  }

  const bertLayout = bert.layout({ ...config }, { front: 2, back: 0 });

  it('writes [CLS] memory [SEP] text [SEP] [PAD], lengths, and rows that have not started', async () => {
    expect(positionsOf(bertLayout, 3)).toBe(8);
    expect(bertLayout.S).toBe(8);
    await having(bertLayout, 0, async (inputs, read) => {
      // A full segment, overwritten by a shorter one: nothing of the first may remain.
      inputs.write(
        [Int32Array.of(9, 9, 9), Int32Array.of(9, 9, 9), Int32Array.of(9, 9, 9)],
        [8, 8, 8],
        { labels: [3, 3, 3], weights: [1, 1, 1] },
        [8, 8],
        true,
      );
      inputs.write([Int32Array.of(5, 6), undefined], [0, 0], { labels: [4], weights: [0.5] }, [7, 3], true);
      const got = await read();
      const expected = [...[1, 0, 0, 2, 5, 6, 2, 0], ...[1, 0, 0, 2, 2, 0, 0, 0], ...[1, 0, 0, 2, 2, 0, 0, 0]];
      expect(got['ids']).toEqual(expected);
      expect(got['lengths']).toEqual([7, 5, 5]);
      expect(got['extents']).toEqual([7, 0, 5, 0, 5, 0]);
      expect(got['started']).toEqual([1, 0, 0]);
      expect(got['phase']).toEqual([1, 0, 0]);
      expect(got['labels']).toEqual([4, 0, 0]);
      expect(got['counter']?.slice(0, 2)).toEqual([7, 3]);
      expect(got['weights']).toEqual([0.5, 0, 0]);
      // The looked-up positions hold five different ids; the memory's positions are in no bucket.
      expect(got['bucketIds']?.slice(0, 5)).toEqual([0, 1, 2, 5, 6]);
      expect(got['starts']?.slice(0, 6)).toEqual([0, 7, 10, 16, 17, 18]);
      expect(new Set(got['starts']?.slice(5))).toEqual(new Set([18]));
      const rows = [7, 13, 14, 15, 21, 22, 23, 0, 8, 16, 3, 6, 11, 12, 19, 20, 4, 5];
      expect(got['rows']?.slice(0, 18)).toEqual(rows);
    });
  });

  it('gives every row a weight of zero without targets', async () => {
    await having(bertLayout, 0, async (inputs, read) => {
      const text = Int32Array.of(9);
      inputs.write([text, text, text], [0, 0, 0], { labels: [3, 3, 3], weights: [1, 1, 1] }, [0, 0], false);
      inputs.write([text, text, text], [0, 0, 0], undefined, [0, 0], false);
      expect(await read()).toMatchObject({ labels: [0, 0, 0], weights: [0, 0, 0] });
    });
  });

  it('distinguishes a row’s first segment from later ones, and counts the filled entries of its cache', async () => {
    const layout = decoderLayout(config, { front: 0, back: 0 });
    await having(layout, 5, async (inputs, read) => {
      const text = Int32Array.of(9, 9);
      // Rows in their first, their second and their third segment.
      inputs.write([text, text, text], [0, 3, 6], undefined, [0, 0], false);
      expect(await read()).toMatchObject({ phase: [1, 2, 2], started: [1, 1, 1], extents: [2, 0, 2, 3, 2, 5] });
      inputs.write([undefined, text], [0, 3], undefined, [0, 0], false);
      expect(await read()).toMatchObject({ phase: [0, 2, 0], started: [0, 1, 0], extents: [0, 0, 2, 3, 0, 0] });
    });
  });

  it('writes a decoder’s text between its memories, which are in no bucket, and targets for every position', async () => {
    const { pad_token_id: _pad, ...withoutPadding } = config;
    const layout = decoderLayout(config, { front: 2, back: 2 });
    expect(layout).toEqual({
      S: 7,
      front: 2,
      back: 2,
      memory: { count: 2, first: 0, atEnd: true },
      head: { first: 2, rows: 3 },
      specials: [],
    });
    await having(
      layout,
      0,
      async (inputs, read) => {
        const targets = { labels: [5, 6, 7, 8, 9, 0, 0, 0, 0], weights: [0.25, 0, 0.25, 0.25, 0.25, 0, 0, 0, 0] };
        inputs.write([Int32Array.of(4, 5, 6), Int32Array.of(7, 8)], [0, 0], targets, [0, 0], true);
        const got = await read();
        expect(got['ids']).toEqual([...[0, 0, 4, 5, 6, 0, 0], ...[0, 0, 7, 8, 0, 0, 0], ...[0, 0, 0, 0, 0, 0, 0]]);
        expect(got['lengths']).toEqual([7, 6, 4]);
        expect(got['labels']).toEqual(targets.labels);
        expect(got['weights']).toEqual(targets.weights);
        // Words 0 (padding: positions behind each row's length), 4, 5, 6, 7 and 8.
        expect(got['bucketIds']?.slice(0, 6)).toEqual([0, 4, 5, 6, 7, 8]);
        expect(got['starts']?.slice(0, 7)).toEqual([0, 4, 5, 6, 7, 8, 9]);
        expect(got['rows']?.slice(0, 9)).toEqual([13, 18, 19, 20, 2, 3, 4, 9, 10]);
      },
      withoutPadding,
    );
  });
});

it('a segment’s positions count its memory', () => {
  expect(positionsOf(still('rmt-gpt2').layout, 4)).toBe(8);
  expect(positionsOf(still('armt-gpt2').layout, 3)).toBe(5);
  expect(positionsOf(still('transformer-xl').layout, 0)).toBe(0);
});
