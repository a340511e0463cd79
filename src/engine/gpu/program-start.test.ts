// A program that is started runs its first sections while the pipelines of later ones are created.
import { afterEach, describe, expect, it, vi } from 'vitest';
import addSource from '../../../shaders/add.wgsl?raw';
import { eventually } from '../../testing/eventually.ts';
import { testGpu } from '../../testing/gpu.ts';
import { addKernel } from '../ops/add.ts';
import { defineKernel, type Kernel } from './kernel.ts';
import { Pace } from './pace.ts';
import { Program } from './program.ts';
import { Readback } from './readback.ts';

const N = 64;
const { reads, writes, constants, sizes } = addKernel;
const named = (name: string, source = addSource): Kernel =>
  defineKernel({ name, source, reads, writes, constants, sizes });

afterEach(() => {
  vi.restoreAllMocks();
});

/** A program that copies its constant in one section and adds to the copy in the next, whose kernel is held back. */
async function program(later: Kernel) {
  const gpu = await testGpu();
  const create = gpu.device.createComputePipelineAsync.bind(gpu.device);
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  vi.spyOn(gpu.device, 'createComputePipelineAsync').mockImplementation(async (descriptor) => {
    if (descriptor.label === later.name) await held;
    return create(descriptor);
  });
  const made = new Program(gpu, 'started');
  const ones = made.constant('ones', [N], new Float32Array(N).fill(1));
  const out = made.keep(made.tensor('out', [N]));
  made.section('first');
  made.dispatch(addKernel, { inp: ones, out }, { N, ACCUMULATE: false }, [1]);
  made.section('second');
  made.dispatch(later, { inp: ones, out }, { N, ACCUMULATE: true }, [1]);
  return { gpu, made, out, release };
}

describe('start', () => {
  it('lets the first section run, and makes a replay of the second wait for its pipeline', async () => {
    const { gpu, made, out, release } = await program(named('add_later'));
    const before = gpu.bytes;
    await made.start();
    await made.until(['first']);
    expect(made.canReplay(['first'])).toBe(true);
    expect(made.canReplay(['first', 'second'])).toBe(false);
    const encoder = gpu.device.createCommandEncoder();
    expect(() => made.replay(encoder, 'second')).toThrow('program started: replayed before it was finished');
    const pace = new Pace(gpu);
    const readback = new Readback(gpu);
    await pace.replay(made, 1, 'first');
    let arrived = false;
    const second = pace.replay(made, 1, 'second').then(() => {
      arrived = true;
    });
    // What comes before it is submitted meanwhile.
    await eventually(async () => expect((await readback.now([out]))[0]).toEqual(new Float32Array(N).fill(1)));
    expect(arrived).toBe(false);
    release();
    await second;
    await pace.submit();
    expect((await readback.now([out]))[0]).toEqual(new Float32Array(N).fill(2));
    readback.release();
    made.release();
    expect(gpu.bytes).toBeLessThan(before + 1);
  });

  it('reports a kernel that does not compile to whoever waits for its section, and only there', async () => {
    const { gpu, made, release } = await program(named('add_broken', addSource.replace('fn main(', 'fn main( !')));
    release();
    await made.start();
    await made.until(['first']);
    await expect(made.until(['second'])).rejects.toThrow(/^kernel add_broken, line /);
    await expect(new Pace(gpu).replay(made, 1, 'second')).rejects.toThrow(/^kernel add_broken, line /);
    await made.until(['first']);
    made.release();
    gpu.check();
  });

  it('can be released while pipelines are created', async () => {
    const { gpu, made, release } = await program(named('add_released'));
    const before = gpu.bytes;
    await made.start();
    made.release();
    release();
    await expect(made.until()).rejects.toThrow(/has no buffer/);
    expect(gpu.bytes).toBe(before);
    gpu.check();
  });
});
