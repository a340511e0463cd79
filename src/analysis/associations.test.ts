// The analysis of associations against the f64 reference of the kernels, which was written from the paper on its own.
import { expect, it } from 'vitest';
import { Random } from '../random.ts';
import * as reference from '../testing/reference/associative.ts';
import { type AssociativeLayer, features, matrixOf, recallOf, writeOf } from './associations.ts';
import { dot, type Matrix, matrix, rowOf } from './linear-algebra.ts';
import { rankOf } from './matrix-rank.ts';

const [D, dMem] = [8, 4];
const K = 6 * dMem;
const random = new Random(3);
const numbers = (count: number, scale = 1) => Float64Array.from({ length: count }, () => scale * random.normal());
const drawn = (rows: number, columns: number): Matrix => ({ rows, columns, values: numbers(rows * columns, 0.5) });

const layerOf = (normalise: boolean, correction: boolean): AssociativeLayer => ({
  query: drawn(dMem, D),
  key: drawn(dMem, D),
  value: drawn(D, D),
  gate: numbers(D),
  gateBias: 0.3,
  normalise,
  correction,
});
const apply = ({ rows, columns, values }: Matrix, x: ArrayLike<number>) =>
  Float64Array.from({ length: rows }, (_, o) => dot(values.subarray(o * columns, (o + 1) * columns), x));
const close = (got: ArrayLike<number>, want: ArrayLike<number>) => {
  expect(got.length).toBe(want.length);
  for (let i = 0; i < want.length; i++) expect(got[i]).toBeCloseTo(want[i] as number, 12);
};

it.each([
  [true, true],
  [false, true],
  [false, false],
])('a write is that of the delta rule (normalised keys %s, correction %s)', (normalise, correction) => {
  const layer = layerOf(normalise, correction);
  const hidden = numbers(D);
  const before = numbers(K * (D + 4)).map(Math.abs);
  const key = features(apply(layer.key, hidden), normalise);
  close(key, reference.dpfp(apply(layer.key, hidden), 1, dMem, normalise));
  for (const state of [undefined, before]) {
    const phase = [state ? 2 : 1];
    const found = reference.associativeRead(key, before, { B: 1, R: 1, K, W: D + 4 });
    const sizes = { B: 1, R: 1, D, phase };
    const gamma = correction ? reference.novelty(key, found, sizes, normalise ? 0 : 1e-5) : Float64Array.of(1);
    const gate = Float64Array.of(dot(layer.gate, hidden) + layer.gateBias, 0, 0, 0);
    const want = reference.deltaRule({ value: apply(layer.value, hidden), gate, found }, gamma, sizes);
    const write = writeOf(layer, hidden, state && { values: state, width: D });
    close([...write.change, write.gamma], want.slice(0, D + 1));
  }
});

it('what is recalled is that of the kernel, and is split without a rest', () => {
  const layer = layerOf(true, true);
  const hidden = numbers(D);
  const query = features(apply(layer.query, hidden), true);
  // Three writes of random values; the last takes back what the second wrote.
  const changes = [0, 1].map(() => ({ key: numbers(K).map(Math.abs), values: numbers(D + 4) }));
  const second = changes[1] as (typeof changes)[1];
  changes.push({ key: second.key, values: second.values.map((value, c) => (c === D ? 0.1 : -value)) });
  let state = new Float64Array(K * (D + 4));
  const history = changes.map(({ key, values }) => {
    state = Float64Array.from(reference.associativeWrite(key, values, state, { B: 1, R: 1, K, W: D + 4 }));
    return { values: state, width: D };
  });
  const found = reference.associativeRead(query, state, { B: 1, R: 1, K, W: D + 4 });
  const want = reference.recall(new Float64Array(D), found, { B: 1, R: 1, D, phase: [2] });
  const { recalled, shares } = recallOf(layer, hidden, history);
  close(recalled, want);
  expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  // Each part by itself: the query's product with the write's key, times its values.
  const scale = 1 / ((found[D] as number) + 1e-5);
  changes.forEach(({ key, values }, t) => {
    const part = values.slice(0, D).map((value) => value * dot(query, key) * scale);
    expect(shares[t]).toBeCloseTo(dot(part, recalled) / dot(recalled, recalled), 10);
  });
  expect(shares[1]).toBeCloseTo(-(shares[2] as number), 12);
  expect(shares[0]).toBeCloseTo(1, 12);
});

it('nothing is recalled before anything was written', () => {
  const { recalled, shares } = recallOf(layerOf(true, true), numbers(D), []);
  close(recalled, new Float64Array(D));
  expect(shares).toHaveLength(0);
});

it('the rank counts the writes, without the normaliser and its padding', () => {
  const state = new Float64Array(K * (D + 4)).fill(7);
  for (let k = 0; k < K; k++) for (let c = 0; c < D; c++) state[k * (D + 4) + c] = 0;
  expect(rankOf(matrixOf({ values: state, width: D })).numerical).toBe(0);
  for (let n = 1; n <= 3; n++) {
    const [key, value] = [numbers(K), numbers(D)];
    for (let k = 0; k < K; k++)
      for (let c = 0; c < D; c++)
        state[k * (D + 4) + c] = (state[k * (D + 4) + c] as number) + (key[k] as number) * (value[c] as number);
    const rank = rankOf(matrixOf({ values: state, width: D }));
    expect(rank.numerical).toBe(n);
    expect(rank.effective).toBeLessThanOrEqual(n + 1e-9);
  }
  const all = matrix(2, 2);
  rowOf(all, 0).set([3, 0]);
  rowOf(all, 1).set([0, 4]);
  expect(rankOf(all).frobenius).toBe(5);
});
