import { describe, expect, it } from 'vitest';
import { AdapterError, DeviceLostError } from '../../errors.ts';
import { openGpu, testGpu } from '../../testing/gpu.ts';
import { Gpu } from './adapter.ts';

describe('opening', () => {
  it('reports what is missing', async () => {
    const fake = (requestAdapter: () => Promise<unknown>) => ({ requestAdapter }) as unknown as GPU;
    const reasonOf = async (gpu: GPU | undefined) => {
      const error = await Gpu.open(gpu).catch((reason: unknown) => reason);
      if (!(error instanceof AdapterError)) throw new Error(`expected an AdapterError, got ${error}`);
      return [error.reason, error.message];
    };
    expect(await reasonOf(undefined)).toEqual([
      'no-webgpu',
      'adapter: this environment has no WebGPU (expected navigator.gpu)',
    ]);
    expect((await reasonOf(fake(async () => null)))[0]).toBe('no-adapter');
    const refusing = {
      limits: {},
      features: new Set(),
      requestDevice: async () => {
        throw new Error('all devices are in use');
      },
    };
    expect(await reasonOf(fake(async () => refusing))).toEqual([
      'no-device',
      'adapter: all devices are in use (expected a device)',
    ]);
  });

  it.each([
    ['neither adapter.info nor its predecessor', {}, ['', '', '', false]],
    [
      'requestAdapterInfo, as before Chrome 127',
      { requestAdapterInfo: async () => ({ vendor: 'acme', architecture: 'one' }), isFallbackAdapter: false },
      ['acme', 'one', '', false],
    ],
    ['a refusal to name itself', { requestAdapterInfo: () => Promise.reject(new Error('no')) }, ['', '', '', false]],
    ['a fallback adapter', { isFallbackAdapter: true }, ['', '', '', true]],
  ])('works with %s', async (_, names, known) => {
    const queue = { onSubmittedWorkDone: async () => {} };
    const device = { features: new Set<string>(), limits: {}, lost: new Promise(() => {}), queue };
    const adapter = { limits: {}, features: new Set<string>(), requestDevice: async () => device, ...names };
    const gpu = await Gpu.open({ requestAdapter: async () => adapter } as unknown as GPU);
    const { vendor, architecture, description, software } = gpu.facts;
    expect([vendor, architecture, description, software]).toEqual(known);
    expect(gpu.name).toBe(known[0] ? 'acme one' : known[3] ? 'unnamed adapter (software)' : 'unnamed adapter');
  });

  it('requests the adapter’s limits and knows its facts', async () => {
    const gpu = await testGpu();
    const { facts, device } = gpu;
    expect(facts.limits['maxBufferSize']).toBe(device.limits.maxBufferSize);
    // WebGPU's default is 8, which the kernels of this engine need; adapters have more.
    expect(device.limits.maxStorageBuffersPerShaderStage).toBeGreaterThanOrEqual(8);
    expect([...facts.features]).toEqual([...device.features].sort());
    expect(gpu.name).not.toBe('');
    expect(gpu.name.endsWith('(software)')).toBe(facts.software);
    // The adapters of the tests are recognised by name.
    if (/swiftshader|llvmpipe/i.test(`${facts.architecture} ${facts.description}`)) expect(facts.software).toBe(true);
  });
});

describe('the byte count', () => {
  it('rounds sizes up to 16, adds them, records the peak and subtracts released buffers', async () => {
    const gpu = await testGpu();
    const before = gpu.bytes;
    const buffers = [1, 16, 100].map((bytes) => gpu.allocate('some', bytes, GPUBufferUsage.STORAGE));
    expect(buffers.map(({ size }) => size)).toEqual([16, 16, 112]);
    expect(gpu.bytes - before).toBe(144);
    const peak = gpu.peakBytes;
    expect(peak).toBeGreaterThanOrEqual(gpu.bytes);
    for (const buffer of buffers) gpu.release(buffer);
    gpu.release(undefined);
    expect(gpu.bytes).toBe(before);
    expect(gpu.peakBytes).toBe(peak);
  });

  it('refuses a buffer over the limit, names both numbers, and does not count it', async () => {
    const gpu = await testGpu();
    const before = gpu.bytes;
    const limit = gpu.device.limits.maxBufferSize;
    const size = Math.ceil((limit + 1) / 16) * 16;
    expect(() => gpu.storage('vast', limit + 1)).toThrow(
      new RangeError(
        `buffer 'vast': ${size} bytes (expected at most ${limit}, the adapter's maxBufferSize; use a smaller model, batch or segment)`,
      ),
    );
    expect(gpu.bytes).toBe(before);
  });
});

describe('guarded', () => {
  it('returns the result, passes errors on and names validation errors', async () => {
    const gpu = await testGpu();
    expect(await gpu.guarded('sum', () => 1 + 1)).toBe(2);
    await expect(
      gpu.guarded('work', () => {
        throw new RangeError('no room');
      }),
    ).rejects.toThrow(new RangeError('no room'));
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE;
    await expect(gpu.guarded('odd buffer', () => gpu.device.createBuffer({ size: 16, usage }))).rejects.toThrow(
      /^odd buffer: /,
    );
    // Caught by the scope: the device has not failed.
    gpu.check();
  });
});

describe('concurrent guarded work', () => {
  it('receives only its own errors', async () => {
    const gpu = await testGpu();
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE;
    const [bad, good] = await Promise.allSettled([
      gpu.guarded('bad', () => gpu.device.createBuffer({ size: 16, usage })),
      gpu.guarded('good', () => 1),
    ]);
    expect(bad).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching(/^bad: (?!the GPU is out of memory)/) },
    });
    expect(good).toEqual({ status: 'fulfilled', value: 1 });
  });
});

describe('a failed device', () => {
  it('is destroyed after its watchers were notified, and keeps the error', async () => {
    const gpu = await openGpu();
    const buffer = gpu.allocate('held', 1024, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    const order: string[] = [];
    gpu.onFailure(({ message }) => order.push(message));
    gpu.device.lost.then(({ reason }) => order.push(reason));
    // Outside `guarded`: only the device itself catches this error.
    gpu.device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.MAP_WRITE });
    await gpu.device.lost;
    expect(order).toEqual([expect.stringMatching(/^WebGPU: /), 'destroyed']);
    expect(() => gpu.check()).toThrow(/^WebGPU: /);
    await expect(gpu.guarded('more', () => 1)).rejects.toThrow(/^WebGPU: /);
    await expect(buffer.mapAsync(GPUMapMode.READ)).rejects.toThrow();
  }, 10_000);
});

describe('a lost device', () => {
  it('is thrown by the next check, guarded work is refused, and watchers are notified once', async () => {
    const gpu = await openGpu();
    const told: Error[] = [];
    gpu.onFailure((reason) => told.push(reason));
    const stop = gpu.onFailure(() => told.push(new Error('this one had stopped watching')));
    stop();
    gpu.check();
    gpu.destroy();
    await gpu.device.lost;
    await Promise.resolve();
    expect(() => gpu.check()).toThrow(DeviceLostError);
    expect(() => gpu.check()).toThrow(/^GPU device lost: /);
    await expect(gpu.guarded('more', () => 1)).rejects.toThrow(DeviceLostError);
    expect(told).toHaveLength(1);
    expect(told[0]).toBeInstanceOf(DeviceLostError);
  });
});
