import { afterEach, describe, expect, it } from 'vitest';
import { testGpu } from '../../testing/gpu.ts';
import { normals } from '../../testing/ops.ts';
import { addKernel } from '../ops/add.ts';
import type { Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { Profile } from './profile.ts';
import { Program } from './program.ts';
import { Readback } from './readback.ts';

const N = 64;
let release: () => void = () => {};
afterEach(() => release());

/** A program that adds `from` to `to` three times, twice in a separate section. */
async function adding(gpu: Gpu) {
  const make = (label: string, seed: number): Tensor => {
    const storage = gpu.storage(label, N * 4);
    gpu.device.queue.writeBuffer(storage.buffer as GPUBuffer, 0, normals(N, seed));
    return { label, shape: [N], dtype: 'f32', storage, offset: 0 };
  };
  const [from, to] = [make('from', 1), make('to', 2)];
  const program = new Program(gpu, 'adding');
  const add = () => program.dispatch(addKernel, { inp: from, out: to }, { N, ACCUMULATE: true }, [1]);
  add();
  program.section('again');
  add();
  add();
  await program.finish();
  const readback = new Readback(gpu);
  release = () => {
    program.release();
    readback.release();
    for (const { storage } of [from, to]) gpu.release(storage.buffer);
  };
  const replay = async (times = 1) => {
    const encoder = gpu.device.createCommandEncoder();
    for (let i = 0; i < times; i++) program.replay(encoder, 'main', 'again');
    gpu.device.queue.submit([encoder.finish()]);
    return (await readback.now([to]))[0];
  };
  return { replay };
}

describe('a profile', () => {
  it('counts dispatches and bytes by kernel, parameters and section, without changing the results', async () => {
    const gpu = await testGpu();
    const { replay } = await adding(gpu);
    const profile = Profile.start(gpu, {
      timed: false,
      touched: ({ label, shape }) => (label === 'from' ? 16 : (shape[0] ?? 0) * 4),
    });
    await replay(5);
    const uses = await profile.stop();
    const one = { kernel: 'add', program: 'adding', params: { N, ACCUMULATE: true }, nanoseconds: undefined };
    expect(uses).toEqual([
      { ...one, section: 'main', dispatches: 5, bytes: 5 * (16 + N * 4) },
      { ...one, section: 'again', dispatches: 10, bytes: 10 * (16 + N * 4) },
    ]);
    // It is inactive again.
    expect(Profile.of(gpu)).toBeUndefined();
  });

  it('times every dispatch, even more than one query set holds, without changing the results', async () => {
    const gpu = await testGpu();
    // SwiftShader, lavapipe and all common GPUs support timestamps.
    expect(Profile.canTime(gpu)).toBe(true);
    const bytes = gpu.bytes;
    const plain = await adding(gpu);
    const wanted = await plain.replay(700);
    release();
    const { replay } = await adding(gpu);
    const profile = Profile.start(gpu, { timed: true });
    const got = await replay(700);
    const uses = await profile.stop();
    expect(got).toEqual(wanted);
    expect(uses.map(({ section, dispatches }) => [section, dispatches])).toEqual([
      ['main', 700],
      ['again', 1400],
    ]);
    for (const { nanoseconds } of uses) expect(nanoseconds).toBeGreaterThanOrEqual(0);
    release();
    expect(gpu.bytes).toBe(bytes);
    release = () => {};
  });

  it('refuses a second one while active', async () => {
    const gpu = await testGpu();
    const profile = Profile.start(gpu, { timed: false });
    expect(() => Profile.start(gpu, { timed: false })).toThrow('profile: already active, expected one at a time');
    expect(await profile.stop()).toEqual([]);
    Profile.start(gpu, { timed: false });
    expect(await Profile.of(gpu)?.stop()).toEqual([]);
    release = () => {};
  });
});
