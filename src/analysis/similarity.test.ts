import { describe, expect, it } from 'vitest';
import { meanToken, Similarity } from './similarity.ts';

it('gives the cosine of any two states', () => {
  const similarity = new Similarity(1);
  similarity.add(0, Float32Array.of(1, 0));
  similarity.add(1, Float32Array.of(0, 2));
  similarity.add(2, Float32Array.of(3, 3));
  expect(similarity.at('flat', 0, 1)).toBeCloseTo(0, 6);
  expect(similarity.at('flat', 2, 0)).toBeCloseTo(Math.SQRT1_2, 6);
  expect(similarity.at('flat', 0, 2)).toBeCloseTo(Math.SQRT1_2, 6);
  expect(similarity.at('flat', 1, 1)).toBeCloseTo(1, 6);
});

it('compares the mean over tokens too', () => {
  expect(Array.from(meanToken(Float32Array.of(1, 2, 3, 4), 2))).toEqual([2, 3]);
  const similarity = new Similarity(2);
  similarity.add(0, Float32Array.of(1, 0, 0, 1));
  similarity.add(1, Float32Array.of(0, 1, 1, 0));
  expect(similarity.at('flat', 0, 1)).toBeCloseTo(0, 6);
  expect(similarity.at('mean', 0, 1)).toBeCloseTo(1, 6);
});

it('drops every other segment when there are too many, and keeps the cosines correct', () => {
  const similarity = new Similarity(1, 8);
  const state = (i: number) => Float32Array.of(Math.cos(i / 20), Math.sin(i / 20));
  for (let i = 0; i < 100; i++) similarity.add(i, state(i));
  expect(similarity.kept.length).toBeLessThanOrEqual(8);
  expect(similarity.kept).toEqual(similarity.kept.map((_, i) => i * similarity.stride));
  similarity.kept.forEach((a, i) => {
    similarity.kept.forEach((b, j) => {
      expect(similarity.at('flat', i, j)).toBeCloseTo(Math.cos((a - b) / 20), 5);
    });
  });
});

it('takes nothing from a model without memory', () => {
  const similarity = new Similarity(0);
  similarity.add(0, new Float32Array(0));
  expect(similarity.kept).toEqual([]);
});

describe('a budget of bytes', () => {
  /** 1000 numbers and the mean of one token: 8000 bytes. */
  const state = (i: number) =>
    new Float32Array(1000).fill(0).map((_, d) => (d === 0 ? Math.cos(i / 20) : d === 1 ? Math.sin(i / 20) : 0));

  it('thins out large states, and keeps the cosines correct', () => {
    const similarity = new Similarity(1, 256, 80_000);
    for (let i = 0; i < 100; i++) {
      similarity.add(i, state(i));
      expect(similarity.bytes).toBe(8000 * similarity.kept.length);
      expect(similarity.bytes).toBeLessThanOrEqual(80_000);
    }
    expect(similarity.stride).toBe(16);
    expect(similarity.kept).toEqual([0, 16, 32, 48, 64, 80, 96]);
    similarity.kept.forEach((a, i) => {
      similarity.kept.forEach((b, j) => {
        expect(similarity.at('flat', i, j)).toBeCloseTo(Math.cos((a - b) / 20), 5);
      });
    });
  });

  it('keeps two whatever their size', () => {
    const similarity = new Similarity(1, 256, 100);
    for (let i = 0; i < 9; i++) similarity.add(i, state(i));
    expect(similarity.kept).toEqual([0, 8]);
    expect(similarity.at('flat', 0, 1)).toBeCloseTo(Math.cos(8 / 20), 5);
  });
});
