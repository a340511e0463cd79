// The document that a run reads at its validations: nothing that is trained depends on it, and its gradient is right.
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../experiment/config.ts';
import { batchOf } from '../experiment/samples.ts';
import { loadModel, openCheckpoint, workOfCheckpoint } from '../experiment/workspace.ts';
import { StreamedDocument } from '../inference/streamed-document.ts';
import { SegmentReader } from '../models/reader.ts';
import { BpttTrainer } from '../models/training.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { expectSameBytes } from '../testing/session-runs.ts';
import { tinySizes } from '../testing/tiny-run.ts';
import { Trainer, type WatchedReport } from './trainer.ts';
import type { WatchedReading } from './watched-document.ts';

useSimpleKernels();

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

const tiny = parseConfig({
  ...tinySizes,
  stages: [1, 3],
  stage_steps: [2],
  learning_rate: 0.05,
  warmup_ratio: 0,
  validate_every: 1,
  validate_samples: 4,
  schedule: 'plateau',
});

async function run(watches: boolean) {
  const trainer = await Trainer.create(await testGpu(), tiny);
  try {
    const seen: (WatchedReport | undefined)[] = [];
    if (watches) seen.push((await trainer.watchBeginning()).reading);
    while (!trainer.finished) seen.push((await trainer.turn(watches)).watched);
    return { seen, bytes: await trainer.checkpoint() };
  } finally {
    await trainer.release();
  }
}

describe('a watched document', () => {
  it('changes no bit of a run, and is the same document at every validation', async () => {
    const [blind, watched] = [await run(false), await run(true)];
    expectSameBytes(watched.bytes, blind.bytes);
    expect(blind.seen).toEqual([undefined, undefined, undefined, undefined]);
    const readings = watched.seen.map((each) => each as WatchedReading);
    expect(readings).toHaveLength(5);
    for (const { segments, gradients, blank } of readings) {
      expect(segments.map(({ words }) => words)).toEqual(readings[0]?.segments.map(({ words }) => words));
      expect(segments.map(({ index }) => index)).toEqual([0, 1, 2]);
      expect(gradients).toHaveLength(3 * 2);
      expect(Math.min(...gradients)).toBeGreaterThan(0);
      expect(blank).toHaveLength(2 * 8);
    }
    expect(readings[4]?.segments[2]?.probabilities).not.toEqual(readings[0]?.segments[2]?.probabilities);
  });
});

it('the gradient of a memory is the change of the loss that a change of the memory makes', async () => {
  const gpu = await testGpu();
  const { bytes } = await run(false);
  const { checkpoint, where } = openCheckpoint(bytes, 'run');
  const work = await workOfCheckpoint(checkpoint, where);
  const model = await loadModel(gpu, checkpoint);
  const document = new StreamedDocument(model.blueprint, work, { segments: 3, seed: 1 });
  const bptt = await BpttTrainer.create(model, { batch: 1, dropout: false });
  const reader = await SegmentReader.create(model, { batch: 1 });
  const gradients: (readonly Float32Array[])[] = [];
  const outcome = await bptt.follow(batchOf([document.drawn], model.blueprint), (left) => {
    gradients[left.segment] = left.gradients;
  });
  // The initial memory is a parameter.
  const parameters = await model.parameters.read(model.parameters.flatGradient);
  const [name] = [...parameters.keys()].filter((each) => each.includes('memory'));
  expect(gradients[0]?.[0]).toEqual(parameters.get(name ?? '')?.data);

  /** The loss if the last segment received this memory. */
  const lossFrom = async (memory: Float32Array) => {
    reader.reset();
    reader.writeStates(memory, 0);
    const { logits } = await reader.step(document.segments[2] ?? [], false);
    const scores = logits[0] ?? new Float32Array(0);
    return Math.log(scores.reduce((sum, score) => sum + Math.exp(score), 0)) - (scores[document.drawn.answer] ?? 0);
  };
  reader.reset();
  for (const segment of document.segments.slice(0, 2)) await reader.step(segment);
  const memory = await reader.readStates();
  expect(await lossFrom(memory)).toBeCloseTo(outcome?.result.loss ?? Number.NaN, 5);
  const gradient = gradients[2]?.[0] ?? new Float32Array(0);
  const length = Math.hypot(...gradient);
  const moved = (by: number) => memory.map((value, i) => value + (by * (gradient[i] ?? 0)) / length);
  const step = 0.02;
  const difference = ((await lossFrom(moved(step))) - (await lossFrom(moved(-step)))) / (2 * step);
  expect(Math.abs(difference - length)).toBeLessThan(0.02 * length);
  for (const part of [bptt, reader, model]) part.release();
});
