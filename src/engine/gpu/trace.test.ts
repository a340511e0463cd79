import { describe, expect, it } from 'vitest';
import { testGpu } from '../../testing/gpu.ts';
import type { Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { defineKernel } from './kernel.ts';
import { workgroupMemory, workgroupSize } from './kernel-layout.ts';
import { Readback } from './readback.ts';
import { accessesOf, instrument, trace } from './trace.ts';

const kernelOf = (body: string, more = '') =>
  defineKernel({
    name: 'traced',
    source: `const STEP: u32 = 1u;
struct Sizes { N: u32 }
@group(0) @binding(0) var<storage, read> inp: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> sizes: Sizes;
${more}
@compute @workgroup_size(64)
fn main(@builtin(local_invocation_index) local: u32) {
${body}
}
`,
    reads: ['inp'],
    writes: ['out'],
    constants: ['STEP'],
    sizes: ['N'],
  });

async function traced(body: string, params: { readonly STEP: number; readonly N: number }) {
  const gpu: Gpu = await testGpu();
  const floats = 4096;
  const storages = [gpu.storage('inp', 4 * floats), gpu.storage('out', 4 * floats)] as const;
  const tensors = storages.map(
    (storage): Tensor => ({ label: storage.label, shape: [floats], dtype: 'f32', storage, offset: 0 }),
  );
  const numbers = Float32Array.from({ length: floats }, (_, i) => i);
  const readback = new Readback(gpu);
  try {
    gpu.device.queue.writeBuffer(storages[0].buffer as GPUBuffer, 0, numbers);
    const found = await trace(gpu, { kernel: kernelOf(body), params, tensors, workgroups: [2, 1, 1] });
    const [out] = await readback.now(tensors.slice(1));
    return { found, out, of: (name: string) => found.bindings.find((binding) => binding.name === name) };
  } finally {
    readback.release();
    for (const { buffer } of storages) gpu.release(buffer);
  }
}

describe('a trace', () => {
  it('finds that neighbours access neighbours, and leaves the result as it was', async () => {
    const { found, of, out } = await traced('out[local] = inp[local].x + f32(sizes.N);', { STEP: 1, N: 7 });
    expect(found).toMatchObject({ complete: true, perInvocation: 2 });
    // 32 × 16 bytes are 16 sectors; 32 × 4 bytes are 4.
    expect(of('inp')).toEqual({
      name: 'inp',
      bytesPerElement: 16,
      accesses: 32,
      instructions: 1,
      sectors: 16,
      fewest: 16,
    });
    expect(of('out')).toEqual({
      name: 'out',
      bytesPerElement: 4,
      accesses: 32,
      instructions: 1,
      sectors: 4,
      fewest: 4,
    });
    expect([...(out ?? []).slice(0, 3)]).toEqual([7, 11, 15]);
  });

  it('finds strides, addresses that all share, and accesses within loops and functions', async () => {
    const { found, of } = await traced('for (var i = 0u; i < 3u; i++) { out[local * STEP] += inp[i].x; }', {
      STEP: 16,
      N: 1,
    });
    // One load, and a compound assignment, a round.
    expect(found.perInvocation).toBe(6);
    expect(of('inp')).toMatchObject({ instructions: 3, sectors: 3, fewest: 3 });
    expect(of('out')).toMatchObject({ instructions: 3, sectors: 96, fewest: 12 });
  });

  it('counts accesses that it does not record', async () => {
    const { found } = await traced('for (var i = 0u; i < 1500u; i++) { out[local] += 1.0; }', { STEP: 1, N: 1 });
    expect(found).toMatchObject({ complete: false, perInvocation: 1500 });
  });

  it('rewrites nested indices, and no comment', () => {
    const source = `@group(0) @binding(0) var<storage, read> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> b: array<f32>; // b[0]
@compute @workgroup_size(64) fn main(@builtin(workgroup_id) wg: vec3u) { b[a[wg.x] + 1u] = 0.0; }`;
    const code = instrument(source, 2);
    expect(code).toContain('b[trace_index(1u, u32(a[trace_index(0u, u32(wg.x))] + 1u))] = 0.0');
    expect(code).not.toContain('// b');
    expect(code).toMatch(/all\(wg == trace_where\)/);
  });

  it('knows nothing of bindings that no invocation touched', () => {
    expect(accessesOf(new Uint32Array(32 + 32 * 2048), [{ name: 'inp', bytes: 4 }])).toEqual({
      bindings: [],
      perInvocation: 0,
      complete: true,
    });
  });
});

describe('the layout of a kernel', () => {
  it('is computed from constants and expressions of them', () => {
    const kernel = kernelOf(
      'out[local] = shared_sums[local % WIDTH].x;',
      'const WIDTH = 4u * STEP + 2u;\nalias Pair = vec2f;\nvar<workgroup> shared_sums: array<Pair, WIDTH * 3u / 2u>;\nvar<workgroup> other: array<f32, 8>;',
    );
    expect(workgroupSize(kernel, { STEP: 1, N: 1 })).toBe(64);
    // (4 · 3 + 2) · 3 / 2 pairs of 8 bytes, and 8 numbers.
    expect(workgroupMemory(kernel, { STEP: 3, N: 1 })).toBe(21 * 8 + 32);
  });
});
