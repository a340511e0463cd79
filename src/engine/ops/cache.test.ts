import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { nans, normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import { cacheConcat, cacheUpdate } from './cache.ts';

type Sizes = readonly [B: number, S: number, D: number, C: number];
const sizeOf = ([B, S, D, C]: Sizes): reference.CacheSizes => ({ B, S, D, C });

it('the reference gradients match central differences', () => {
  const size = sizeOf([2, 3, 4, 2]);
  const [cache, hidden, d_out] = [normals(16, 1), normals(24, 2), normals(40, 3)];
  const numeric = reference.centralDifferences(
    (x) => reference.dot(d_out, reference.cacheConcat(cache, x, size)),
    hidden,
  );
  reference.cacheConcatBackward(d_out, size).forEach((d, i) => {
    expect(Math.abs(d - (numeric[i] ?? Number.NaN))).toBeLessThan(1e-8);
  });
});

describe('cache_concat', () => {
  // B·(C+S)·D/4 and B·S·D/4 invocations: few, 63, 64 and 65, and a real width; a cache longer and shorter than the segment.
  it.each<Sizes>([
    [1, 1, 4, 1],
    [3, 21, 4, 2],
    [1, 60, 4, 3],
    [2, 16, 8, 16],
    [5, 13, 4, 1],
    [1, 2, 4, 63],
    [2, 2, 768, 3],
  ])('puts the cache in front at B %i, S %i, D %i, C %i; the gradient is the segment’s alone', async (...sizes) => {
    const [B, S, D, C] = sizes;
    const [x, y] = [normals(B * C * D, 1), normals(B * S * D, 2)];
    const [d_out, before] = [normals(B * (C + S) * D, 3), normals(B * S * D, 4)];
    const record = (begun: boolean) =>
      onGpu((stage) => {
        const cache = stage.f32('cache', [B, C, D], x);
        const hidden = stage.f32('hidden', [B, S, D], y);
        stage.gradient(hidden, begun ? before : nans(before.length), begun);
        const out = cacheConcat(stage.tape, cache, hidden);
        stage.gradient(out, d_out);
        return () => {
          expect(stage.tape.gradient(cache)).toBeUndefined();
          return { out, hidden: stage.d(hidden) };
        };
      });
    const back = reference.cacheConcatBackward(d_out, sizeOf(sizes));
    const fresh = await record(false);
    // Copies: exact.
    expect(fresh.out).toEqual(Float32Array.from(reference.cacheConcat(x, y, sizeOf(sizes))));
    expect(fresh.hidden).toEqual(Float32Array.from(back));
    expect((await record(true)).hidden).toEqual(Float32Array.from(reference.plus(back, before)));
  });

  it('refuses a cache of another batch or width', async () => {
    await expect(
      onGpu((stage) => {
        cacheConcat(
          stage.tape,
          stage.f32('cache', [1, 2, 8], normals(16, 1)),
          stage.f32('h', [1, 2, 4], normals(8, 1)),
        );
        return () => ({});
      }),
    ).rejects.toThrow(new ShapeError("cache_concat: 'cache' has shape (1, 2, 8), expected (1, 2, 4)"));
  });
});

describe('cache_update', () => {
  // A segment shorter than the cache, as long, longer; rows with padding, which is never cached; a row that has not
  // started. B·C·D/4 invocations: 1, 63, 64, 65, and a real width.
  it.each<[...Sizes, readonly number[], readonly number[]]>([
    [1, 1, 4, 1, [1], [1]],
    [3, 5, 4, 21, [5, 3, 5], [1, 1, 0]],
    [4, 16, 4, 16, [16, 15, 1, 16], [1, 1, 1, 0]],
    [5, 20, 4, 13, [20, 13, 14, 12, 20], [1, 1, 1, 1, 0]],
    [1, 70, 4, 65, [66], [1]],
    [2, 3, 768, 2, [3, 1], [1, 1]],
  ])('keeps the last entries at B %i, S %i, D %i, C %i, lengths %j, started %j', async (...test) => {
    const [B, S, D, C, lengths, started] = test;
    const [x, y] = [normals(B * C * D, 1), normals(B * S * D, 2)];
    // Padding is NaN, and so is the segment of a row that has not started.
    const hidden = y.map((value, i) => {
      const b = Math.floor(i / (S * D));
      return started[b] && Math.floor(i / D) % S < (lengths[b] ?? 0) ? value : Number.NaN;
    });
    const { next } = await onGpu((stage) => {
      const into = stage.f32('next', [B, C, D], nans(B * C * D));
      cacheUpdate(
        stage.tape,
        stage.f32('cache', [B, C, D], x),
        stage.f32('hidden', [B, S, D], hidden),
        stage.u32('started', [B], started),
        stage.u32(
          'extents',
          [B, 2],
          lengths.flatMap((length) => [length, 99]),
        ),
        into,
      );
      return () => ({ next: into });
    });
    expect(next).toEqual(Float32Array.from(reference.cacheUpdate(x, y, started, lengths, sizeOf([B, S, D, C]))));
  });

  it('refuses shapes that do not fit', async () => {
    const record = (entries: number, width: number) =>
      onGpu((stage) => {
        const tensor = (label: string, n: number, D: number) => stage.f32(label, [1, n, D], new Float32Array(n * D));
        const one = stage.u32('one', [1, 2], [1, 1]);
        cacheUpdate(stage.tape, tensor('cache', 2, width), tensor('h', 3, 4), one, one, tensor('next', entries, 4));
        return () => ({});
      });
    await expect(record(2, 8)).rejects.toThrow(
      new ShapeError("cache_update: 'cache' has shape (1, 2, 8), expected (1, 2, 4)"),
    );
    await expect(record(3, 4)).rejects.toThrow(
      new ShapeError("cache_update: 'next' has shape (1, 3, 4), expected (1, 2, 4)"),
    );
  });
});
