import { describe, expect, it } from 'vitest';
import { asHardware, openGpu, testGpu } from '../../testing/gpu.ts';
import { Tape } from '../tape.ts';
import type { Gpu } from './adapter.ts';
import { candidatesFor, contestsFor, type TuningProblems, versionOf } from './contests.ts';
import { Program } from './program.ts';
import { agree, type Measure, measureOnGpu } from './trial.ts';
import { openTuned, tuningText } from './tune.ts';
import {
  deepQuads,
  defaultTuning,
  halfTuning,
  type ProductVariant,
  quads,
  registers,
  shallowQuads,
  splitsFor,
  type Tuning,
  tiles,
  variantName,
  workgroupBytes,
} from './tuning.ts';
import type { TuningMemory } from './tuning-record.ts';

const small: TuningProblems = {
  product: { small: [40, 72, 20], large: [40, 72, 20] },
  attention: { small: [1, 40, 1, 8], large: [1, 40, 1, 8] },
};
const keys = ['product small', 'product large', 'attention small', 'attention large'] as const;

const hardware = async () => asHardware(await testGpu());

/** A memory that also lists every record in the order of writing. */
function memoryOf(kept: Record<string, unknown> = {}) {
  const written: string[] = [];
  const memory: TuningMemory = {
    recall: async (adapter) => structuredClone(kept[adapter]),
    keep: async (adapter, record) => {
      kept[adapter] = structuredClone(record);
      written.push(JSON.stringify(record));
    },
  };
  return { ...memory, kept, written };
}

/** A measurement with the given milliseconds by candidate and equal results; candidates without an entry are refused. */
function timed(milliseconds: Readonly<Record<string, number>>) {
  const tried: string[] = [];
  const measure: Measure = async (_, { key }, { name }) => {
    tried.push(`${key}: ${name}`);
    const ms = milliseconds[name];
    if (ms === undefined) throw new Error(`kernel: no ${name}`);
    return { results: [Float32Array.of(1)], ms };
  };
  return { tried, measure };
}
const usual = { registers: 4, 'quads 16×32': 3, 'quads 32×64': 2, rows: 1, quads: 2 };

describe('the default', () => {
  it.each([
    [{ software: true, features: ['subgroups'] }, undefined, shallowQuads, deepQuads, 'quads'],
    [
      { software: true, features: ['subgroups'] },
      4,
      { ...shallowQuads, QUADS: 1 },
      { ...deepQuads, QUADS: 1 },
      'quads',
    ],
    [
      { software: true, features: ['subgroups'] },
      8,
      { ...shallowQuads, QUADS: 2 },
      { ...deepQuads, QUADS: 2 },
      'quads',
    ],
    [{ software: true, features: [] }, 4, registers, registers, 'rows'],
    [{ software: false, features: ['subgroups'] }, 32, registers, tiles[0], 'split'],
  ] as const)('of %o with subgroups of %s', (facts, subgroupSize, small, large, attention) => {
    const tuning = defaultTuning(facts, subgroupSize);
    expect(tuning.product).toEqual({ small, large });
    expect(tuning.attention.large).toBe(attention);
    expect(tuning.attention.narrow).toBe(facts.software ? 'fours' : undefined);
  });

  it('uses f16 tiles on request, for large products, if the adapter supports f16', () => {
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
    // Software adapters use no tiles by default.
    const soft = defaultTuning({ software: true, features: ['subgroups', 'shader-f16'] });
    expect(halfTuning(soft, { features: ['shader-f16'] }).product.large).toEqual({ ...tiles[0], half: true });
    expect(() => halfTuning(soft, { features: ['subgroups'] })).toThrow(/shader-f16/);
  });

  it('splits rows among invocations until they fill a GPU, leaving each some columns', () => {
    const tuning = defaultTuning({ software: false, features: [] });
    const splits = (rows: number, columns: number) => splitsFor(tuning, rows, columns);
    expect([1, 2048, 2049, 4096, 8192, 16384].map((rows) => splits(rows, 512))).toEqual([8, 8, 8, 4, 2, 1]);
    expect([1, 7, 8, 15, 16, 32].map((columns) => splits(64, columns))).toEqual([1, 1, 2, 2, 4, 8]);
    expect(splitsFor({ ...tuning, attention: { ...tuning.attention, SPLITS: 4 } }, 16384, 1)).toBe(4);
  });

  it('gives every variant a distinct name', () => {
    const halves = tiles.map((tile): ProductVariant => ({ ...tile, half: true }));
    const names = [registers, shallowQuads, quads, deepQuads, ...tiles, ...halves].map(variantName);
    expect(new Set(names).size).toBe(names.length);
  });

  it('needs no more workgroup memory than every adapter has', () => {
    for (const tile of tiles) expect(workgroupBytes(tile)).toBeLessThanOrEqual(16384);
  });
});

describe('candidates', () => {
  const limits = { maxComputeWorkgroupStorageSize: 16384, maxComputeInvocationsPerWorkgroup: 256 };
  const facts = { vendor: '', architecture: '', description: '', software: false };
  it('exclude variants that the adapter does not support', () => {
    const bare = candidatesFor({ facts: { ...facts, features: [], limits } });
    expect(bare).toEqual({ product: [registers, ...tiles], attention: ['rows', 'split'] });
    const narrow = { maxComputeWorkgroupStorageSize: 9000, maxComputeInvocationsPerWorkgroup: 256 };
    const little = candidatesFor({ facts: { ...facts, features: ['subgroups'], limits: narrow } });
    expect(little.product).toEqual([registers, shallowQuads, quads, deepQuads, tiles[0], tiles[2]]);
  });
});

describe('opening a tuned adapter', () => {
  it('does not time candidates on software adapters', async () => {
    const { tried, measure } = timed(usual);
    const gpu = await openTuned(testGpu, memoryOf(), { measure });
    expect(gpu).toBe(await testGpu());
    expect([tried, gpu.tuningSource, gpu.retune]).toEqual([[], 'facts', undefined]);
  });

  it('chooses the fastest candidate of each contest, and reuses the stored choice on the next visit', async () => {
    const memory = memoryOf();
    const { measure } = timed(usual);
    const gpu = await openTuned(hardware, memory, { measure });
    expect(gpu.tuning).toEqual({
      product: { small: deepQuads, large: deepQuads },
      attention: { small: 'rows', large: 'rows', relative: 'split' },
    });
    expect(gpu.tuningSource).toBe('timed');
    const next = timed({});
    const again = await openTuned(hardware, memory, { measure: next.measure });
    expect(next.tried).toEqual([]);
    expect(again.tuning).toEqual(gpu.tuning);
    expect(again.tuningSource).toBe('remembered');
  });

  it('times a contest again if the stored kernel version differs or is missing', async () => {
    const { measure } = timed(usual);
    const memory = memoryOf();
    const { name } = await openTuned(hardware, memory, { measure });
    const record = memory.kept[name] as Record<string, { version: string; choice: string }>;
    const { 'product large': large } = record;
    if (!large) return expect.fail('no choice');
    memory.kept[name] = { ...record, 'product large': { ...large, version: 'other', lost: ['registers'] } };
    const changed = timed(usual);
    await openTuned(hardware, memory, { measure: changed.measure });
    expect(new Set(changed.tried.map((trial) => trial.split(':')[0]))).toEqual(new Set(['product large']));
    expect(changed.tried).toContain('product large: registers');

    const former = timed(usual);
    const names = Object.fromEntries(keys.map((key) => [key, 'registers']));
    await openTuned(hardware, memoryOf({ [name]: names }), { measure: former.measure });
    expect(new Set(former.tried.map((trial) => trial.split(':')[0]))).toEqual(new Set(keys));
  });

  it('works if nothing can be stored', async () => {
    const broken: TuningMemory = {
      recall: () => Promise.reject(new Error('no disk')),
      keep: () => Promise.reject(new Error('no disk')),
    };
    const gpu = await openTuned(hardware, broken, { measure: timed(usual).measure });
    expect(gpu.tuning.product.large).toEqual(deepQuads);
  });

  it('times everything again on request, and stores the new choices', async () => {
    const memory = memoryOf();
    const gpu = await openTuned(hardware, memory, { measure: timed(usual).measure });
    const slower = timed({ ...usual, 'quads 32×64': 9 });
    const again = await openTuned(hardware, memory, { measure: slower.measure, again: true });
    expect(again.tuning.product).toEqual({ small: quads, large: quads });
    expect(gpu.tuning.product.large).toEqual(deepQuads);
    const next = await openTuned(hardware, memory, { measure: slower.measure });
    expect(next.tuning).toEqual(again.tuning);
  });
});

describe('retuning', () => {
  it('of a device in use runs on another device, whose choices are then adopted', async () => {
    const memory = memoryOf();
    let fast = 2;
    const used: Gpu[] = [];
    const measure: Measure = (gpu, contest, candidate) => {
      used.push(gpu);
      return timed({ ...usual, 'quads 32×64': fast }).measure(gpu, contest, candidate);
    };
    const opened: Gpu[] = [];
    const open = async () => {
      const gpu = asHardware(await openGpu());
      opened.push(gpu);
      return gpu;
    };
    const gpu = await openTuned(open, memory, { measure });
    fast = 9;
    used.length = 0;
    await gpu.retune?.(() => false);
    expect(gpu.tuning.product).toEqual({ small: quads, large: quads });
    expect(gpu.tuningSource).toBe('timed');
    expect(opened).toHaveLength(2);
    expect(new Set(used)).toEqual(new Set([opened[1]]));
    expect((await opened[1]?.device.lost)?.reason).toBe('destroyed');
    gpu.check();

    // Stopped before the first candidate: the earlier choices are kept.
    fast = 1;
    used.length = 0;
    await gpu.retune?.(() => true);
    expect(used).toEqual([]);
    expect(gpu.tuning.product).toEqual({ small: quads, large: quads });
    gpu.destroy();
  });
});

describe('a candidate that loses the device', () => {
  const opener = () => {
    const opened: Gpu[] = [];
    return {
      opened,
      open: async () => {
        const gpu = asHardware(await openGpu());
        opened.push(gpu);
        return gpu;
      },
    };
  };
  /** Like `timed`, but these candidates lose the device. */
  const losing = (lost: readonly string[]) => {
    const { tried, measure } = timed(usual);
    const loses: Measure = async (gpu, contest, candidate) => {
      const trial = await measure(gpu, contest, candidate);
      if (lost.includes(`${contest.key}: ${candidate.name}`)) {
        gpu.destroy();
        // Pending work is rejected before the device reports the loss.
        throw new Error('buffer unmapped');
      }
      return trial;
    };
    return { tried, measure: loses };
  };

  it('is excluded, the others are tried on a new device, and later visits skip it', async () => {
    const memory = memoryOf();
    const { open, opened } = opener();
    const first = losing(['product large: quads 32×64']);
    const gpu = await openTuned(open, memory, { measure: first.measure });
    expect(opened).toHaveLength(2);
    expect(gpu).toBe(opened[1]);
    expect(gpu.tuning.product).toEqual({ small: deepQuads, large: quads });
    expect(gpu.lostVariants).toEqual(['quads 32×64 (product large)']);
    expect(first.tried).toContain('attention large: rows');

    const next = losing([]);
    const again = await openTuned(open, memory, { measure: next.measure, again: true });
    expect(next.tried).not.toContain('product large: quads 32×64');
    expect(next.tried).toContain('product small: quads 32×64');
    expect(again.lostVariants).toEqual(gpu.lostVariants);
    for (const each of opened) each.destroy();
  });

  it('is recorded before it is tried, so that it is skipped even if the tab crashes', async () => {
    const memory = memoryOf();
    const { open, opened } = opener();
    const crash = new Error('the tab crashed');
    const measure: Measure = (_, { key }, { name }) => {
      // The next visit finds what is stored at this moment.
      if (name === 'quads' && key === 'attention small') throw crash;
      return timed(usual).measure(...([_, { key }, { name }] as unknown as Parameters<Measure>));
    };
    await expect(openTuned(open, memory, { measure })).rejects.toBe(crash);
    const next = timed(usual);
    await openTuned(open, memory, { measure: next.measure });
    expect(next.tried).not.toContain('attention small: quads');
    expect(next.tried).toContain('attention large: quads');
    expect(next.tried).not.toContain('product small: registers');
    for (const each of opened) each.destroy();
  });

  it('leaves the choice to the facts if it is the simplest one, which is the reference', async () => {
    const { open, opened } = opener();
    const { tried, measure } = losing(['product large: registers']);
    const gpu = await openTuned(open, memoryOf(), { measure });
    expect(gpu.tuning.product).toEqual({ small: deepQuads, large: tiles[0] });
    expect(tried.filter((trial) => trial.startsWith('product large'))).toEqual(['product large: registers']);
    for (const each of opened) each.destroy();
  });
});

describe('on this adapter', () => {
  // Two others stand for all: each variant is compared with f64 by the tests of its op, and compiles for seconds.
  it.each(keys)('the candidates for %s agree, forward and backward', async (key) => {
    const gpu = await hardware();
    const contest = contestsFor(gpu, small).find((each) => each.key === key) ?? expect.fail();
    const [simplest, ...others] = contest.candidates;
    const wanted = await measureOnGpu(gpu, contest, simplest);
    expect(wanted.results).toHaveLength(key.startsWith('product') ? 4 : 2);
    for (const numbers of wanted.results) expect(numbers.some((value) => value !== 0)).toBe(true);
    expect(others.length).toBeGreaterThan(0);
    for (const candidate of others.slice(0, 2)) {
      const trial = await measureOnGpu(gpu, contest, candidate);
      expect([candidate.name, agree(trial.results, wanted.results)]).toEqual([candidate.name, true]);
      expect(trial.ms).toBeGreaterThan(0);
    }
  });

  it('each problem has a size for which its choice is used', async () => {
    const gpu = await hardware();
    for (const { key, candidates, record } of contestsFor(gpu)) {
      const names = candidates.map(({ apply }) => {
        // Applied for its size only; otherwise it would not change the recording.
        const program = new Program(gpu.withTuning(apply(gpu.tuning)), 'size');
        record(new Tape(program), () => new Float32Array(0));
        return program.recorded.map(({ kernel, params }) => `${kernel.name} ${JSON.stringify(params)}`).join();
      });
      expect([key, new Set(names).size]).toEqual([key, candidates.length]);
    }
  });

  it('a changed kernel source changes the version of its contests only', async () => {
    const gpu = await hardware();
    const versions = contestsFor(gpu).map((contest) => versionOf(gpu, contest));
    expect(new Set(versions).size).toBe(keys.length);
    expect(contestsFor(gpu).map((contest) => versionOf(gpu, contest))).toEqual(versions);
    const [product] = contestsFor(gpu);
    if (!product) return expect.fail('no contest');
    const changed = versionOf(gpu, {
      ...product,
      record(tape, numbers) {
        const { emit } = tape;
        tape.emit = (kernel, ...more) => emit.call(tape, { ...kernel, source: `${kernel.source}\n` }, ...more);
        return product.record(tape, numbers);
      },
    });
    expect(changed).not.toBe(versions[0]);
  });

  it('a variant with wrong gradients only is never chosen', async () => {
    const gpu = await hardware();
    const measure: Measure = async (device, contest, candidate) => {
      const { results } = await measureOnGpu(device, contest, candidate);
      if (candidate.name.startsWith('quads')) results.at(-1)?.set([Number.NaN], 3);
      // Later candidates are faster: quads would win.
      return { results, ms: candidate.name.startsWith('quads') ? 1 : 2 };
    };
    const { tuning } = await openTuned(async () => gpu, memoryOf(), { measure, problems: small });
    expect(tuning).toEqual({
      product: { small: registers, large: registers },
      attention: { small: 'rows', large: 'rows', relative: 'split' },
    });
  });

  it('a variant with different results is never chosen', async () => {
    const gpu = await hardware();
    const tampered: Gpu = Object.create(gpu, {
      // Kernels of one variant give wrong results: every workgroup returns at once.
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
    const { tuning } = await openTuned(async () => tampered, memoryOf(), { problems: small });
    const { product, attention } = tuning;
    for (const variant of [product.small, product.large]) expect(variant.kind).not.toBe('quads');
    for (const variant of [attention.small, attention.large]) expect(['rows', 'split']).toContain(variant);
    const rows = { small: 'rows', large: 'rows' } as const;
    expect(tuningText({ product: { small: registers, large: quads }, attention: rows })).toBe(
      'products registers (small), quads 16×32 (large); attention rows',
    );
  });
});
