import { describe, expect, it } from 'vitest';
import type { Gpu } from '../../engine/gpu/adapter.ts';
import { registers } from '../../engine/gpu/tuning.ts';
import { defaults } from '../../experiment/config.ts';
import type { CheckCase, CheckRow } from '../../protocol/index.ts';
import { Desk, last, ofType, story } from '../../testing/desk.ts';
import { testGpu } from '../../testing/gpu.ts';
import { checkCases, checkTolerance, compareGradients, largestError } from './check.ts';
import { erf, gelu, geluNew } from './plain.ts';

describe('the plain functions', () => {
  it.each([
    // Abramowitz and Stegun, table 7.1
    [0, 0],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [-1, -0.8427007929497149],
    [9, 1],
  ])('erf(%f)', (x, want) => {
    expect(Math.abs(erf(x) - want)).toBeLessThan(1e-14);
  });

  it('the two gelus are close to each other, but not equal', () => {
    for (const x of [-3, -1, -0.2, 0.7, 2]) expect(Math.abs(gelu(x) - geluNew(x))).toBeLessThan(6e-4);
    expect(gelu(1)).not.toBe(geluNew(1));
  });

  it('an error is relative to the largest number, and NaN is kept', () => {
    expect(largestError([1, 2.5], [1, 2])).toBe(0.25);
    expect(largestError([1, Number.NaN], [1, 2])).toBeNaN();
    expect(largestError([Number.NaN, 5], [1, 2])).toBeNaN();
    expect(largestError([1], [1, 2])).toBeNaN();
    expect(largestError([0], [0])).toBe(0);
  });
});

/** A device with some kernels modified, using these variants or its own. */
async function tampered(change: (label: string, code: string) => string, tuning?: Gpu['tuning']): Promise<Gpu> {
  const gpu = await testGpu();
  return Object.create(gpu, {
    pipelines: { value: new Map() },
    device: {
      value: new Proxy(gpu.device, {
        get(device, name) {
          if (name === 'createShaderModule')
            return (descriptor: GPUShaderModuleDescriptor) =>
              device.createShaderModule({ ...descriptor, code: change(descriptor.label ?? '', descriptor.code) });
          const value = Reflect.get(device, name, device);
          return typeof value === 'function' ? value.bind(device) : value;
        },
      }),
    },
    tuning: { value: tuning ?? gpu.tuning, writable: true },
  });
}

/** Simple kernels, which compile fast; with `large`, attention in quads for large problems. */
const plain = (large: 'rows' | 'quads' = 'rows'): Gpu['tuning'] => ({
  product: { small: registers, large: registers },
  attention: { small: 'rows', large },
});

async function rowsOf(gpu: Gpu, ...cases: readonly CheckCase[]): Promise<CheckRow[]> {
  const rows: CheckRow[] = [];
  for await (const event of compareGradients(gpu, cases, () => false))
    if (event.type === 'check-result') rows.push(...event.rows);
  return rows;
}

const failing = (rows: readonly CheckRow[]) => rows.filter(({ passed }) => !passed).map(({ group }) => group);

/** One kernel with a piece of its source replaced. */
const inKernel = (kernel: string, from: string, to: string) => (label: string, code: string) => {
  if (label !== kernel) return code;
  if (!code.includes(from)) throw new Error(`${kernel} has no '${from}'`);
  return code.replace(from, to);
};

const encoder: CheckCase = { model: 'rmt-bert', kernels: 'small' };
const decoder: CheckCase = { model: 'rmt-gpt2', kernels: 'small' };

describe('the self-check', { timeout: 900_000 }, () => {
  it('passes here, well within its tolerance, for every group of both models', async () => {
    const gpu = await testGpu();
    const bytes = gpu.bytes;
    // Of the kernels for large problems those of attention: products of 32 × 64 compile for half a minute.
    const open = async () => gpu.withTuning(plain('quads'));
    const events = await new Desk(open).run({ kind: 'check' });
    expect(story(events).replaceAll(/(check-progress ?)+/g, '')).toMatch(/^check-begin (check-result )+check-end$/);
    const { cases, tolerance, probe } = last(ofType(events, 'check-begin'));
    expect(probe.matmulGflops).toBeGreaterThan(0);
    expect(tolerance).toBe(checkTolerance);
    const results = ofType(events, 'check-result');
    expect(results.map(({ of }) => of)).toEqual(cases);
    for (const { rows } of results) {
      expect(rows.length).toBeGreaterThan(20);
      expect(rows[0]?.group).toBe('loss');
      expect(rows.map(({ group }) => group)).toContain('rmt.memory');
      for (const { group, error, passed } of rows) {
        expect(error, group).toBeLessThan(checkTolerance / 10);
        expect(passed, group).toBe(true);
      }
    }
    expect(last(ofType(events, 'check-end')).finished).toBe(true);
    expect(gpu.bytes).toBe(bytes);
  });

  it('has a case for the kernels of large problems where they differ', () => {
    expect(checkCases(plain())).toEqual([encoder, decoder]);
    expect(checkCases(plain('quads')).map(({ kernels }) => kernels)).toEqual(['small', 'large', 'small', 'large']);
  });

  it('fails where a backward kernel omits a factor: in the layers before it, and nowhere else', async () => {
    const gpu = await tampered(inKernel('tanh_backward', '1.0 - out', '1.05 - out'), plain());
    const failed = failing(await rowsOf(gpu, encoder, decoder));
    expect(failed).toContain('bert.pooler.dense.weight');
    expect(failed).toContain('bert.encoder.layer.0.attention.self.qkv.weight');
    expect(failed).toContain('rmt.memory');
    expect(failed).not.toContain('classifier.weight');
    expect(failed).not.toContain('loss');
    expect(failed.some((group) => group.startsWith('transformer.'))).toBe(false);
  });

  it('fails where forward and backward are consistently wrong, which differences on the GPU would not detect', async () => {
    // Every query is scaled wrongly but consistently: scores are 3 % too large.
    const gpu = await tampered(
      (label, code) =>
        label.startsWith('attention')
          ? code.replace(/^(const SCALE: f32 = )(.*)f;/m, (_, name, value) => `${name}${1.03 * Number(value)}f;`)
          : code,
      plain(),
    );
    const failed = failing(await rowsOf(gpu, decoder));
    expect(failed).toContain('transformer.h.0.attn.c_attn.weight');
  });

  it('fails where only the kernels of large problems are wrong', async () => {
    if (!(await testGpu()).facts.features.includes('subgroups')) throw new Error('expected an adapter with subgroups');
    const gpu = await tampered(
      inKernel('attention_backward_query_quads', '(d_s[r] - stats[r].y) * SCALE', '(d_s[r] - stats[r].y)'),
      plain('quads'),
    );
    expect(failing(await rowsOf(gpu, decoder))).toEqual([]);
    expect(failing(await rowsOf(gpu, { ...decoder, kernels: 'large' }))).toContain(
      'transformer.h.1.attn.c_attn.weight',
    );
  });

  it('is ended by a stop, and by any work that begins', async () => {
    const desk = new Desk();
    await desk.ask({ kind: 'check' }, 'check-progress');
    const stopped = await desk.run({ type: 'stop', of: 'check' });
    expect(last(ofType(stopped, 'check-end')).finished).toBe(false);
    await desk.ask({ kind: 'check' }, 'check-progress');
    const config = { ...defaults, hidden_size: 8, num_attention_heads: 2, intermediate_size: 8, batch_size: 2 };
    const made = desk.ask({ kind: 'train', config, paused: true }, 'train-paused');
    expect((await desk.ask([], 'check-end')).finished).toBe(false);
    await made;
    await desk.run({ type: 'stop', of: 'train' });
  });
});
