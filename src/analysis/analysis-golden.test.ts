// The analysis of memories against PyTorch in f64 (src/testing/golden/golden_analysis.py).
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dot, factorRow, gramFactor, type Matrix, matrix, rowOf, rowProducts } from './linear-algebra.ts';
import { classOf, fitLogistic } from './logistic.ts';
import { rankOf, singularValues } from './matrix-rank.ts';
import { principalComponents, projected } from './pca.ts';

interface Expected {
  readonly pca: readonly { n: number; d: number; axes: number[][]; explained: number[] }[];
  readonly singular: readonly { rows: number; columns: number; values: number[] }[];
  readonly logistic: readonly {
    n: number;
    d: number;
    classes: number;
    penalty: number;
    weights: number[];
    bias: number[];
    objective: number;
  }[];
}
const expected = JSON.parse(
  readFileSync(new URL('../testing/golden/analysis.json', import.meta.url), 'utf8'),
) as Expected;

/** The vectors of golden_analysis.py, and their classes. */
function vectors(n: number, d: number, classes: number): { readonly x: Matrix; readonly labels: number[] } {
  const labels = Array.from({ length: n }, (_, i) => (i * 7) % classes);
  const x = matrix(n, d);
  for (let i = 0; i < n; i++)
    for (let j = 0; j < d; j++)
      x.values[i * d + j] = Math.sin(0.7 * (i + 1) * (j + 1)) / (1 + 0.1 * j) + (labels[i] === j ? 0.8 : 0);
  return { x, labels };
}
const rowsOf = (x: Matrix) => Array.from({ length: x.rows }, (_, i) => rowOf(x, i));

/** Largest difference; NaN fails every comparison with it. */
const apart = (got: ArrayLike<number>, want: ArrayLike<number>) =>
  Array.from(want, (value, i) => Math.abs((got[i] as number) - value)).reduce(
    (a, b) => (Number.isNaN(b) ? b : Math.max(a, b)),
    got.length === want.length ? 0 : Number.NaN,
  );

describe('principal components', () => {
  it.each(expected.pca)('of $n vectors of $d numbers are those of PyTorch', ({ n, d, axes, explained }) => {
    const found = principalComponents(rowsOf(vectors(n, d, 3).x));
    axes.forEach((axis, k) => {
      expect(apart(rowOf(found.axes, k), axis)).toBeLessThan(1e-8);
    });
    expect(apart(found.explained, explained)).toBeLessThan(1e-10);
  });

  it('of equal vectors explain nothing', () => {
    const found = principalComponents([Float32Array.of(1, 2, 3), Float32Array.of(1, 2, 3)]);
    expect([...found.explained]).toEqual([0, 0]);
    expect(projected(found, Float32Array.of(4, 2, 3)).every(Number.isFinite)).toBe(true);
  });

  it('of one direction have a second axis without variance', () => {
    const found = principalComponents([-2, -1, 0, 3].map((t) => Float32Array.of(t, 2 * t, 5)));
    expect(found.explained[0]).toBeCloseTo(1, 12);
    expect(found.explained[1]).toBeCloseTo(0, 12);
    const [first = 0] = projected(found, Float32Array.of(3, 6, 5));
    expect(first).toBeCloseTo(3 * Math.sqrt(5), 10);
  });
});

describe('singular values', () => {
  it.each(expected.singular)('of a matrix of $rows by $columns are those of PyTorch', ({ rows, columns, values }) => {
    expect(apart(singularValues(vectors(rows, columns, 3).x), values)).toBeLessThan(1e-7);
  });

  it('give the ranks of known matrices', () => {
    const diagonal = (...entries: number[]): Matrix => {
      const of = matrix(entries.length, entries.length);
      entries.forEach((entry, i) => {
        of.values[i * entries.length + i] = entry;
      });
      return of;
    };
    const identity = rankOf(diagonal(1, 1, 1, 1));
    expect(identity.effective).toBeCloseTo(4, 10);
    expect(identity.numerical).toBe(4);
    expect(identity.frobenius).toBeCloseTo(2, 12);
    const two = rankOf(diagonal(3, 0, 1, 0));
    expect(two.numerical).toBe(2);
    // Shares ¾ and ¼: exp(−¾ ln ¾ − ¼ ln ¼).
    expect(two.effective).toBeCloseTo(1.7548, 4);
    expect(rankOf(diagonal(0, 0))).toEqual({ frobenius: 0, numerical: 0, effective: 0 });
    // One outer product.
    const outer = matrix(5, 3);
    for (let i = 0; i < 15; i++) outer.values[i] = (1 + Math.floor(i / 3)) * (2 - (i % 3));
    expect(rankOf(outer).numerical).toBe(1);
    expect(rankOf(outer).effective).toBeCloseTo(1, 5);
  });
});

describe('logistic regression', () => {
  it.each(expected.logistic)(
    '$classes classes, $n vectors of $d numbers, penalty $penalty: PyTorch’s solution',
    (golden) => {
      const { n, d, classes, penalty } = golden;
      const { x, labels } = vectors(n, d, classes);
      const found = fitLogistic({ features: x, labels, classes, penalty });
      expect(found.objective - golden.objective).toBeLessThan(1e-10);
      expect(apart(found.weights, golden.weights)).toBeLessThan(1e-4);
      // Only differences between biases matter.
      const centred = (bias: ArrayLike<number>) => {
        const mean = Array.from(bias).reduce((a, b) => a + b, 0) / bias.length;
        return Array.from(bias, (value) => value - mean);
      };
      expect(apart(centred(found.bias), centred(golden.bias))).toBeLessThan(1e-4);
    },
  );

  it.each(expected.logistic)('has the same solution in the features of the Gram matrix ($n of $d)', (golden) => {
    const { n, d, classes, penalty } = golden;
    const { x, labels } = vectors(n, d, classes);
    const factored = gramFactor(rowProducts(x, x));
    expect(factored.factor.columns).toBeLessThanOrEqual(Math.min(n, d));
    expect(apart(rowProducts(factored.factor, factored.factor).values, rowProducts(x, x).values)).toBeLessThan(1e-9);
    const found = fitLogistic({ features: factored.factor, labels, classes, penalty });
    expect(Math.abs(found.objective - golden.objective)).toBeLessThan(1e-9);
    // A vector that was not fitted has the same logits in both.
    const other = Float64Array.from({ length: d }, (_, j) => Math.cos(j + 1));
    const features = factorRow(
      factored,
      rowsOf(x).map((row) => dot(row, other)),
    );
    const logits = (weights: ArrayLike<number>, row: ArrayLike<number>, bias: ArrayLike<number>) => {
      const all = Array.from({ length: classes }, (_, c) => {
        const own = Array.from({ length: row.length }, (_, i) => weights[c * row.length + i] as number);
        return dot(own, row) + (bias[c] as number);
      });
      return all.map((logit) => logit - (all[0] as number));
    };
    const got = logits(found.weights, features, found.bias);
    const want = logits(golden.weights, other, golden.bias);
    expect(apart(got, want)).toBeLessThan(1e-4);
    expect(classOf(found, features)).toBe(want.indexOf(Math.max(...want)));
  });

  it('refuses features that are not finite', () => {
    const features = matrix(2, 1);
    features.values[0] = Number.NaN;
    expect(() => fitLogistic({ features, labels: [0, 1], classes: 2, penalty: 1 })).toThrow('not finite');
  });
});
