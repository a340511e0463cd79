import { describe, expect, it } from 'vitest';
import { AdamW } from '../engine/adamw.ts';
import { CHUNK_BYTES, Readback } from '../engine/gpu/readback.ts';
import { elements } from '../engine/tensor.ts';
import { ShapeError } from '../errors.ts';
import { Random } from '../random.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { normals } from '../testing/ops.ts';
import {
  alone,
  axis,
  denseGroups,
  initialArrays,
  matrixGroup,
  normGroup,
  type ParameterGroup,
  Parameters,
  padded,
  single,
  spec,
  specsOf,
} from './parameters.ts';

useSimpleKernels();

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

describe('specifications', () => {
  const config = { n_embd: 6, n_head: 2, d_head: 4 };
  const D = axis(config, 'n_embd');

  it('take their sizes from fields of the configuration, and record which', () => {
    expect(D).toEqual({ size: 6, from: ['n_embd'] });
    expect(axis(config, 'n_embd', 3)).toEqual({ size: 18, from: ['n_embd'] });
    expect(axis(config, ['n_head', 'd_head'], 3)).toEqual({ size: 24, from: ['n_head', 'd_head'] });
    const weight = spec('a.weight', [axis(config, ['n_head', 'd_head']), D], 'normal');
    expect(weight).toEqual({
      name: 'a.weight',
      shape: [8, 6],
      initial: 'normal',
      from: [['n_head', 'd_head'], ['n_embd']],
    });
    expect(alone('a.weight', [axis(config, ['n_head', 'd_head']), D], 'normal')).toEqual({
      label: 'a.weight',
      shape: [8, 6],
      parts: [weight],
    });
  });

  it('of a norm are ones and zeros in one tensor; a linear layer’s rows are padded, its parts are not', () => {
    expect(normGroup('ln', D)).toEqual({
      label: 'ln',
      shape: [2, 6],
      parts: [spec('ln.weight', [D], 'ones'), spec('ln.bias', [D], 'zeros')],
    });
    const F = axis(config, 'd_head');
    expect(denseGroups('fc', D, F)).toEqual([
      { label: 'fc.weight', shape: [8, 4], parts: [spec('fc.weight', [D, F], 'normal')] },
      { label: 'fc.bias', shape: [8], parts: [spec('fc.bias', [D], 'zeros')] },
    ]);
    expect(matrixGroup('w', D, F)).toEqual({ label: 'w', shape: [8, 4], parts: [spec('w', [D, F], 'normal')] });
    expect(matrixGroup('w', F, F, 'zeros').parts).toEqual([spec('w', [F, F], 'zeros')]);
    expect([0, 1, 4, 5].map(padded)).toEqual([0, 4, 4, 8]);
  });

  it('are ordered by module, as in the checkpoint, independent of the groups', () => {
    const one = (name: string) => spec(name, [D], 'zeros');
    const stacked = (label: string, parts: readonly string[]): ParameterGroup => ({
      label,
      shape: [parts.length, 6],
      parts: parts.map(one),
    });
    const order = specsOf([
      stacked('words', ['emb.weight']),
      stacked('qkv.weight', ['h.q.weight', 'h.k.weight']),
      stacked('qkv.bias', ['h.q.bias', 'h.k.bias']),
      // A part of an earlier module: it is listed with its module.
      stacked('rest', ['emb.extra', 'memory']),
    ]);
    expect(order.map(({ name }) => name)).toEqual([
      'emb.weight',
      'emb.extra',
      'h.q.weight',
      'h.q.bias',
      'h.k.weight',
      'h.k.bias',
      'memory',
    ]);
  });
});

describe('parameters', () => {
  it('lists the checkpoint’s parameters in order, and counts them without padding', async () => {
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

  it('loads and reads moments under a prefix, all from the same point in the queue', async () => {
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

  it('refuses missing arrays, arrays of the wrong size, and a group that is too small', async () => {
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

  it('is initialised with what a program without a GPU computes for it', async () => {
    const gpu = await testGpu();
    const transposed: ParameterGroup = {
      label: 'conv',
      shape: [8, D],
      parts: [{ name: 'conv', shape: [D, 8], initial: 'normal', transposed: true }],
    };
    const parameters = new Parameters(gpu, [...groups, transposed]);
    parameters.initialise(new Random(3), 0.02);
    const read = await parameters.read();
    const computed = initialArrays([...groups, transposed], new Random(3), 0.02);
    expect(new Map([...read].map(([name, { data }]) => [name, data]))).toEqual(computed);
    parameters.release();
  });

  it('is initialised as specified, with the same values for the same seed', async () => {
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
    // A gradient as the kernels write it: zero in the padding.
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

  describe('that the checkpoint stores as (in, out)', () => {
    const [inp, out] = [3, 8];
    const transposed: ParameterGroup[] = [
      single('before', [4], 'normal'),
      {
        label: 'c_fc.weight',
        shape: [out, inp],
        parts: [{ name: 'c_fc.weight', shape: [inp, out], initial: 'normal', transposed: true }],
      },
    ];
    /** The transpose of an (in, out) matrix. */
    const exchanged = (matrix: ArrayLike<number>) =>
      Float32Array.from({ length: inp * out }, (_, i) => matrix[(i % inp) * out + Math.floor(i / inp)] ?? Number.NaN);

    it('are stored as (out, in) for the kernels, and read back in their original layout and shape', async () => {
      const gpu = await testGpu();
      const parameters = new Parameters(gpu, transposed);
      const arrays = new Map([
        ['before', normals(4, 1)],
        ['c_fc.weight', normals(inp * out, 2)],
      ]);
      parameters.load(arrays);
      expect(parameters.get('c_fc.weight').shape).toEqual([out, inp]);
      const readback = new Readback(gpu);
      const [held] = await readback.now([parameters.get('c_fc.weight')]);
      expect(held).toEqual(exchanged(arrays.get('c_fc.weight') ?? []));
      expect((await parameters.read()).get('c_fc.weight')).toEqual({
        shape: [inp, out],
        data: arrays.get('c_fc.weight'),
      });
      readback.release();
      parameters.release();
    });

    it('have gradients and moments that are transposed in the same way', async () => {
      const gpu = await testGpu();
      const parameters = new Parameters(gpu, transposed);
      const optimiser = await AdamW.create(gpu, parameters.flat, parameters.flatGradient);
      // A gradient as a kernel writes it, in the parameter's layout (out, in).
      const gradient = normals(inp * out, 3);
      const [, place] = parameters.gradients().find(([{ label }]) => label === 'c_fc.weight') ?? [];
      if (!place) throw new Error('no gradient');
      gpu.device.queue.writeBuffer(place.storage.buffer as GPUBuffer, place.offset, gradient);
      const moments = new Map([
        ['m.before', normals(4, 4)],
        ['m.c_fc.weight', normals(inp * out, 5)],
      ]);
      parameters.load(moments, optimiser.m, 'm.');
      const got = await parameters.readAll([
        ['d.', parameters.flatGradient],
        ['m.', optimiser.m],
      ]);
      expect(exchanged(got.get('d.c_fc.weight')?.data ?? [])).toEqual(gradient);
      expect(got.get('m.c_fc.weight')).toEqual({ shape: [inp, out], data: moments.get('m.c_fc.weight') });
      const readback = new Readback(gpu);
      const [held = new Float32Array(0)] = await readback.now([optimiser.m]);
      const at = parameters.get('c_fc.weight').offset / 4;
      expect(held.slice(at, at + inp * out)).toEqual(exchanged(moments.get('m.c_fc.weight') ?? []));
      readback.release();
      optimiser.release();
      parameters.release();
    });
  });

  it('reads a transposed matrix that is longer than a chunk through bounded staging', async () => {
    const gpu = await testGpu();
    const [inp, out] = [1032, 4096];
    expect(4 * inp * out).toBeGreaterThan(CHUNK_BYTES);
    const config = { inp, out };
    const weight = { ...spec('w', [axis(config, 'inp'), axis(config, 'out')], 'normal'), transposed: true } as const;
    const bytes = gpu.bytes;
    const parameters = new Parameters(gpu, [
      alone('before', [axis({ n: 3 }, 'n')], 'normal'),
      { label: 'w', shape: [out, inp], parts: [weight] },
    ]);
    const arrays = new Map([
      ['before', Float32Array.of(1, 2, 3)],
      ['w', Float32Array.from({ length: inp * out }, (_, i) => i)],
    ]);
    parameters.load(arrays);
    parameters.reserve([parameters.flat, parameters.flat, parameters.flat]);
    expect(gpu.bytes - bytes).toBe(4 * parameters.length + 2 * CHUNK_BYTES);
    const got = await parameters.read();
    expect(got.get('before')?.data).toEqual(arrays.get('before'));
    expect(got.get('w')?.data.every((value, i) => value === i)).toBe(true);
    expect(gpu.bytes - bytes).toBe(4 * parameters.length + 2 * CHUNK_BYTES);
    parameters.release();
    expect(gpu.bytes).toBe(bytes);
  });

  it('releases its bytes', async () => {
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
