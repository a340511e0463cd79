// The ops of ARMT's associative memory that depend on a row's phase: recall and the delta rule.
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { expectClose, expectGradient } from '../../testing/close.ts';
import { nans, normals, onGpu } from '../../testing/ops.ts';
import * as reference from '../../testing/reference.ts';
import type { Shape } from '../tensor.ts';
import { deltaRule, recall } from './associative.ts';

type Rows = readonly [B: number, R: number, D: number];
// Software adapters use one invocation per row, GPUs several.
const ways = [true, false];
/** The phases 2, 0, 1, … of the rows. */
const phases = (B: number) => Array.from({ length: B }, (_, b) => (b + 2) % 3);

/** Values as read from the associations, with a positive normaliser, as sums of non-negative keys give it. */
function foundBy(B: number, R: number, D: number, seed: number): Float32Array {
  const found = normals(B * R * (D + 4), seed);
  for (let row = 0; row < B * R; row++) {
    const at = row * (D + 4) + D;
    found[at] = 0.1 + Math.abs(found[at] ?? 0);
  }
  return found;
}

describe('recall', () => {
  it('the reference gradients match central differences', () => {
    const size = { B: 3, R: 2, D: 4, phase: phases(3) };
    const [hidden, found, d_out] = [normals(24, 1), foundBy(3, 2, 4, 2), normals(24, 3)];
    const back = reference.recallBackward(d_out, found, size);
    expectGradient((x) => reference.recall(hidden, x, size), found, d_out, back);
    expectGradient((x) => reference.recall(x, found, size), hidden, d_out, Float64Array.from(d_out));
  });

  // B·S·D/4 invocations forward and B·S back: 1, 63, 64 and 65, and a real width; rows in every phase.
  const sizes: readonly Rows[] = [
    [1, 1, 4],
    [3, 21, 4],
    [4, 16, 4],
    [5, 13, 4],
    [3, 3, 64],
    [2, 2, 768],
  ];
  it.each(sizes.flatMap((size) => ways.map((software) => [...size, software] as const)))(
    'matches f64 at B %i, S %i, D %i, in one invocation: %s',
    async (B, S, D, software) => {
      const size = { B, R: S, D, phase: phases(B) };
      const [x, d_out] = [normals(B * S * D, 1), normals(B * S * D, 3)];
      // A row must not read before its second segment: the values there are garbage.
      const poison = foundBy(B, S, D, 2).map((value, i) =>
        size.phase[Math.floor(i / (S * (D + 4)))] === 2 ? value : 1e30,
      );
      const before = normals(B * S * D, 4);
      const got = await onGpu(
        (stage) => {
          const hidden = stage.parameter('hidden', [B, S, D], x, before);
          const found = stage.fresh('found', [B, S, D + 4], poison);
          const out = recall(stage.tape, hidden, found, stage.u32('phase', [B], size.phase));
          expect(out.shape).toEqual([B, S, D]);
          stage.gradient(out, d_out);
          return () => ({ out, hidden: stage.d(hidden), found: stage.d(found) });
        },
        { software },
      );
      expectClose(got.out, reference.recall(x, poison, size), { atol: 2e-6, rtol: 1e-6, label: 'out' });
      expectClose(got.hidden, reference.plus(d_out, before), { atol: 1e-6, label: 'd hidden' });
      const want = reference.recallBackward(d_out, poison, size);
      expectClose(got.found, want, { atol: 1e-5, rtol: 5e-5, label: 'd found' });
      got.found.forEach((d, i) => {
        if (size.phase[Math.floor(i / (S * (D + 4)))] !== 2) expect(Math.abs(d)).toBe(0);
      });
    },
  );

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
  const corrected = { correction: true, floor: 0 };

  function data([B, M, D]: Rows, floor = 0) {
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
      gamma: reference.novelty(keys, found, size, floor),
    };
  }

  it('the reference gradients match central differences, γ constant', () => {
    const { value, gate, found, d_out, size, gamma } = data([3, 2, 4]);
    const back = reference.deltaRuleBackward(d_out, { value, gate, found }, size);
    const inputs = { value, gate, found };
    for (const name of ['value', 'gate', 'found'] as const)
      expectGradient(
        (x) => reference.deltaRule({ ...inputs, [name]: x }, gamma, size),
        inputs[name],
        d_out,
        back[name],
      );
  });

  // One memory vector per invocation: 1, 63, 64 and 65, and a real width; rows in every phase.
  const sizes: readonly [...Rows, floor: number][] = [
    [1, 1, 4, 0],
    [3, 21, 4, 0],
    [4, 16, 8, 0],
    [5, 13, 4, 0],
    [3, 4, 256, 0],
    // Far from 1e-5, so that it shows.
    [3, 5, 8, 2],
  ];
  it.each(sizes.flatMap((size) => ways.map((software) => [...size, software] as const)))(
    'matches f64 at B %i, M %i, D %i, floor %f, in one invocation: %s',
    async (B, M, D, floor, software) => {
      const { value, gate, found, keys, d_out, size, gamma } = data([B, M, D], floor);
      const got = await onGpu(
        (stage) => {
          const tensors = {
            value: stage.fresh('value', [B, M, D], value),
            gate: stage.fresh('gate', [B, M, 4], gate),
            found: stage.fresh('found', [B, M, D + 4], found),
          };
          const key = stage.f32('keys', [B, M, K], keys);
          const phase = stage.u32('phase', [B], size.phase);
          const out = deltaRule(stage.tape, { ...tensors, keys: key }, phase, { correction: true, floor });
          expect(out.shape).toEqual([B, M, D + 4]);
          stage.gradient(out, d_out);
          return () => {
            // γ has no gradient, so the keys get none.
            expect(stage.tape.gradient(key)).toBeUndefined();
            return {
              out,
              value: stage.d(tensors.value),
              gate: stage.d(tensors.gate),
              found: stage.d(tensors.found),
            };
          };
        },
        { software },
      );
      if (B * M > 8) expect([Math.min(...gamma), Math.max(...gamma)]).toEqual([0, 1]);
      if (B * M > 8) expect(gamma.some((share) => share > 0.05 && share < 0.95)).toBe(true);
      const want = reference.deltaRule({ value, gate, found }, gamma, size);
      expectClose(got.out, want, { atol: 1e-5, rtol: 1e-5, label: 'out' });
      const back = reference.deltaRuleBackward(d_out, { value, gate, found }, size);
      for (const name of ['value', 'gate', 'found'] as const)
        expectClose(got[name], back[name], { atol: 5e-5, rtol: 5e-5, label: `d ${name}` });
    },
  );

  it.each(ways)('has γ = 1 in every segment without the correction, in one invocation: %s', async (software) => {
    const [B, M, D] = [3, 4, 4];
    const { value, gate, found, keys, size } = data([B, M, D]);
    const { out } = await onGpu(
      (stage) => {
        const inputs = {
          value: stage.f32('value', [B, M, D], value),
          gate: stage.f32('gate', [B, M, 4], gate),
          keys: stage.f32('keys', [B, M, K], keys),
          found: stage.f32('found', [B, M, D + 4], found),
        };
        const change = deltaRule(stage.tape, inputs, stage.u32('phase', [B], size.phase), {
          ...corrected,
          correction: false,
        });
        return () => ({ out: change });
      },
      { software },
    );
    const gamma = new Float64Array(B * M).map((_, row) => Math.min(1, size.phase[Math.floor(row / M)] ?? 0));
    expectClose(out, reference.deltaRule({ value, gate, found }, gamma, size), { atol: 1e-5, rtol: 1e-5 });
  });

  it.each(ways)(
    'writes nothing before a row starts, then the gated value with γ = 1, in one invocation: %s',
    async (software) => {
      const [B, M, D] = [2, 2, 4];
      const { value, gate, keys } = data([B, M, D]);
      const { out } = await onGpu(
        (stage) => {
          const change = deltaRule(
            stage.tape,
            {
              value: stage.f32('value', [B, M, D], value),
              gate: stage.f32('gate', [B, M, 4], gate),
              keys: stage.f32('keys', [B, M, K], keys),
              // Neither phase may read `found`.
              found: stage.f32('found', [B, M, D + 4], nans(B * M * (D + 4)).fill(1e30)),
            },
            stage.u32('phase', [B], [0, 1]),
            corrected,
          );
          return () => ({ out: change });
        },
        { software },
      );
      expect(out.slice(0, M * (D + 4))).toEqual(new Float32Array(M * (D + 4)));
      for (let m = M; m < 2 * M; m++) {
        const beta = 1 / (1 + Math.exp(-(gate[m * 4] ?? Number.NaN)));
        const row = [...value.slice(m * D, (m + 1) * D)].map((x) => beta * x);
        expectClose(out.slice(m * (D + 4), (m + 1) * (D + 4)), [...row, 1, 0, 0, 0], { atol: 1e-6 });
      }
    },
  );

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
        const out = deltaRule(stage.tape, { value, gate, keys, found }, stage.u32('phase', [1], [2]), corrected);
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
