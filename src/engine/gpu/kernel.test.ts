import { describe, expect, it } from 'vitest';
import { testGpu } from '../../testing/gpu.ts';
import { defineKernel, type KernelDefinition, pipelineOf, sizeValues, specialise } from './kernel.ts';
import { PlanningGpu } from './planning.ts';

const source = `// twice: out[i] = 2 · inp[i]
const FACTOR: f32 = 2.0;
const TIMES: u32 = 1u;
const ON: bool = true;
struct Sizes { N: u32, FROM: u32 }
@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= sizes.N || !ON) { return; }
  out[id.x] = FACTOR * inp[sizes.FROM + id.x];
}
`;
const right: KernelDefinition = {
  name: 'twice',
  source,
  reads: ['inp'],
  writes: ['out'],
  constants: ['FACTOR', 'TIMES', 'ON'],
  sizes: ['N', 'FROM'],
};
const params = { N: 4, FROM: 0, FACTOR: 1, TIMES: 1, ON: true };

describe('defineKernel', () => {
  it('accepts a definition that agrees with its WGSL, shared functions first', () => {
    const kernel = defineKernel({ ...right, source: ['fn shared_one() {}', source] });
    expect(kernel.source.startsWith('fn shared_one() {}\n// twice')).toBe(true);
  });

  it.each([
    [
      'a wrong name',
      { reads: ['input'] },
      'binds [0 read inp, 1 read_write out], expected [0 read input, 1 read_write out]',
    ],
    ['a wrong order', { reads: ['out'], writes: ['inp'] }, 'expected [0 read out, 1 read_write inp]'],
    ['a wrong access', { reads: ['inp', 'out'], writes: [] }, 'expected [0 read inp, 1 read out]'],
    ['a binding too many', { writes: ['out', 'more'] }, 'expected [0 read inp, 1 read_write out, 2 read_write more]'],
    ['a binding too few', { writes: [] }, 'expected [0 read inp]'],
    [
      'a constant too few',
      { constants: ['FACTOR', 'TIMES'] },
      'has the constants [FACTOR, TIMES, ON], expected [FACTOR, TIMES]',
    ],
    ['a constant too many', { constants: ['FACTOR', 'TIMES', 'ON', 'M'] }, 'expected [FACTOR, TIMES, ON, M]'],
    ['a size too few', { sizes: ['N'] }, 'has the sizes [N: u32, FROM: u32], expected [N: u32]'],
    ['a size too many', { sizes: ['N', 'FROM', 'M'] }, 'expected [N: u32, FROM: u32, M: u32]'],
    ['sizes in another order', { sizes: ['FROM', 'N'] }, 'expected [FROM: u32, N: u32]'],
    [
      'a size of another type',
      { source: source.replace('FROM: u32', 'FROM: f32') },
      'has the sizes [N: u32, FROM: f32]',
    ],
    [
      'sizes that are not bound last',
      { source: source.replace('@binding(2)', '@binding(3)') },
      'has the uniforms [3 sizes: Sizes], expected [2 sizes: Sizes]',
    ],
    [
      'sizes that are not bound',
      { source: source.replace('@group(0) @binding(2) var<uniform> sizes: Sizes;', 'var<private> sizes: Sizes;') },
      'has the uniforms [], expected [2 sizes: Sizes]',
    ],
    [
      'a uniform without sizes',
      { source: source.replace('struct Sizes { N: u32, FROM: u32 }', 'alias Sizes = vec2u;'), sizes: [] },
      'has the uniforms [2 sizes: Sizes], expected []',
    ],
    ['no entry point', { source: source.replace('fn main', 'fn other') }, "has no entry point 'main'"],
  ])('refuses %s, naming the kernel', (_what, change, message) => {
    expect(() => defineKernel({ ...right, ...change })).toThrow(message);
    expect(() => defineKernel({ ...right, ...change })).toThrow(/^kernel twice: /);
  });

  it('refuses WGSL whose bindings are in another order', () => {
    const swapped = source
      .replace('@binding(0)', '@binding(9)')
      .replace('@binding(1)', '@binding(0)')
      .replace('@binding(9)', '@binding(1)');
    expect(() => defineKernel({ ...right, source: swapped })).toThrow('kernel twice: its WGSL binds [1 read inp, 0');
  });
});

describe('specialise', () => {
  const kernel = defineKernel(right);

  it('writes each constant with its type, and leaves the sizes to the uniform', () => {
    const text = specialise(kernel, { ...params, FACTOR: 1e-12, TIMES: 7, ON: false });
    expect(text).toContain('const FACTOR: f32 = 1e-12f;');
    expect(text).toContain('const TIMES: u32 = 7u;');
    expect(text).toContain('const ON: bool = false;');
    expect(text).toContain('struct Sizes { N: u32, FROM: u32 }');
    expect(specialise(kernel, { ...params, FACTOR: 3 })).toContain('const FACTOR: f32 = 3.0f;');
    expect(specialise(kernel, { ...params, FACTOR: -0.5 })).toContain('const FACTOR: f32 = -0.5f;');
    expect(specialise(kernel, { ...params, N: 8, FROM: 5 })).toBe(specialise(kernel, params));
  });

  it('leaves derived constants alone', () => {
    const derived = defineKernel({ ...right, source: source.replace('@group', 'const TWICE = 2u * TIMES;\n@group') });
    expect(specialise(derived, params)).toContain('const TWICE = 2u * TIMES;');
  });

  it.each([
    [{ N: 4, FROM: 0, FACTOR: 1, TIMES: 1 }, 'kernel twice: parameter ON is missing'],
    [{ ...params, TIMES: 4.5 }, 'kernel twice: parameter TIMES is 4.5, expected an integer from 0 to 2^32 - 1'],
    [{ ...params, TIMES: -1 }, 'kernel twice: parameter TIMES is -1, expected an integer from 0 to 2^32 - 1'],
    [{ ...params, TIMES: Number.NaN }, 'kernel twice: parameter TIMES is NaN, expected an integer from 0 to 2^32 - 1'],
  ])('refuses %j', (given, message) => {
    expect(() => specialise(kernel, given)).toThrow(new Error(message));
  });
});

describe('sizeValues', () => {
  const kernel = defineKernel(right);

  it('gives the sizes in the order of the struct', () => {
    expect(sizeValues(kernel, { ...params, FROM: 2 ** 32 - 1, N: 7 })).toEqual([7, 2 ** 32 - 1]);
  });

  it.each([
    [{ FROM: 0, FACTOR: 1, TIMES: 1, ON: true }, 'kernel twice: parameter N is missing'],
    [{ N: 4, FROM: 0, FACTOR: 1, TIMES: 1 }, 'kernel twice: parameter ON is missing'],
    [{ ...params, M: 1 }, 'kernel twice: has no parameter M'],
    [{ ...params, N: 4.5 }, 'kernel twice: parameter N is 4.5, expected an integer from 0 to 2^32 - 1'],
    [{ ...params, N: -1 }, 'kernel twice: parameter N is -1, expected an integer from 0 to 2^32 - 1'],
    [{ ...params, N: Number.NaN }, 'kernel twice: parameter N is NaN, expected an integer from 0 to 2^32 - 1'],
    [{ ...params, N: 2 ** 32 }, 'kernel twice: parameter N is 4294967296, expected an integer from 0 to 2^32 - 1'],
  ])('refuses %j', (given, message) => {
    expect(() => sizeValues(kernel, given)).toThrow(new Error(message));
  });
});

describe('pipelineOf', () => {
  it('creates one pipeline for each set of constants, whatever the sizes and their order', async () => {
    const gpu = await testGpu();
    const kernel = defineKernel(right);
    const a = pipelineOf(gpu, kernel, params);
    expect(pipelineOf(gpu, kernel, { ...params })).toBe(a);
    expect(pipelineOf(gpu, kernel, { ON: true, TIMES: 1, FACTOR: 1, FROM: 3, N: 8 })).toBe(a);
    const others = [
      { ...params, FACTOR: 2 },
      { ...params, TIMES: 2 },
      { ...params, ON: false },
    ].map((other) => pipelineOf(gpu, kernel, other));
    expect(new Set([a, ...others]).size).toBe(4);
    await Promise.all([a, ...others]);
  });

  it('forgets a pipeline that failed, and keeps the others', async () => {
    const gpu = new PlanningGpu(await testGpu());
    let failing = true;
    const { device } = gpu;
    const { createComputePipelineAsync } = device;
    device.createComputePipelineAsync = (descriptor) =>
      failing ? Promise.reject(new Error('too busy')) : createComputePipelineAsync(descriptor);
    const kernel = defineKernel(right);
    const failed = pipelineOf(gpu, kernel, params);
    // Concurrent requests share one compilation.
    expect(pipelineOf(gpu, kernel, params)).toBe(failed);
    await expect(failed).rejects.toThrow('kernel twice: too busy');
    expect(gpu.pipelines.size).toBe(0);
    failing = false;
    const made = pipelineOf(gpu, kernel, params);
    expect(made).not.toBe(failed);
    await made;
    expect(pipelineOf(gpu, kernel, params)).toBe(made);
  });

  it('names kernel and line of a WGSL error, and leaves the device usable', async () => {
    const gpu = await testGpu();
    const broken = defineKernel({ ...right, name: 'broken', source: source.replace('FACTOR * inp', 'FACTOR * imp') });
    // The line of the assignment in the text above.
    const line = source.split('\n').findIndex((text) => text.includes('FACTOR * inp[')) + 1;
    await expect(pipelineOf(gpu, broken, params)).rejects.toThrow(new RegExp(`^kernel broken, line ${line}: .*imp`));
    gpu.check();
  });

  it('names the kernel when the pipeline itself is invalid', async () => {
    const gpu = await testGpu();
    const size = gpu.device.limits.maxComputeInvocationsPerWorkgroup * 2;
    const wide = defineKernel({ ...right, name: 'wide', source: source.replace('(64)', `(${size})`) });
    await expect(pipelineOf(gpu, wide, params)).rejects.toThrow(/^kernel wide: /);
    gpu.check();
  });
});
