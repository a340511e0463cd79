import { describe, expect, it } from 'vitest';
import { testGpu } from '../../testing/gpu.ts';
import type { Gpu } from './adapter.ts';
import { candidatesFor, type TuningMemory, type TuningProblems, tune, tuningText } from './tune.ts';
import {
  deepQuads,
  defaultTuning,
  halfTuning,
  type ProductVariant,
  quads,
  registers,
  type Tuning,
  tiles,
  variantName,
  workgroupBytes,
} from './tuning.ts';

const small: TuningProblems = {
  product: { small: [40, 72, 20], large: [40, 72, 20] },
  attention: { small: [1, 40, 1, 8], large: [1, 40, 1, 8] },
  repeat: 1,
};

/** The test's adapter as it would look if it were a GPU. */
async function asHardware(): Promise<Gpu> {
  const gpu = await testGpu();
  const facts = { ...gpu.facts, software: false };
  return Object.create(gpu, {
    facts: { value: facts },
    tuning: { value: defaultTuning(facts), writable: true },
  });
}

function memoryOf(kept: Record<string, unknown> = {}): TuningMemory & { readonly kept: Record<string, unknown> } {
  return {
    kept,
    recall: async (adapter) => kept[adapter],
    keep: async (adapter, names) => {
      kept[adapter] = names;
    },
  };
}

describe('the default', () => {
  it.each([
    [{ software: true, features: ['subgroups'] }, undefined, quads, deepQuads, 'quads'],
    [{ software: true, features: ['subgroups'] }, 4, { ...quads, QUADS: 1 }, { ...deepQuads, QUADS: 1 }, 'quads'],
    [{ software: true, features: ['subgroups'] }, 8, { ...quads, QUADS: 2 }, { ...deepQuads, QUADS: 2 }, 'quads'],
    [{ software: true, features: [] }, 4, registers, registers, 'rows'],
    [{ software: false, features: ['subgroups'] }, 32, registers, tiles[0], 'rows'],
  ] as const)('of %o with subgroups of %s', (facts, subgroupSize, small, large, attention) => {
    const tuning = defaultTuning(facts, subgroupSize);
    expect(tuning.product).toEqual({ small, large });
    expect(tuning.attention.large).toBe(attention);
  });

  it('is f16 for those who ask and have it, and for large products', () => {
    const half = halfTuning(defaultTuning({ software: false, features: [] }), { features: ['shader-f16'] });
    expect(half.product).toEqual({ small: registers, large: { ...tiles[0], half: true } });
    const tiled = {
      product: { small: tiles[1], large: tiles[2] },
      attention: { small: 'rows', large: 'rows' },
    } as const;
    expect(halfTuning(tiled as Tuning, { features: ['shader-f16'] }).product).toEqual({
      small: { ...tiles[1], half: true },
      large: { ...tiles[2], half: true },
    });
    // Software adapters use no tiles by themselves.
    const soft = defaultTuning({ software: true, features: ['subgroups', 'shader-f16'] });
    expect(halfTuning(soft, { features: ['shader-f16'] }).product.large).toEqual({ ...tiles[0], half: true });
    expect(() => halfTuning(soft, { features: ['subgroups'] })).toThrow(/shader-f16/);
  });

  it('names variants apart', () => {
    const halves = tiles.map((tile): ProductVariant => ({ ...tile, half: true }));
    const names = [registers, quads, deepQuads, ...tiles, ...halves].map(variantName);
    expect(new Set(names).size).toBe(names.length);
  });

  it('asks for no more workgroup memory than every adapter has', () => {
    for (const tile of tiles) expect(workgroupBytes(tile)).toBeLessThanOrEqual(16384);
  });
});

describe('candidates', () => {
  const limits = { maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256 };
  const facts = { vendor: '', architecture: '', description: '', software: false };
  it('leave out what the adapter lacks', () => {
    const bare = candidatesFor({ facts: { ...facts, features: [], limits } });
    expect(bare).toEqual({ product: [registers, ...tiles], attention: ['rows'] });
    const narrow = { maxComputeWorkgroupStorageSize: 9000, maxComputeInvocationsPerWorkgroup: 256 };
    const little = candidatesFor({ facts: { ...facts, features: ['subgroups'], limits: narrow } });
    expect(little.product).toEqual([registers, quads, deepQuads, tiles[0], tiles[2]]);
  });
});

describe('tune', () => {
  it('leaves software adapters alone', async () => {
    const gpu = await testGpu();
    const before = gpu.tuning;
    expect(await tune(gpu, memoryOf())).toBe(false);
    expect(gpu.tuning).toBe(before);
  });

  it('times every candidate, keeps the winners, and finds them again', async () => {
    const gpu = await asHardware();
    const memory = memoryOf();
    expect(await tune(gpu, memory, small)).toBe(true);
    const { product, attention } = gpu.tuning;
    const candidates = candidatesFor(gpu);
    for (const variant of [product.small, product.large]) expect(candidates.product).toContain(variant);
    expect(memory.kept[gpu.name]).toEqual({
      'product small': variantName(product.small),
      'product large': variantName(product.large),
      'attention small': attention.small,
      'attention large': attention.large,
    });
    const again = await asHardware();
    expect(await tune(again, memory, small)).toBe(false);
    expect(again.tuning).toEqual(gpu.tuning);
  });

  it('takes what is remembered, and measures anew where that makes no sense', async () => {
    const gpu = await asHardware();
    const names = { 'product small': 'registers', 'product large': 'quads 16×32', 'attention small': 'rows' };
    expect(await tune(gpu, memoryOf({ [gpu.name]: { ...names, 'attention large': 'quads' } }), small)).toBe(false);
    expect(gpu.tuning.product).toEqual({ small: registers, large: quads });
    expect(tuningText(gpu.tuning)).toBe(
      'products registers (small), quads 16×32 (large); attention rows (small), quads (large)',
    );
    expect(await tune(await asHardware(), memoryOf({ [gpu.name]: names }), small)).toBe(true);
  });

  it('does without a memory', async () => {
    const gpu = await asHardware();
    const broken: TuningMemory = {
      recall: () => Promise.reject(new Error('no disk')),
      keep: () => Promise.reject(new Error('no disk')),
    };
    expect(await tune(gpu, broken, small)).toBe(true);
  });

  it('never takes a variant whose numbers differ', async () => {
    const gpu = await asHardware();
    const tampered: Gpu = Object.create(gpu, {
      // Kernels of one variant come out wrong: every workgroup leaves at once.
      pipelines: { value: new Map() },
      device: {
        value: new Proxy(gpu.device, {
          get(device, name) {
            if (name === 'createShaderModule')
              return (descriptor: GPUShaderModuleDescriptor) =>
                device.createShaderModule({
                  ...descriptor,
                  code: descriptor.code.includes('enable subgroups')
                    ? descriptor.code.replace(/fn main\([^{]*\{/, (head) => `${head} if (true) { return; }`)
                    : descriptor.code,
                });
            const value = Reflect.get(device, name, device);
            return typeof value === 'function' ? value.bind(device) : value;
          },
        }),
      },
      tuning: { value: gpu.tuning, writable: true },
    });
    await tune(tampered, memoryOf(), small);
    const { product, attention } = tampered.tuning;
    for (const variant of [product.small, product.large]) expect(variant.kind).not.toBe('quads');
    expect(attention).toEqual({ small: 'rows', large: 'rows' });
  });
});
