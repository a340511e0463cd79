import { describe, expect, it } from 'vitest';
import { testGpu } from '../../testing/gpu.ts';
import { defineKernel, type KernelDefinition, pipelineOf, specialise } from './kernel.ts';

const source = `// twice: out[i] = 2 · inp[i]
const N: u32 = 4u;
const FACTOR: f32 = 2.0;
const ON: bool = true;
@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u) {
  if (id.x >= N || !ON) { return; }
  out[id.x] = FACTOR * inp[id.x];
}
`;
const right: KernelDefinition = {
  name: 'twice',
  source,
  reads: ['inp'],
  writes: ['out'],
  params: ['N', 'FACTOR', 'ON'],
};

describe('defineKernel', () => {
  it('takes what agrees with its WGSL, shared functions first', () => {
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
    ['a parameter too few', { params: ['N', 'FACTOR'] }, 'has the parameters [N, FACTOR, ON], expected [N, FACTOR]'],
    ['a parameter too many', { params: ['N', 'FACTOR', 'ON', 'M'] }, 'expected [N, FACTOR, ON, M]'],
    ['no entry point', { source: source.replace('fn main', 'fn other') }, "has no entry point 'main'"],
  ])('refuses %s, naming the kernel', (_what, change, message) => {
    expect(() => defineKernel({ ...right, ...change })).toThrow(message);
    expect(() => defineKernel({ ...right, ...change })).toThrow(/^kernel twice: /);
  });

  it('refuses a WGSL whose bindings stand in another order', () => {
    const swapped = source
      .replace('@binding(0)', '@binding(9)')
      .replace('@binding(1)', '@binding(0)')
      .replace('@binding(9)', '@binding(1)');
    expect(() => defineKernel({ ...right, source: swapped })).toThrow('kernel twice: its WGSL binds [1 read inp, 0');
  });
});

describe('specialise', () => {
  const kernel = defineKernel(right);

  it('writes each parameter as a constant of its type', () => {
    const text = specialise(kernel, { N: 7, FACTOR: 1e-12, ON: false });
    expect(text).toContain('const N: u32 = 7u;');
    expect(text).toContain('const FACTOR: f32 = 1e-12f;');
    expect(text).toContain('const ON: bool = false;');
    expect(specialise(kernel, { N: 7, FACTOR: 3, ON: true })).toContain('const FACTOR: f32 = 3.0f;');
    expect(specialise(kernel, { N: 7, FACTOR: -0.5, ON: true })).toContain('const FACTOR: f32 = -0.5f;');
  });

  it('leaves derived constants alone', () => {
    const derived = defineKernel({ ...right, source: source.replace('@group', 'const N4 = N / 4u;\n@group') });
    expect(specialise(derived, { N: 8, FACTOR: 1, ON: true })).toContain('const N4 = N / 4u;');
  });

  it.each([
    [{ N: 4, FACTOR: 1 }, 'kernel twice: parameter ON is missing'],
    [{ N: 4, FACTOR: 1, ON: true, M: 1 }, 'kernel twice: has no parameter M'],
    [{ N: 4.5, FACTOR: 1, ON: true }, 'kernel twice: parameter N is 4.5, expected a whole number'],
    [{ N: -1, FACTOR: 1, ON: true }, 'kernel twice: parameter N is -1, expected a whole number'],
    [{ N: Number.NaN, FACTOR: 1, ON: true }, 'kernel twice: parameter N is NaN, expected a whole number'],
  ])('refuses %j', (params, message) => {
    expect(() => specialise(kernel, params)).toThrow(new Error(message));
  });
});

describe('pipelineOf', () => {
  it('makes one pipeline for each set of parameters', async () => {
    const gpu = await testGpu();
    const kernel = defineKernel(right);
    const a = pipelineOf(gpu, kernel, { N: 4, FACTOR: 1, ON: true });
    expect(pipelineOf(gpu, kernel, { N: 4, FACTOR: 1, ON: true })).toBe(a);
    expect(pipelineOf(gpu, kernel, { N: 8, FACTOR: 1, ON: true })).not.toBe(a);
    await a;
  });

  it('names kernel and line of a WGSL error, and leaves the device usable', async () => {
    const gpu = await testGpu();
    const broken = defineKernel({ ...right, name: 'broken', source: source.replace('FACTOR * inp', 'FACTOR * imp') });
    // The line of the assignment in the text above.
    const line = source.split('\n').findIndex((text) => text.includes('inp[id.x]')) + 1;
    await expect(pipelineOf(gpu, broken, { N: 4, FACTOR: 1, ON: true })).rejects.toThrow(
      new RegExp(`^kernel broken, line ${line}: .*imp`),
    );
    gpu.check();
  });

  it('names the kernel when the pipeline itself is invalid', async () => {
    const gpu = await testGpu();
    const size = gpu.device.limits.maxComputeInvocationsPerWorkgroup * 2;
    const wide = defineKernel({ ...right, name: 'wide', source: source.replace('(64)', `(${size})`) });
    await expect(pipelineOf(gpu, wide, { N: 4, FACTOR: 1, ON: true })).rejects.toThrow(/^kernel wide: /);
    gpu.check();
  });
});
