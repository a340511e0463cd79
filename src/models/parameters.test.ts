import { describe, expect, it } from 'vitest';
import { AdamW } from '../engine/adamw.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { elements } from '../engine/tensor.ts';
import { ShapeError } from '../errors.ts';
import { Random } from '../random.ts';
import { testGpu } from '../testing/gpu.ts';
import { normals } from '../testing/ops.ts';
import { type ParameterGroup, Parameters, padded, single } from './parameters.ts';

const D = 4;
const groups: ParameterGroup[] = [
  single('word', [5, D], 'normal'),
  {
    label: 'qkv.weight',
    shape: [3 * D, D],
    parts: ['query', 'key', 'value'].map((name) => ({ name: `${name}.weight`, shape: [D, D], initial: 'normal' })),
  },
  {
    label: 'norm',
    shape: [2, D],
    parts: [
      { name: 'norm.weight', shape: [D], initial: 'ones' },
      { name: 'norm.bias', shape: [D], initial: 'zeros' },
    ],
  },
  // Six classes in eight rows.
  {
    label: 'classifier.weight',
    shape: [padded(6), D],
    parts: [{ name: 'classifier.weight', shape: [6, D], initial: 'normal' }],
  },
];
const names = ['word', 'query.weight', 'key.weight', 'value.weight', 'norm.weight', 'norm.bias', 'classifier.weight'];

/** The groups with a random array under every name. */
async function make() {
  const gpu = await testGpu();
  const parameters = new Parameters(gpu, groups);
  const arrays = new Map(parameters.specs.map(({ name, shape }, i) => [name, normals(elements(shape), i + 1)]));
  parameters.load(arrays);
  const readback = new Readback(gpu);
  return {
    gpu,
    parameters,
    arrays,
    read: async (label: string) => (await readback.now([parameters.get(label)]))[0] ?? new Float32Array(0),
    release: () => {
      readback.release();
      parameters.release();
    },
  };
}

describe('parameters', () => {
  it('lists what the checkpoint knows, in order, and counts it without padding', async () => {
    const { parameters, release } = await make();
    expect(parameters.specs.map(({ name }) => name)).toEqual(names);
    expect(parameters.count).toBe(5 * D + 3 * D * D + 2 * D + 6 * D);
    // Every group begins at a multiple of 256 bytes, as bindings must.
    for (const { label } of groups) expect(parameters.get(label).offset % 256).toBe(0);
    release();
  });

  it('stacks query, key and value into one tensor', async () => {
    const { arrays, read, release } = await make();
    const stacked = ['query', 'key', 'value'].flatMap((name) => [...(arrays.get(`${name}.weight`) ?? [])]);
    expect([...(await read('qkv.weight'))]).toEqual(stacked);
    release();
  });

  it('reads back what was loaded, bit for bit, under its name and shape', async () => {
    const { parameters, arrays, release } = await make();
    const got = await parameters.read();
    expect([...got.keys()]).toEqual(names);
    for (const { name, shape } of parameters.specs)
      expect(got.get(name)).toEqual({ shape: [...shape], data: arrays.get(name) });
    release();
  });

  it('loads and reads moments under a prefix, at one moment of the queue', async () => {
    const { gpu, parameters, arrays, release } = await make();
    const optimiser = await AdamW.create(gpu, parameters.flat, parameters.flatGradient);
    const moments = new Map([...arrays].map(([name, data]) => [`m.${name}`, data.map((value) => value + 1)]));
    parameters.load(moments, optimiser.m, 'm.');
    const got = await parameters.readAll([
      ['', parameters.flat],
      ['m.', optimiser.m],
      ['v.', optimiser.v],
    ]);
    expect(got.size).toBe(3 * names.length);
    for (const name of names) {
      expect(got.get(name)?.data).toEqual(arrays.get(name));
      expect(got.get(`m.${name}`)?.data).toEqual(moments.get(`m.${name}`));
      expect(got.get(`v.${name}`)?.data).toEqual(new Float32Array(arrays.get(name)?.length ?? 0));
    }
    optimiser.release();
    release();
  });

  it('refuses what is missing or has the wrong size, and too small a group', async () => {
    const { gpu, parameters, arrays, release } = await make();
    const without = new Map(arrays);
    without.delete('key.weight');
    expect(() => parameters.load(without)).toThrow(
      new ShapeError("parameters: 'key.weight' has no elements, expected (4, 4)"),
    );
    expect(() => parameters.load(new Map([...arrays, ['norm.bias', new Float32Array(5)]]))).toThrow(
      new ShapeError("parameters: 'norm.bias' has 5 elements, expected (4)"),
    );
    expect(() => parameters.load(arrays, parameters.flat, 'm.')).toThrow("parameters: 'm.word' has no elements");
    expect(() => parameters.get('nothing')).toThrow(new ShapeError("parameters: no group 'nothing'"));
    const small: ParameterGroup = { label: 'g', shape: [3], parts: [{ name: 'p', shape: [4], initial: 'zeros' }] };
    expect(() => new Parameters(gpu, [small])).toThrow(
      new ShapeError("parameters: 'g' has room for (3), its parts need 4 elements"),
    );
    release();
  });

  it('starts as each specification says, the same for the same seed', async () => {
    const { parameters, release } = await make();
    parameters.initialise(new Random(1), 0.02);
    const first = await parameters.read();
    expect(first.get('norm.weight')?.data).toEqual(new Float32Array(D).fill(1));
    expect(first.get('norm.bias')?.data).toEqual(new Float32Array(D));
    const drawn = [...first].filter(([name]) => name.includes('.weight') && !name.startsWith('norm'));
    const values = drawn.flatMap(([, { data }]) => [...data]);
    const deviation = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    // 72 numbers: 0.02 within four standard deviations, 0.02 · 4 / √(2 · 72).
    expect(Math.abs(deviation - 0.02)).toBeLessThan(0.0067);
    parameters.initialise(new Random(1), 0.02);
    expect(await parameters.read()).toEqual(first);
    parameters.initialise(new Random(2), 0.02);
    expect(await parameters.read()).not.toEqual(first);
    release();
  });

  it('keeps the padding of the classifier at zero through a step with weight decay', async () => {
    const { gpu, parameters, arrays, read, release } = await make();
    const optimiser = await AdamW.create(gpu, parameters.flat, parameters.flatGradient);
    // A gradient as the kernels leave it: nothing in the padding.
    parameters.load(arrays, parameters.flatGradient);
    optimiser.set(1, {
      learningRate: 0.1,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0.5,
      clipNorm: 1,
      clipValue: 1,
    });
    const encoder = gpu.device.createCommandEncoder();
    optimiser.encode(encoder);
    gpu.device.queue.submit([encoder.finish()]);
    const classifier = await read('classifier.weight');
    expect(classifier.slice(6 * D)).toEqual(new Float32Array(2 * D));
    const before = arrays.get('classifier.weight') ?? new Float32Array(0);
    for (let i = 0; i < 6 * D; i++) expect(classifier[i]).not.toBe(before[i]);
    optimiser.release();
    release();
  });

  it('gives its bytes back', async () => {
    const gpu = await testGpu();
    const before = gpu.bytes;
    const { parameters, release } = await make();
    expect(gpu.bytes - before).toBe(parameters.length * 4);
    expect(parameters.flatGradient.shape).toEqual([parameters.length]);
    expect(gpu.bytes - before).toBe(2 * parameters.length * 4);
    release();
    expect(gpu.bytes).toBe(before);
  });
});
