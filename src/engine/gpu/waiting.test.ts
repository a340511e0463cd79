import { afterEach, describe, expect, it, vi } from 'vitest';
import { openGpu } from '../../testing/gpu.ts';
import { type Grid, GridDevice } from '../../testing/grid-device.ts';
import { Pace } from './pace.ts';

afterEach(() => vi.restoreAllMocks());

async function measured(grid: Grid): Promise<GridDevice> {
  const device = new GridDevice(grid);
  await device.run(device.waiting.measure());
  return device;
}

/** Milliseconds that a pace takes for `pieces` replays, each awaited as a whole. */
async function paced(device: GridDevice, pieces: number): Promise<{ took: number; pace: Pace }> {
  const pace = new Pace(device.gpu);
  const began = device.clock;
  const work = async () => {
    for (let n = 0; n < pieces; n++) await pace.replay(device.program, 1, 'encode');
    await pace.submit();
    await device.waiting.done();
  };
  await device.run(work());
  return { took: device.clock - began, pace };
}

describe('waiting', () => {
  it('submits nothing of its own where promises are resolved when the work is done', async () => {
    const device = await measured({ period: 0, looksAtSubmit: true, replay: 7 });
    expect(device.waiting).toMatchObject({ latency: 0, nudges: false });
    await paced(device, 50);
    expect(device.nudges).toBe(0);
  });

  it('submits nothing of its own on Dawn', async () => {
    const gpu = await openGpu();
    const submit = vi.spyOn(gpu.device.queue, 'submit');
    await gpu.waiting.done();
    expect(submit).not.toHaveBeenCalled();
    gpu.destroy();
  });

  it('learns of finished work soon where promises are resolved on a grid, and only then submits', async () => {
    const device = await measured({ period: 100, looksAtSubmit: true, replay: 7 });
    expect(device.waiting.nudges).toBe(true);
    expect(device.waiting.latency).toBeLessThanOrEqual(2);
    const before = device.nudges;
    await device.idle(1000);
    expect(device.nudges).toBe(before);
    for (let n = 0; n < 5; n++) {
      device.gpu.device.queue.submit([{ share: 1 } as unknown as GPUCommandBuffer]);
      const began = device.clock;
      await device.run(device.waiting.done());
      expect(device.clock - began).toBeGreaterThanOrEqual(7);
      expect(device.clock - began).toBeLessThanOrEqual(9);
    }
    expect(device.nudges - before).toBeLessThanOrEqual(5 * 9);
  });

  it('submits ever less often while it waits for long work', async () => {
    const device = await measured({ period: 100, looksAtSubmit: true, replay: 5000 });
    const before = device.nudges;
    device.gpu.device.queue.submit([{ share: 1 } as unknown as GPUCommandBuffer]);
    const began = device.clock;
    await device.run(device.waiting.done());
    expect(device.clock - began).toBeLessThanOrEqual(5010);
    expect(device.nudges - before).toBeLessThan(560);
  });

  it('recognises a grid beside busy cores, and none where only they delay an answer', async () => {
    for (const delays of [
      [95, 0, 60],
      [0, 80, 30, 55],
      [60, 60, 60, 60, 60, 60, 1],
    ]) {
      const device = await measured({ period: 100, looksAtSubmit: true, replay: 7, delays });
      expect(device.waiting.nudges).toBe(true);
      vi.restoreAllMocks();
    }
    for (const delays of [
      [40, 2, 3],
      [2, 40, 3, 1],
      [3, 2, 40, 2],
    ]) {
      const device = await measured({ period: 0, looksAtSubmit: true, replay: 7, delays });
      expect(device.waiting.nudges).toBe(false);
      expect(device.waiting.latency).toBeLessThanOrEqual(3);
      vi.restoreAllMocks();
    }
  });

  it('stops where empty submits bring no answer', async () => {
    const device = await measured({ period: 100, looksAtSubmit: false, replay: 7 });
    expect(device.waiting.nudges).toBe(false);
    expect(device.waiting.latency).toBe(100);
    const before = device.nudges;
    await paced(device, 50);
    expect(device.nudges).toBe(before);
  });
});

describe('a pace on a grid', () => {
  it('takes hardly longer than the work, in as few submits as without a grid', async () => {
    const grid = await measured({ period: 100, looksAtSubmit: true, replay: 2 });
    const onGrid = await paced(grid, 100);
    vi.restoreAllMocks();
    const plain = await paced(await measured({ period: 0, looksAtSubmit: true, replay: 2 }), 100);
    expect(onGrid.took).toBeLessThanOrEqual(1.25 * plain.took);
    expect(onGrid.pace.submits).toBeLessThanOrEqual(plain.pace.submits + 4);
    vi.restoreAllMocks();
  });

  it('does not take the latency for work, which it would split into ever smaller parts', async () => {
    const device = await measured({ period: 100, looksAtSubmit: false, replay: 5 });
    const { pace } = await paced(device, 200);
    // One thousand milliseconds of work: fifty submits of 20 ms, and the first ones.
    expect(pace.submits).toBeLessThanOrEqual(60);
  });

  it('splits a replay into a limited number of parts, however long it takes', async () => {
    const device = await measured({ period: 0, looksAtSubmit: true, replay: 60_000 });
    const { pace } = await paced(device, 3);
    expect(pace.submits).toBe(4 + 2 * 64);
  });
});
