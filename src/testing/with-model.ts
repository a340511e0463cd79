// A small model with random weights and its trainer or reader for the duration of a test; everything is released afterwards.
import { expect } from 'vitest';
import type { Blueprint } from '../models/blueprint.ts';
import { Model } from '../models/model.ts';
import type { NamedArrays } from '../models/parameters.ts';
import { type ReaderOptions, SegmentReader } from '../models/reader.ts';
import type { BatchResult } from '../models/score.ts';
import { segmentBatch } from '../models/segments.ts';
import { type Batch, classTargets, tokenTargets } from '../models/targets.ts';
import { BpttTrainer, type TrainingOptions } from '../models/training.ts';
import { Random } from '../random.ts';
import { testGpu } from './gpu.ts';

/** The default batch size: larger than most tests' batches, so that they include empty rows. */
export const B = 4;

/** Random words from `first` on, none of them special. */
export function texts(lengths: readonly number[], seed: number, first = 4, words = 10): number[][] {
  const random = new Random(seed);
  return lengths.map((length) => Array.from({ length }, () => first + random.int(words - first)));
}

/** A batch with all possible targets: every next word, or a class after the last segment. */
export function batchOf(blueprint: Blueprint, sequences: readonly number[][]): Batch {
  const segmented = segmentBatch(sequences, blueprint.config);
  if (blueprint.answers === 'class')
    return classTargets(
      segmented,
      sequences.map((_, b) => b),
    );
  const asked = sequences.map(({ length }) => ({ from: 1, to: length }));
  return tokenTargets(segmented, blueprint.config.segment_size, sequences, asked);
}

/** A freshly initialised model; `range` is the standard deviation of its weights. */
async function withModel<T>(blueprint: Blueprint, range: number, work: (model: Model) => Promise<T>): Promise<T> {
  const gpu = await testGpu();
  const before = gpu.bytes;
  const model = await Model.create(gpu, blueprint);
  model.parameters.initialise(new Random(1), range);
  // ARMT's value projections are initialised with zeros, so that it would write nothing: replace them.
  const learnt = await model.parameters.read();
  const arrays = new Map([...learnt].map(([name, { data }]) => [name, data]));
  const random = new Random(2);
  for (const [name, data] of arrays)
    if (name.endsWith('W_mv.weight'))
      data.forEach((_, i) => {
        data[i] = range * random.normal();
      });
  model.parameters.load(arrays);
  const result = await work(model);
  model.release();
  expect(gpu.bytes).toBe(before);
  return result;
}

export const withTrainer = <T>(
  blueprint: Blueprint,
  options: Partial<TrainingOptions>,
  work: (trainer: BpttTrainer, model: Model) => Promise<T>,
  range = 0.3,
): Promise<T> =>
  withModel(blueprint, range, async (model) => {
    const trainer = await BpttTrainer.create(model, { batch: B, ...options });
    const result = await work(trainer, model);
    trainer.release();
    return result;
  });

export const withReader = <T>(
  blueprint: Blueprint,
  options: Partial<ReaderOptions>,
  work: (reader: SegmentReader, model: Model) => Promise<T>,
  range = 0.3,
): Promise<T> =>
  withModel(blueprint, range, async (model) => {
    const reader = await SegmentReader.create(model, { batch: B, ...options });
    const result = await work(reader, model);
    reader.release();
    return result;
  });

/** Evaluate a batch with the model. */
export async function evaluate(model: Model, batch: Batch): Promise<BatchResult> {
  const reader = await SegmentReader.create(model, { batch: B });
  const result = await reader.evaluate(batch);
  reader.release();
  return result;
}

/** Result and all gradients of one batch. */
export async function gradientsOf(
  trainer: BpttTrainer,
  model: Model,
  batch: Batch,
  seed = 7,
): Promise<{ readonly result: BatchResult; readonly gradients: NamedArrays }> {
  const { result } = await trainer.train(batch, seed);
  return { result, gradients: await model.parameters.read(model.parameters.flatGradient) };
}

/** The largest magnitude of some numbers. */
export const largest = (values: ArrayLike<number> | undefined) =>
  Array.from(values ?? []).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
