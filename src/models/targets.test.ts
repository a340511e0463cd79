import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../testing/close.ts';
import { type SegmentConfig, segmentBatch } from './segments.ts';
import { classTargets, questionTargets, tokenTargets } from './targets.ts';

const config: SegmentConfig = {
  num_mem_tokens: 0,
  segment_size: 3,
  segment_alignment: 'left',
  vocab_size: 100,
};

/** n words from `from` on. */
const words = (n: number, from = 1) => Array.from({ length: n }, (_, i) => from + i);

describe('classTargets', () => {
  it('scores every sequence after the last segment, with equal weights', () => {
    const batch = classTargets(segmentBatch([words(7), words(2)], config), [4, 5]);
    expect(batch.segments).toHaveLength(3);
    expect(batch.targets).toEqual([undefined, undefined, { labels: [4, 5], weights: [0.5, 0.5] }]);
    expect(batch.scoredFrom).toBe(2);
  });

  it('with the mean loss, scores the started sequences after each segment; predictions count in the last', () => {
    const batch = classTargets(segmentBatch([words(7), words(5), words(2)], config), [4, 5, 6], 'mean');
    expect(batch.targets.map((targets) => targets?.labels)).toEqual([
      [4, 5, 6],
      [4, 5, 6],
      [4, 5, 6],
    ]);
    const third = 1 / 3;
    [
      [third, 0, 0],
      [third / 2, third / 2, 0],
      [third / 3, third / 3, third / 3],
    ].forEach((want, n) => {
      expectClose(batch.targets[n]?.weights ?? [], want, { atol: 1e-15 });
    });
    expect(batch.scoredFrom).toBe(2);
  });
});

describe('questionTargets', () => {
  it('scores every question with equal weight; predictions count in the last segment', () => {
    const asked = [
      [-1, 3, 4],
      [-1, -1, 5],
    ];
    const batch = questionTargets(segmentBatch([words(7), words(8)], config), asked);
    const third = 1 / 3;
    expect(batch.targets).toEqual([
      undefined,
      { labels: [3, 0], weights: [third, 0] },
      { labels: [4, 5], weights: [third, third] },
    ]);
    expect(batch.scoredFrom).toBe(2);
  });
});

describe('tokenTargets', () => {
  it('scores the next word at every position, across segment borders', () => {
    const text = words(8);
    // The inputs are all words but the last, which is only predicted.
    const segmented = segmentBatch([text.slice(0, -1)], config);
    const batch = tokenTargets(segmented, 3, [text], [{ from: 1, to: 8 }]);
    expect(batch.targets.map((targets) => Array.from(targets?.labels ?? []))).toEqual([
      [2, 3, 4],
      [5, 6, 7],
      [8, 0, 0],
    ]);
    const seventh = Math.fround(1 / 7);
    expect(batch.targets.map((targets) => Array.from(targets?.weights ?? []))).toEqual([
      [seventh, seventh, seventh],
      [seventh, seventh, seventh],
      [seventh, 0, 0],
    ]);
    expect(batch.scoredFrom).toBe(0);
  });

  it('scores only the answer, and runs no head in segments without any of it', () => {
    const text = words(9);
    const batch = tokenTargets(segmentBatch([text], config), 3, [text], [{ from: 7, to: 9 }]);
    // Words 8 and 9 (at 7 and 8) are predicted from those before them, at 6 and 7.
    expect(batch.targets).toEqual([
      undefined,
      undefined,
      { labels: Int32Array.of(8, 9, 0), weights: Float32Array.of(0.5, 0.5, 0) },
    ]);
    // An answer at a border is predicted at the end of the previous segment.
    const early = tokenTargets(segmentBatch([text], config), 3, [text], [{ from: 6, to: 7 }]);
    expect(early.targets).toEqual([
      undefined,
      { labels: Int32Array.of(0, 0, 7), weights: Float32Array.of(0, 0, 1) },
      undefined,
    ]);
  });

  it('never scores the first word or words beyond the end, and may score nothing', () => {
    const text = words(4);
    const segmented = segmentBatch([text], config);
    const all = tokenTargets(segmented, 3, [text], [{ from: 1, to: 4 }]);
    expect(tokenTargets(segmented, 3, [text], [{ from: -5, to: 99 }])).toEqual(all);
    expect(all.targets[1]).toBeUndefined();
    expect(tokenTargets(segmented, 3, [text], [{ from: 3, to: 3 }]).targets).toEqual([undefined, undefined]);
    expect(tokenTargets(segmented, 3, [text], [{ from: 0, to: 1 }]).targets).toEqual([undefined, undefined]);
  });

  it('does not score a row before it starts, and puts each row’s targets at its own positions', () => {
    const [long, short] = [words(6), words(3, 50)];
    const batch = tokenTargets(
      segmentBatch([long, short], config),
      3,
      [long, short],
      [
        { from: 4, to: 6 },
        { from: 1, to: 3 },
      ],
    );
    expect(batch.segments[0]?.[1]).toBeUndefined();
    const quarter = Math.fround(1 / 4);
    expect(batch.targets).toEqual([
      undefined,
      {
        labels: Int32Array.of(5, 6, 0, 51, 52, 0),
        weights: Float32Array.of(quarter, quarter, 0, quarter, quarter, 0),
      },
    ]);
  });

  it('gives each scored word the same weight, which add up to 1, and the correct label', () => {
    const row = fc.record({ length: fc.integer({ min: 2, max: 14 }), from: fc.nat(14), count: fc.nat(14) });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 3 }), fc.integer({ min: 1, max: 5 }), (rows, size) => {
        const texts = rows.map(({ length }, b) => words(length, 1 + 20 * b));
        const scored = rows.map(({ from, count }) => ({ from, to: from + count }));
        const inputs = texts.map((text) => text.slice(0, -1));
        const segmented = segmentBatch(inputs, { ...config, segment_size: size });
        const { targets } = tokenTargets(segmented, size, texts, scored);
        const found = texts.map((): number[] => []);
        const weights: number[] = [];
        segmented.segments.forEach((segment, n) => {
          segment.forEach((text, b) => {
            for (let t = 0; t < size; t++) {
              const weight = targets[n]?.weights[b * size + t] ?? 0;
              if (weight === 0) continue;
              weights.push(weight);
              const label = targets[n]?.labels[b * size + t] ?? -1;
              found[b]?.push(label);
              // The words of a text are consecutive numbers, so the label is this word plus one.
              expect(label).toBe((text?.[t] ?? -1) + 1);
            }
          });
        });
        const want = texts.map((text, b) =>
          text.filter((_, i) => i >= Math.max(1, scored[b]?.from ?? 0) && i < (scored[b]?.to ?? 0)),
        );
        expect(found).toEqual(want);
        const total = want.flat().length;
        expectClose(weights, new Array<number>(total).fill(1 / total), { rtol: 1e-6 });
      }),
    );
  });
});
