import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openGpu, testGpu, useUniformSizes } from '../../testing/gpu.ts';
import { normals } from '../../testing/ops.ts';
import { addKernel } from '../ops/add.ts';
import type { Storage, Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { defineKernel } from './kernel.ts';
import { grid, Program } from './program.ts';
import { Readback } from './readback.ts';

const N = 64;

function input(gpu: Gpu, label: string, data: Float32Array<ArrayBuffer>): Tensor {
  const storage = gpu.storage(label, data.byteLength);
  gpu.device.queue.writeBuffer(storage.buffer as GPUBuffer, 0, data);
  return { label, shape: [data.length], dtype: 'f32', storage, offset: 0 };
}

/** to = from, or to += from */
function copy(program: Program, from: Tensor, to: Tensor, accumulate = false): void {
  program.dispatch(addKernel, { inp: from, out: to }, { N, ACCUMULATE: accumulate }, [1]);
}

describe('grid', () => {
  it('holds every workgroup, and no dimension is over the limit', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (count) => {
        const [x, y] = grid(count);
        expect(x).toBeLessThanOrEqual(65535);
        expect(y).toBeLessThanOrEqual(65535);
        expect(x * y).toBeGreaterThanOrEqual(count);
        // At most one row of workgroups is partly filled.
        expect(x * y - count).toBeLessThan(y);
      }),
    );
    expect(grid(65535)).toEqual([65535, 1]);
    expect(grid(65536)).toEqual([32768, 2]);
    expect(grid(0)).toEqual([0, 1]);
  });
});

describe('the plan', () => {
  useUniformSizes();

  it('lets tensors with disjoint lifetimes share a buffer, and no others', async () => {
    const gpu = await testGpu();
    const source = input(gpu, 'source', normals(N, 1));
    const program = new Program(gpu, 'chain');
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((label) => program.tensor(label, [N])) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    copy(program, source, a);
    copy(program, a, b);
    copy(program, b, c);
    copy(program, c, program.keep(d));
    const bytes = N * 4;
    // a and c share, b and the kept d do not.
    // All four copies read the same sizes.
    expect(program.plan()).toEqual({
      dispatches: 4,
      buffers: 3,
      bytes: 3 * bytes + 256,
      unshared: 4 * bytes + 256,
      sizes: 256,
    });
    const before = gpu.bytes;
    await program.finish();
    expect(gpu.bytes - before).toBe(program.plan().bytes);
    expect(a.storage.buffer).toBe(c.storage.buffer);
    expect(new Set([a, b, d].map(({ storage }) => storage.buffer)).size).toBe(3);
    const encoder = gpu.device.createCommandEncoder();
    program.replay(encoder, 'main');
    gpu.device.queue.submit([encoder.finish()]);
    const readback = new Readback(gpu);
    expect((await readback.now([d]))[0]).toEqual(normals(N, 1));
    readback.release();
    program.release();
    expect(gpu.bytes).toBe(before);
    // Releasing twice has no effect.
    program.release();
    expect(gpu.bytes).toBe(before);
    gpu.release(source.storage.buffer);
  });

  it('never lets live tensors share a buffer, or any with a kept one, and allocates what it reports', async () => {
    const gpu = await testGpu();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(7), fc.nat(7)), { minLength: 1, maxLength: 16 }),
        fc.uniqueArray(fc.nat(7), { maxLength: 2 }),
        fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 8, maxLength: 8 }),
        async (pairs, kept, sizes) => {
          const program = new Program(gpu, 'random');
          const tensors = sizes.map((size, i) => program.tensor(String(i), [N + size]));
          const lives = new Map<Tensor, { first: number; last: number }>();
          pairs.forEach(([from, to], i) => {
            const [a, b] = [tensors[from], tensors[from === to ? (to + 1) % 8 : to]];
            if (!a || !b) throw new RangeError('eight tensors');
            copy(program, a, b);
            for (const tensor of [a, b]) lives.set(tensor, { first: lives.get(tensor)?.first ?? i, last: i });
          });
          for (const i of kept) {
            const tensor = tensors[i];
            if (!tensor) continue;
            program.keep(tensor);
            if (lives.has(tensor)) lives.set(tensor, { first: -1, last: Number.POSITIVE_INFINITY });
          }
          const before = gpu.bytes;
          const plan = program.plan();
          await program.finish();
          expect(gpu.bytes - before).toBe(plan.bytes);
          expect(plan.bytes).toBeLessThanOrEqual(plan.unshared + 256 * lives.size);
          for (const [a, lifeA] of lives) {
            expect(a.storage.buffer?.size).toBeGreaterThanOrEqual(a.storage.bytes);
            for (const [b, lifeB] of lives)
              if (a !== b && lifeA.first <= lifeB.last && lifeB.first <= lifeA.last)
                expect(a.storage.buffer).not.toBe(b.storage.buffer);
          }
          program.release();
          expect(gpu.bytes).toBe(before);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('replays without allocating, and gives the same bits', async () => {
    const gpu = await testGpu();
    const source = input(gpu, 'source', normals(N, 1));
    const program = new Program(gpu, 'twice');
    const [a, b] = [program.tensor('a', [N]), program.tensor('b', [N])];
    copy(program, source, a);
    copy(program, a, program.keep(b));
    copy(program, source, b, true);
    await program.finish();
    const readback = new Readback(gpu);
    const once = async () => {
      const encoder = gpu.device.createCommandEncoder();
      program.replay(encoder, 'main');
      gpu.device.queue.submit([encoder.finish()]);
      return (await readback.now([b]))[0];
    };
    const first = await once();
    const { bytes, peakBytes } = gpu;
    expect(first).toEqual(normals(N, 1).map((value) => 2 * value));
    for (let i = 0; i < 3; i++) expect(await once()).toEqual(first);
    expect([gpu.bytes, gpu.peakBytes]).toEqual([bytes, peakBytes]);
    readback.release();
    program.release();
    gpu.release(source.storage.buffer);
  });

  it('holds constants from the start, shares them with nothing, and releases them', async () => {
    const gpu = await testGpu();
    const before = gpu.bytes;
    const program = new Program(gpu, 'constants');
    const numbers = normals(N, 3);
    const table = program.constant('table', [N], numbers);
    expect(table).toMatchObject({ label: 'table', shape: [N], dtype: 'f32', constant: true });
    const [a, b, c] = ['a', 'b', 'c'].map((label) => program.tensor(label, [N])) as [Tensor, Tensor, Tensor];
    copy(program, table, a);
    copy(program, a, b);
    // Several dispatches after the table was last read.
    copy(program, b, c);
    copy(program, table, program.keep(c), true);
    // The plan counts what is planned: the buffers of a, b and c, and the sizes.
    const planned = program.plan().bytes;
    expect(program.plan()).toMatchObject({ buffers: 3, bytes: 3 * 4 * N + 256 });
    await program.finish();
    expect(gpu.bytes - before).toBe(planned + 4 * N);
    for (const tensor of [a, b, c]) expect(tensor.storage.buffer).not.toBe(table.storage.buffer);
    const readback = new Readback(gpu);
    for (let i = 0; i < 2; i++) {
      const encoder = gpu.device.createCommandEncoder();
      program.replay(encoder, 'main');
      gpu.device.queue.submit([encoder.finish()]);
      expect((await readback.now([c]))[0]).toEqual(numbers.map((value) => 2 * value));
    }
    readback.release();
    program.release();
    expect(table.storage.buffer).toBeUndefined();
    expect(gpu.bytes).toBe(before);
  });

  it.each([false, true])(
    'gives every dispatch its own sizes (immediates: %s), and equal sizes one slice',
    async (immediates) => {
      const gpu = await testGpu();
      gpu.immediates = immediates;
      const source = input(gpu, 'source', normals(N, 1));
      const program = new Program(gpu, 'sizes');
      const outs = [4, 8, 60, 8].map((n) => ({ n, out: program.keep(program.tensor(`first ${n}`, [N])) }));
      for (const { out } of outs) program.dispatch(addKernel, { inp: source, out }, { N: 0, ACCUMULATE: false }, [1]);
      for (const { n, out } of outs)
        program.dispatch(addKernel, { inp: source, out }, { N: n, ACCUMULATE: false }, [1]);
      // 0, 4, 8 and 60.
      expect(program.plan().sizes).toBe(immediates ? 0 : 4 * 256);
      const before = gpu.bytes;
      await program.finish();
      expect(gpu.bytes - before).toBe(program.plan().bytes);
      const encoder = gpu.device.createCommandEncoder();
      program.replay(encoder, 'main');
      gpu.device.queue.submit([encoder.finish()]);
      const readback = new Readback(gpu);
      const got = await readback.now(outs.map(({ out }) => out));
      gpu.immediates = false;
      got.forEach((values, i) => {
        const n = outs[i]?.n ?? 0;
        expect(values).toEqual(normals(N, 1).fill(0, n));
      });
      readback.release();
      program.release();
      expect(gpu.bytes).toBe(before);
      gpu.release(source.storage.buffer);
    },
  );

  it('replays the named sections, in the given order', async () => {
    const gpu = await testGpu();
    const [x, y] = [input(gpu, 'x', normals(N, 1)), input(gpu, 'y', normals(N, 2))];
    const out = input(gpu, 'out', new Float32Array(N));
    const program = new Program(gpu, 'sections');
    program.section('take x');
    copy(program, x, out);
    program.section('take y');
    copy(program, y, out);
    await program.finish();
    expect(program.counts()).toEqual({ 'take x': 1, 'take y': 1 });
    const readback = new Readback(gpu);
    const after = async (...sections: string[]) => {
      const encoder = gpu.device.createCommandEncoder();
      program.replay(encoder, ...sections);
      gpu.device.queue.submit([encoder.finish()]);
      return (await readback.now([out]))[0];
    };
    expect(await after('take x', 'take y')).toEqual(normals(N, 2));
    expect(await after('take y', 'take x')).toEqual(normals(N, 1));
    expect(await after('take y')).toEqual(normals(N, 2));
    readback.release();
    for (const tensor of [x, y, out]) gpu.release(tensor.storage.buffer);
  });

  it('gives the same results when replayed in parts', async () => {
    const gpu = await testGpu();
    const [source, sum] = [input(gpu, 'source', normals(N, 1)), input(gpu, 'sum', new Float32Array(N))];
    const program = new Program(gpu, 'parts');
    const copied = program.keep(program.tensor('copied', [N]));
    copy(program, source, copied);
    copy(program, copied, sum, true);
    program.section('more');
    for (let i = 0; i < 3; i++) copy(program, copied, sum, true);
    await program.finish();
    const readback = new Readback(gpu);
    const times = async (parts: number) => {
      for (let part = 0; part < parts; part++) {
        const encoder = gpu.device.createCommandEncoder();
        if (part === 0) encoder.clearBuffer(sum.storage.buffer as GPUBuffer);
        program.replayPart(encoder, part, parts, ['main', 'more']);
        gpu.device.queue.submit([encoder.finish()]);
      }
      return (await readback.now([sum]))[0];
    };
    const whole = await times(1);
    expect(whole?.[0]).not.toBe(0);
    for (const parts of [2, 3, 5, 9]) expect(await times(parts)).toEqual(whole);
    program.release();
    readback.release();
    for (const { storage } of [source, sum]) gpu.release(storage.buffer);
  });
});

describe('errors are reported', () => {
  it('a kernel with an error in its WGSL fails in finish, named with its line', async () => {
    const gpu = await testGpu();
    const bad = defineKernel({
      name: 'bad_kernel',
      source: `@group(0) @binding(0) var<storage, read> inp: array<f32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;

@compute @workgroup_size(64)
fn main() {
  out[0] = inp[0] + 1u;
}`,
      reads: ['inp'],
      writes: ['out'],
      constants: [],
      sizes: [],
    });
    const program = new Program(gpu, 'faulty');
    program.dispatch(bad, { inp: program.tensor('inp', [4]), out: program.tensor('out', [4]) }, {}, [1]);
    const before = gpu.bytes;
    await expect(program.finish()).rejects.toThrow(/^kernel bad_kernel, line 6: /);
    // Its allocations were released.
    expect(gpu.bytes).toBe(before);
    gpu.check();
  });

  it('a binding that breaks the rules fails in finish, named with its program', async () => {
    const gpu = await testGpu();
    const source = input(gpu, 'source', normals(N, 1));
    const program = new Program(gpu, 'misaligned');
    const shifted: Tensor = { ...source, shape: [4], offset: 20 };
    program.dispatch(addKernel, { inp: shifted, out: program.tensor('out', [4]) }, { N: 4, ACCUMULATE: false }, [1]);
    await expect(program.finish()).rejects.toThrow(/^program misaligned: /);
    gpu.check();
    gpu.release(source.storage.buffer);
  });

  it('a buffer over the adapter’s limit is refused with both numbers', async () => {
    const gpu = await testGpu();
    const limit = gpu.device.limits.maxBufferSize;
    const elements = 2 ** Math.ceil(Math.log2(limit / 4 + 1));
    const program = new Program(gpu, 'huge');
    copy(program, program.tensor('a', [N]), program.tensor('vast', [elements]));
    const before = gpu.bytes;
    await expect(program.finish()).rejects.toThrow(
      `buffer 'huge: vast': ${elements * 4} bytes (expected at most ${limit}, the adapter's maxBufferSize`,
    );
    expect(gpu.bytes).toBe(before);
    gpu.check();
  });

  it('an error reported by the device is thrown by the next check and readback', async () => {
    // A separate device, because it stays failed.
    const gpu = await openGpu();
    const tensor = input(gpu, 'both', normals(N, 1));
    const program = new Program(gpu, 'aliased');
    copy(program, tensor, tensor);
    await program.finish();
    const encoder = gpu.device.createCommandEncoder();
    program.replay(encoder, 'main');
    gpu.device.queue.submit([encoder.finish()]);
    await expect(new Readback(gpu).now([tensor])).rejects.toThrow(/^WebGPU: /);
    expect(() => gpu.check()).toThrow(/^WebGPU: /);
    gpu.destroy();
  });

  it('misuse of a program', async () => {
    const gpu = await testGpu();
    const program = new Program(gpu, 'misused');
    const [a, b] = [program.tensor('a', [N]), program.tensor('b', [N])];
    expect(() => program.dispatch(addKernel, { inp: a }, { N, ACCUMULATE: true }, [1])).toThrow(
      "kernel add: nothing is bound to 'out'",
    );
    expect(() => program.dispatch(addKernel, { inp: a, out: b }, { ACCUMULATE: true }, [1])).toThrow(
      'kernel add: parameter N is missing',
    );
    expect(() => program.dispatch(addKernel, { inp: a, out: b }, { N }, [1])).toThrow(
      'kernel add: parameter ACCUMULATE is missing',
    );
    expect(() => program.dispatch(addKernel, { inp: a, out: b }, { N: -1, ACCUMULATE: true }, [1])).toThrow(
      'kernel add: parameter N is -1, expected an integer',
    );
    copy(program, a, b);
    const encoder = gpu.device.createCommandEncoder();
    expect(() => program.replay(encoder, 'main')).toThrow('program misused: replayed before it was finished');
    await program.finish();
    expect(() => copy(program, a, b)).toThrow('program misused: recorded after it was finished');
    program.release();
    const missing: Storage = { label: 'x', bytes: 256, buffer: undefined };
    const other = new Program(gpu, 'bufferless');
    copy(other, { label: 'x', shape: [N], dtype: 'f32', storage: missing, offset: 0 }, other.tensor('y', [N]));
    await expect(other.finish()).rejects.toThrow("tensor 'x' has no buffer");
  });

  it('skips dispatches without workgroups', async () => {
    const program = new Program(await testGpu(), 'empty');
    program.dispatch(
      addKernel,
      { inp: program.tensor('a', [0]), out: program.tensor('b', [0]) },
      { N: 0, ACCUMULATE: false },
      [0, 1],
    );
    expect(program.plan()).toEqual({ dispatches: 0, bytes: 0, unshared: 0, buffers: 0, sizes: 0 });
  });
});
