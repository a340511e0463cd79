// Memory noise from a later stage on.
import { afterEach, expect, it } from 'vitest';
import { parseConfig, type RunConfig } from '../experiment/config.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { tinySizes } from '../testing/tiny-run.ts';
import { Trainer } from './trainer.ts';

useSimpleKernels();

const plain = parseConfig({
  ...tinySizes,
  stages: [2, 2],
  stage_steps: [2],
  segments_drawn: 'fixed',
  warmup_ratio: 0,
  validate_every: 2,
  validate_samples: 4,
});
const noisy = { ...plain, memory_noise: 1 };
const late = { ...noisy, memory_noise_stage: 2 };

/** The losses of a run's next turns, and a checkpoint after them. */
async function run(config: RunConfig, turns = 4, saved?: Uint8Array<ArrayBuffer>) {
  const resume = saved && { name: 'saved', bytes: saved };
  const trainer = await Trainer.create(await testGpu(), config, {}, resume);
  try {
    const losses: number[] = [];
    while (!trainer.finished && losses.length < turns) losses.push((await (await trainer.turn()).report).batch.loss);
    return { losses, checkpoint: await trainer.checkpoint() };
  } finally {
    await trainer.release();
  }
}

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

it('changes nothing before its stage, and everything from there on', async () => {
  const [without, from, always] = [await run(plain), await run(late), await run(noisy)];
  expect(from.losses.slice(0, 2)).toEqual(without.losses.slice(0, 2));
  expect(from.losses[2]).not.toBe(without.losses[2]);
  expect(always.losses[0]).not.toBe(without.losses[0]);
});

it.each([2, 3])('a run resumed after step %i has the same losses', async (step) => {
  const whole = await run(late);
  const { checkpoint } = await run(late, step);
  const rest = await run(late, 4, checkpoint);
  expect(rest.losses).toEqual(whole.losses.slice(step));
  expect(rest.checkpoint).toEqual(whole.checkpoint);
});
