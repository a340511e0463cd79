import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectNear } from '../../testing/close.ts';
import { normals, onGpu, type Stage } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import type { Shape, Tensor } from '../tensor.ts';
import {
  associationColumns,
  associativeRead,
  associativeWrite,
  deltaRule,
  dpfp,
  keyWidth,
  recall,
} from './associative.ts';

const rubbish = (n: number) => new Float32Array(n).fill(Number.NaN);

/** A tensor whose gradient buffer holds garbage, which the first gradient must overwrite. */
function fresh(stage: Stage, label: string, shape: Shape, data: Float32Array): Tensor {
  const tensor = stage.f32(label, shape, data);
  stage.gradient(tensor, rubbish(data.length), false);
  return tensor;
}

/** Central differences of Σ d_out ∘ f(x) against the gradient the oracle gives. */
function differ(f: (x: Float64Array) => Float64Array, x: Float32Array, d_out: ArrayLike<number>, want: Float64Array) {
  expectNear(
    want,
    reference.centralDifferences((moved) => reference.dot(d_out, f(moved)), x),
    1e-7,
  );
}

it('has six features of a key for each number, and four columns besides a model’s width', () => {
  expect([keyWidth(4), keyWidth(64)]).toEqual([24, 384]);
  expect([associationColumns(4), associationColumns(768)]).toEqual([8, 772]);
});

describe('dpfp', () => {
  it('the oracle has central differences for gradients', () => {
    const [x, d_out] = [normals(2 * 5, 1), normals(2 * 30, 2)];
    differ((moved) => reference.dpfp(moved, 2, 5), x, d_out, reference.dpfpBackward(d_out, x, 2, 5));
  });

  it('the oracle is the paper’s: products of neighbours at distances 1 to 3, normalised', () => {
    // y = (1, 0, 0, 3, 0, 2, 0, 0), a ring.
    const f = new Array<number>(24).fill(0);
    // At distance 2 (j = 1): 2 · 3; at 3 (j = 2): 3 · 1, and around the end 1 · 2. Of length √(36 + 9 + 4) = 7.
    f[1 * 8 + 5] = 6 / 7;
    f[2 * 8 + 3] = 3 / 7;
    f[2 * 8 + 0] = 2 / 7;
    expectClose(reference.dpfp([1, -2, 0, 3], 1, 4), f, { atol: 1e-15 });
  });

  // One row per invocation: 1, 63, 64 and 65; projections of 4, 8 and a real 64.
  it.each([
    [1, 4],
    [63, 4],
    [64, 8],
    [65, 4],
    [5, 64],
  ])('matches f64 at %i rows of %i', async (R, K) => {
    const x = normals(R * K, 1);
    // Zeros among the numbers, and a row of zeros only.
    for (let i = 0; i < x.length; i += 5) x[i] = 0;
    if (R > 1) x.fill(0, K, 2 * K);
    const d_out = normals(R * 6 * K, 2);
    const got = await onGpu((stage) => {
      const inp = fresh(stage, 'inp', [R, K], x);
      const out = dpfp(stage.tape, inp);
      expect(out.shape).toEqual([R, 6 * K]);
      stage.gradient(out, d_out);
      return () => ({ out, inp: stage.d(inp) });
    });
    expectClose(got.out, reference.dpfp(x, R, K), { atol: 1e-6, label: 'out' });
    const back = reference.dpfpBackward(d_out, x, R, K);
    // Short rows have large gradients: the divisor is as small as the features.
    expectClose(got.inp, back, { atol: 2e-5, rtol: 2e-5, label: 'd inp' });
    if (R > 1) expect(got.inp.slice(K, 2 * K)).toEqual(new Float32Array(K));
  });

  it('clamps the norm of a row of tiny numbers, forward and back', async () => {
    // Products of 1e-14, divided by 1e-12 instead of their own norm.
    const x = normals(8, 3, 1e-7);
    const d_out = normals(48, 4);
    const got = await onGpu((stage) => {
      const inp = fresh(stage, 'inp', [2, 4], x);
      const out = dpfp(stage.tape, inp);
      stage.gradient(out, d_out);
      return () => ({ out, inp: stage.d(inp) });
    });
    const want = reference.dpfp(x, 2, 4);
    expect(Math.max(...want)).toBeLessThan(0.1);
    expectClose(got.out, want, { atol: 1e-9, rtol: 1e-5, label: 'out' });
    expectNear(got.inp, reference.dpfpBackward(d_out, x, 2, 4), 1e-5, 'd inp');
  });

  it('refuses an input with another use', async () => {
    await expect(
      onGpu((stage) => {
        const inp = stage.parameter('inp', [1, 4], normals(4, 1));
        stage.gradient(dpfp(stage.tape, inp), normals(24, 2));
        return () => ({});
      }),
    ).rejects.toThrow("dpfp: 'inp' has another use");
  });
});

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
  it('the oracle has central differences for gradients', () => {
    const test: Sizes = [2, 3, 4, 5];
    const size = sizeOf(test);
    const { keys, state, d_read } = associations(test);
    const back = reference.associativeReadBackward(d_read, keys, state, size);
    differ((x) => reference.associativeRead(x, state, size), keys, d_read, back.keys);
    differ((x) => reference.associativeRead(keys, x, size), state, d_read, back.state);
  });

  it.each(sizes)('matches f64 at B %i, R %i, K %i, W %i, with gradients fresh and added', async (...test) => {
    const [B, R, K, W] = test;
    const d = associations(test);
    const record = (begun: boolean) =>
      onGpu((stage) => {
        const keys = stage.f32('keys', [B, R, K], d.keys);
        const state = stage.f32('state', [B, K, W], d.state);
        stage.gradient(keys, begun ? d.d_keys : rubbish(d.keys.length), begun);
        stage.gradient(state, begun ? d.d_state : rubbish(d.state.length), begun);
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
  it('the oracle has central differences for gradients', () => {
    const test: Sizes = [2, 3, 4, 5];
    const size = sizeOf(test);
    const { keys, values, state, d_next } = associations(test);
    const back = reference.associativeWriteBackward(d_next, keys, values, size);
    differ((x) => reference.associativeWrite(x, values, state, size), keys, d_next, back.keys);
    differ((x) => reference.associativeWrite(keys, x, state, size), values, d_next, back.values);
    differ((x) => reference.associativeWrite(keys, values, x, size), state, d_next, back.state);
  });

  it.each(sizes)('matches f64 at B %i, R %i, K %i, W %i, with gradients fresh and added', async (...test) => {
    const [B, R, K, W] = test;
    const d = associations(test);
    const record = (begun: boolean) =>
      onGpu((stage) => {
        const keys = stage.f32('keys', [B, R, K], d.keys);
        const values = fresh(stage, 'values', [B, R, W], d.values);
        const state = stage.f32('state', [B, K, W], d.state);
        stage.gradient(keys, begun ? d.d_keys : rubbish(d.keys.length), begun);
        stage.gradient(state, begun ? d.d_state : rubbish(d.state.length), begun);
        const next = stage.parameter('next', [B, K, W], rubbish(d.state.length), d.d_next);
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
      const keys = fresh(stage, 'keys', [B, R, K], d.keys);
      const state = fresh(stage, 'state', [B, K, W], d.state);
      const values = stage.f32('values', [B, R, W], d.values);
      const next = stage.parameter('next', [B, K, W], rubbish(d.state.length), d.d_next);
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

type Rows = readonly [B: number, R: number, D: number];
/** Every phase in turn. */
const phases = (B: number) => Array.from({ length: B }, (_, b) => (b + 2) % 3);

/** What keys find: any values, and a normaliser as sums of non-negative keys give it. */
function foundBy(B: number, R: number, D: number, seed: number): Float32Array {
  const found = normals(B * R * (D + 4), seed);
  for (let row = 0; row < B * R; row++) {
    const at = row * (D + 4) + D;
    found[at] = 0.1 + Math.abs(found[at] ?? 0);
  }
  return found;
}

describe('recall', () => {
  it('the oracle has central differences for gradients', () => {
    const size = { B: 3, R: 2, D: 4, phase: phases(3) };
    const [hidden, found, d_out] = [normals(24, 1), foundBy(3, 2, 4, 2), normals(24, 3)];
    const back = reference.recallBackward(d_out, found, size);
    differ((x) => reference.recall(hidden, x, size), found, d_out, back);
    differ((x) => reference.recall(x, found, size), hidden, d_out, Float64Array.from(d_out));
  });

  // B·S·D/4 invocations forward and B·S back: 1, 63, 64 and 65, and a real width; rows in every phase.
  it.each<Rows>([
    [1, 1, 4],
    [3, 21, 4],
    [4, 16, 4],
    [5, 13, 4],
    [3, 3, 64],
    [2, 2, 768],
  ])('matches f64 at B %i, S %i, D %i', async (B, S, D) => {
    const size = { B, R: S, D, phase: phases(B) };
    const [x, d_out] = [normals(B * S * D, 1), normals(B * S * D, 3)];
    // Before its second segment a row must not read: the values there are garbage.
    const poison = foundBy(B, S, D, 2).map((value, i) =>
      size.phase[Math.floor(i / (S * (D + 4)))] === 2 ? value : 1e30,
    );
    const before = normals(B * S * D, 4);
    const got = await onGpu((stage) => {
      const hidden = stage.parameter('hidden', [B, S, D], x, before);
      const found = fresh(stage, 'found', [B, S, D + 4], poison);
      const out = recall(stage.tape, hidden, found, stage.u32('phase', [B], size.phase));
      expect(out.shape).toEqual([B, S, D]);
      stage.gradient(out, d_out);
      return () => ({ out, hidden: stage.d(hidden), found: stage.d(found) });
    });
    expectClose(got.out, reference.recall(x, poison, size), { atol: 2e-6, rtol: 1e-6, label: 'out' });
    expectClose(got.hidden, reference.plus(d_out, before), { atol: 1e-6, label: 'd hidden' });
    const want = reference.recallBackward(d_out, poison, size);
    expectClose(got.found, want, { atol: 1e-5, rtol: 5e-5, label: 'd found' });
    got.found.forEach((d, i) => {
      if (size.phase[Math.floor(i / (S * (D + 4)))] !== 2) expect(Math.abs(d)).toBe(0);
    });
  });

  it('refuses results found without a normaliser, and inputs with another use', async () => {
    const record = (columns: number) =>
      onGpu((stage) => {
        const found = stage.parameter('found', [1, 1, columns], normals(columns, 1));
        const out = recall(
          stage.tape,
          stage.f32('hidden', [1, 1, 4], normals(4, 1)),
          found,
          stage.u32('phase', [1], [2]),
        );
        stage.gradient(out, normals(4, 2));
        return () => ({});
      });
    await expect(record(4)).rejects.toThrow(new ShapeError("recall: 'found' has shape (1, 1, 4), expected (1, 1, 8)"));
    await expect(record(8)).rejects.toThrow("recall: 'found' has another use");
  });
});

describe('delta_rule', () => {
  const K = 12;

  function data([B, M, D]: Rows) {
    const found = foundBy(B, M, D, 3);
    const keys = normals(B * M * K, 4, 0.5);
    const size = { B, R: M, D, phase: phases(B) };
    // γ at both ends: a normaliser beyond ‖key‖², which clamps it to 0, and a tiny negative one, which clamps it to 1.
    for (let row = 0; row < B * M; row++) {
      if (row % 4 === 1) found[row * (D + 4) + D] = 100;
      if (row % 4 === 2) found[row * (D + 4) + D] = -0.5;
    }
    return {
      value: normals(B * M * D, 1),
      gate: normals(B * M * 4, 2, 2),
      found,
      keys,
      d_out: normals(B * M * (D + 4), 5),
      size,
      gamma: reference.novelty(keys, found, size),
    };
  }

  it('the oracle has central differences for gradients, γ constant', () => {
    const { value, gate, found, d_out, size, gamma } = data([3, 2, 4]);
    const back = reference.deltaRuleBackward(d_out, { value, gate, found }, size);
    const inputs = { value, gate, found };
    for (const name of ['value', 'gate', 'found'] as const)
      differ((x) => reference.deltaRule({ ...inputs, [name]: x }, gamma, size), inputs[name], d_out, back[name]);
  });

  // One memory vector per invocation: 1, 63, 64 and 65, and a real width; rows in every phase.
  it.each<Rows>([
    [1, 1, 4],
    [3, 21, 4],
    [4, 16, 8],
    [5, 13, 4],
    [3, 4, 256],
  ])('matches f64 at B %i, M %i, D %i', async (...test) => {
    const [B, M, D] = test;
    const { value, gate, found, keys, d_out, size, gamma } = data(test);
    const got = await onGpu((stage) => {
      const tensors = {
        value: fresh(stage, 'value', [B, M, D], value),
        gate: fresh(stage, 'gate', [B, M, 4], gate),
        found: fresh(stage, 'found', [B, M, D + 4], found),
      };
      const key = stage.f32('keys', [B, M, K], keys);
      const phase = stage.u32('phase', [B], size.phase);
      const out = deltaRule(stage.tape, tensors.value, tensors.gate, key, tensors.found, phase);
      expect(out.shape).toEqual([B, M, D + 4]);
      stage.gradient(out, d_out);
      return () => {
        // γ sends no gradient back: the keys get none at all.
        expect(stage.tape.gradient(key)).toBeUndefined();
        return {
          out,
          value: stage.d(tensors.value),
          gate: stage.d(tensors.gate),
          found: stage.d(tensors.found),
        };
      };
    });
    if (B * M > 8) expect([Math.min(...gamma), Math.max(...gamma)]).toEqual([0, 1]);
    if (B * M > 8) expect(gamma.some((share) => share > 0.05 && share < 0.95)).toBe(true);
    const want = reference.deltaRule({ value, gate, found }, gamma, size);
    expectClose(got.out, want, { atol: 1e-5, rtol: 1e-5, label: 'out' });
    const back = reference.deltaRuleBackward(d_out, { value, gate, found }, size);
    for (const name of ['value', 'gate', 'found'] as const)
      expectClose(got[name], back[name], { atol: 5e-5, rtol: 5e-5, label: `d ${name}` });
  });

  it('writes nothing before a row starts, and writes the gated value as new in its first segment', async () => {
    const [B, M, D] = [2, 2, 4];
    const { value, gate, keys } = data([B, M, D]);
    const { out } = await onGpu((stage) => {
      const change = deltaRule(
        stage.tape,
        stage.f32('value', [B, M, D], value),
        stage.f32('gate', [B, M, 4], gate),
        stage.f32('keys', [B, M, K], keys),
        // Neither phase may read what was found.
        stage.f32('found', [B, M, D + 4], rubbish(B * M * (D + 4)).fill(1e30)),
        stage.u32('phase', [B], [0, 1]),
      );
      return () => ({ out: change });
    });
    expect(out.slice(0, M * (D + 4))).toEqual(new Float32Array(M * (D + 4)));
    for (let m = M; m < 2 * M; m++) {
      const beta = 1 / (1 + Math.exp(-(gate[m * 4] ?? Number.NaN)));
      const row = [...value.slice(m * D, (m + 1) * D)].map((x) => beta * x);
      expectClose(out.slice(m * (D + 4), (m + 1) * (D + 4)), [...row, 1, 0, 0, 0], { atol: 1e-6 });
    }
  });

  it('refuses shapes that do not fit, and inputs with another use', async () => {
    const record = (change: Readonly<Record<string, Shape>>, used = '') =>
      onGpu((stage) => {
        const tensor = (name: string, own: Shape) => {
          const shape = change[name] ?? own;
          const made = stage.f32(name, shape, new Float32Array(shape.reduce((a, b) => a * b)));
          if (name === used) stage.gradient(made, new Float32Array(shape.reduce((a, b) => a * b)));
          return made;
        };
        const [value, gate] = [tensor('value', [1, 2, 4]), tensor('gate', [1, 2, 4])];
        const [keys, found] = [tensor('keys', [1, 2, 12]), tensor('found', [1, 2, 8])];
        const out = deltaRule(stage.tape, value, gate, keys, found, stage.u32('phase', [1], [2]));
        stage.gradient(out, new Float32Array(16));
        return () => ({});
      });
    const refused = async (change: Readonly<Record<string, Shape>>, message: string) =>
      expect(record(change)).rejects.toThrow(new ShapeError(`delta_rule: ${message}`));
    await refused({ gate: [1, 2, 1] }, "'gate' has shape (1, 2, 1), expected (1, 2, 4)");
    await refused({ keys: [1, 3, 12] }, "'keys' has shape (1, 3, 12), expected (1, 2, 12)");
    await refused({ found: [1, 2, 4] }, "'found' has shape (1, 2, 4), expected (1, 2, 8)");
    for (const used of ['value', 'gate', 'found'])
      await expect(record({}, used)).rejects.toThrow(`delta_rule: '${used}' has another use`);
  });
});
