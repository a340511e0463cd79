import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectGradient } from '../../testing/close.ts';
import { nans, normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import type { Shape } from '../tensor.ts';
import { associativeRead, associativeWrite } from './associative.ts';

type Sizes = readonly [B: number, R: number, K: number, W: number];
const sizeOf = ([B, R, K, W]: Sizes): reference.AssociativeSizes => ({ B, R, K, W });

// Four columns (or keys) of a row per invocation: 1, 63, 64 and 65 of B·R·W/4, B·R·K/4 and B·K·W/4, and real widths.
const sizes: Sizes[] = [
  [1, 1, 4, 4],
  [3, 21, 4, 4],
  [2, 16, 8, 8],
  [5, 13, 4, 8],
  [1, 3, 64, 4],
  [1, 2, 4, 260],
  [2, 3, 24, 68],
];

function associations([B, R, K, W]: Sizes) {
  return {
    keys: normals(B * R * K, 1),
    state: normals(B * K * W, 2),
    values: normals(B * R * W, 3),
    d_read: normals(B * R * W, 4),
    d_next: normals(B * K * W, 5),
    d_keys: normals(B * R * K, 6),
    d_state: normals(B * K * W, 7),
  };
}
const close = { atol: 3e-5, rtol: 1e-5 };

describe('associative_read', () => {
  it('the reference gradients match central differences', () => {
    const test: Sizes = [2, 3, 4, 5];
    const size = sizeOf(test);
    const { keys, state, d_read } = associations(test);
    const back = reference.associativeReadBackward(d_read, keys, state, size);
    expectGradient((x) => reference.associativeRead(x, state, size), keys, d_read, back.keys);
    expectGradient((x) => reference.associativeRead(keys, x, size), state, d_read, back.state);
  });

  it.each(sizes)('matches f64 at B %i, R %i, K %i, W %i, with gradients fresh and added', async (...test) => {
    const [B, R, K, W] = test;
    const d = associations(test);
    const record = (begun: boolean) =>
      onGpu((stage) => {
        const keys = stage.f32('keys', [B, R, K], d.keys);
        const state = stage.f32('state', [B, K, W], d.state);
        stage.gradient(keys, begun ? d.d_keys : nans(d.keys.length), begun);
        stage.gradient(state, begun ? d.d_state : nans(d.state.length), begun);
        const out = associativeRead(stage.tape, keys, state);
        expect(out.shape).toEqual([B, R, W]);
        stage.gradient(out, d.d_read);
        return () => ({ out, keys: stage.d(keys), state: stage.d(state) });
      });
    const [first, added] = [await record(false), await record(true)];
    const back = reference.associativeReadBackward(d.d_read, d.keys, d.state, sizeOf(test));
    expectClose(first.out, reference.associativeRead(d.keys, d.state, sizeOf(test)), { ...close, label: 'out' });
    expectClose(first.keys, back.keys, { ...close, label: 'd keys' });
    expectClose(first.state, back.state, { ...close, label: 'd state' });
    expectClose(added.keys, reference.plus(back.keys, d.d_keys), { ...close, label: 'd keys, added' });
    expectClose(added.state, reference.plus(back.state, d.d_state), { ...close, label: 'd state, added' });
  });
});

describe('associative_write', () => {
  it('the reference gradients match central differences', () => {
    const test: Sizes = [2, 3, 4, 5];
    const size = sizeOf(test);
    const { keys, values, state, d_next } = associations(test);
    const back = reference.associativeWriteBackward(d_next, keys, values, size);
    expectGradient((x) => reference.associativeWrite(x, values, state, size), keys, d_next, back.keys);
    expectGradient((x) => reference.associativeWrite(keys, x, state, size), values, d_next, back.values);
    expectGradient((x) => reference.associativeWrite(keys, values, x, size), state, d_next, back.state);
  });

  it.each(sizes)('matches f64 at B %i, R %i, K %i, W %i, with gradients fresh and added', async (...test) => {
    const [B, R, K, W] = test;
    const d = associations(test);
    const record = (begun: boolean) =>
      onGpu((stage) => {
        const keys = stage.f32('keys', [B, R, K], d.keys);
        const values = stage.fresh('values', [B, R, W], d.values);
        const state = stage.f32('state', [B, K, W], d.state);
        stage.gradient(keys, begun ? d.d_keys : nans(d.keys.length), begun);
        stage.gradient(state, begun ? d.d_state : nans(d.state.length), begun);
        const next = stage.parameter('next', [B, K, W], nans(d.state.length), d.d_next);
        associativeWrite(stage.tape, keys, values, state, next);
        return () => ({ next, keys: stage.d(keys), values: stage.d(values), state: stage.d(state) });
      });
    const [first, added] = [await record(false), await record(true)];
    const size = sizeOf(test);
    const back = reference.associativeWriteBackward(d.d_next, d.keys, d.values, size);
    expectClose(first.next, reference.associativeWrite(d.keys, d.values, d.state, size), { ...close, label: 'next' });
    expectClose(first.keys, back.keys, { ...close, label: 'd keys' });
    expectClose(first.values, back.values, { ...close, label: 'd values' });
    expect(first.state).toEqual(Float32Array.from(back.state));
    expectClose(added.keys, reference.plus(back.keys, d.d_keys), { ...close, label: 'd keys, added' });
    expectClose(added.state, reference.plus(back.state, d.d_state), { ...close, label: 'd state, added' });
  });

  it('and a read of one state with one key add up their gradients, as in a layer', async () => {
    const test: Sizes = [2, 3, 8, 8];
    const [B, R, K, W] = test;
    const d = associations(test);
    const size = sizeOf(test);
    const got = await onGpu((stage) => {
      const keys = stage.fresh('keys', [B, R, K], d.keys);
      const state = stage.fresh('state', [B, K, W], d.state);
      const values = stage.f32('values', [B, R, W], d.values);
      const next = stage.parameter('next', [B, K, W], nans(d.state.length), d.d_next);
      const out = associativeRead(stage.tape, keys, state);
      associativeWrite(stage.tape, keys, values, state, next);
      stage.gradient(out, d.d_read);
      return () => ({ keys: stage.d(keys), state: stage.d(state) });
    });
    const read = reference.associativeReadBackward(d.d_read, d.keys, d.state, size);
    const write = reference.associativeWriteBackward(d.d_next, d.keys, d.values, size);
    expectClose(got.keys, reference.plus(read.keys, write.keys), { ...close, label: 'd keys' });
    expectClose(got.state, reference.plus(read.state, write.state), { ...close, label: 'd state' });
  });

  it('refuses shapes that do not fit, and values with another use', async () => {
    const record = (change: Readonly<Record<string, Shape>>) =>
      onGpu((stage) => {
        const tensor = (name: string, own: Shape) => {
          const shape = change[name] ?? own;
          const n = shape.reduce((a, b) => a * b);
          return stage.parameter(name, shape, new Float32Array(n), new Float32Array(n));
        };
        const [keys, values] = [tensor('keys', [1, 2, 4]), tensor('values', [1, 2, 8])];
        associativeWrite(stage.tape, keys, values, tensor('state', [1, 4, 8]), tensor('next', [1, 4, 8]));
        return () => ({});
      });
    const refused = async (change: Readonly<Record<string, Shape>>, message: string) =>
      expect(record(change)).rejects.toThrow(new ShapeError(`associative_write: ${message}`));
    await refused({ keys: [1, 2, 8] }, "'keys' has shape (1, 2, 8), expected (1, 2, 4)");
    await refused({ values: [1, 3, 8] }, "'values' has shape (1, 3, 8), expected (1, 2, 8)");
    await refused({ next: [1, 4, 4] }, "'next' has shape (1, 4, 4), expected (1, 4, 8)");
    await expect(record({})).rejects.toThrow("associative_write: 'values' has another use");
  });
});
