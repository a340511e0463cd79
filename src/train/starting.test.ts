// Runs that start from a checkpoint, and runs that train only some of the parameters.
import { afterEach, describe, expect, it } from 'vitest';
import { knobs, parseConfig, type RunConfig } from '../experiment/config.ts';
import { batchOf, drawSamples } from '../experiment/samples.ts';
import { startingConfig } from '../experiment/starting-model.ts';
import { loadModel } from '../experiment/workspace.ts';
import { arraysOf, readCheckpoint } from '../models/checkpoint.ts';
import { SegmentReader } from '../models/reader.ts';
import { trainedRoles, trains } from '../models/trained.ts';
import { Random } from '../random.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { pieceCheckpoint } from '../testing/piece-models.ts';
import { expectSameBytes } from '../testing/session-runs.ts';
import { tinySizes } from '../testing/tiny-run.ts';
import { Trainer } from './trainer.ts';

useSimpleKernels();

const tiny = parseConfig({
  ...tinySizes,
  stages: [2],
  stage_steps: [4],
  learning_rate: 0.05,
  warmup_ratio: 0,
  validate_every: 4,
  validate_samples: 4,
});
const named = (bytes: Uint8Array<ArrayBuffer>) => ({ name: 'first.safetensors', bytes });

interface Start {
  readonly from?: Uint8Array<ArrayBuffer>;
  readonly resume?: Uint8Array<ArrayBuffer>;
  /** Turns; all by default. */
  readonly turns?: number;
}

/** Train, and return the losses and norms of the steps, and the last checkpoint. */
async function run(config: Partial<RunConfig>, { from, resume, turns = 100 }: Start = {}) {
  const gpu = await testGpu();
  const trainer = await Trainer.create(
    gpu,
    { ...tiny, ...config },
    {},
    resume && named(resume),
    () => {},
    from && named(from),
  );
  try {
    const steps: { readonly loss: number; readonly norm: number }[] = [];
    while (!trainer.finished && steps.length < turns) {
      const { batch, gradientNorm } = await (await trainer.turn()).report;
      steps.push({ loss: batch.loss, norm: gradientNorm });
    }
    const gradients = await trainer.model.parameters.read(trainer.model.parameters.flatGradient);
    return { steps, gradients, bytes: await trainer.checkpoint() };
  } finally {
    await trainer.release();
  }
}

let finished: Promise<Uint8Array<ArrayBuffer>> | undefined;
/** The checkpoint of a run that trained everything. */
const first = () => (finished ??= run({}).then(({ bytes }) => bytes));

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

it('the knob offers what the models know', () => {
  expect(knobs.trained.choices).toEqual(Object.keys(trainedRoles));
});

describe('a run that trains some parameters', () => {
  it.each(['memory-and-head', 'all-but-embeddings'] as const)('%s: the others keep every bit', async (trained) => {
    const start = await first();
    const { steps, gradients, bytes } = await run({ trained, clip_norm: 0 }, { from: start });
    const [before, after] = [readCheckpoint(start, 'before'), readCheckpoint(bytes, 'after')];
    const { blueprint } = after;
    const names = [...before.tensors.keys()].filter((name) => !name.startsWith('optimizer.'));
    const moved = names.filter(
      (name) => String(before.tensors.get(name)?.data) !== String(after.tensors.get(name)?.data),
    );
    // The bias of the keys has no gradient, but weight decay moves it.
    expect(moved).toEqual(names.filter((name) => trains(blueprint, trained, name)));
    expect(moved).toContain('rmt.memory');
    expect(moved).toContain('classifier.weight');
    expect(moved).not.toContain('bert.embeddings.word_embeddings.weight');
    expect(moved.includes('bert.encoder.layer.0.output.dense.weight')).toBe(trained === 'all-but-embeddings');
    // Moments exist for what was trained only.
    expect(names.filter((name) => after.tensors.has(`optimizer.m.${name}`))).toEqual(moved);
    expect(names.filter((name) => after.tensors.has(`optimizer.v.${name}`))).toEqual(moved);
    // The norm is that of the trained parameters' gradients alone.
    const squares = moved.flatMap((name) => [...(gradients.get(name)?.data ?? [])]).map((g) => g * g);
    const norm = Math.sqrt(squares.reduce((sum, square) => sum + square, 0));
    expect(Math.abs((steps.at(-1)?.norm ?? 0) / norm - 1)).toBeLessThan(1e-5);
  });

  it('resumes to the bit, and only if it trains the same', async () => {
    const config = { trained: 'memory-and-head', hidden_dropout_prob: 0.1 } as const;
    const start = await first();
    // Dropout is a setting of the model.
    await expect(run(config, { from: start })).rejects.toThrow(
      'checkpoint first.safetensors: hidden_dropout_prob: 0 (expected 0.1, as configured for the run)',
    );
    const { trained } = config;
    const whole = await run({ trained }, { from: start });
    const half = await run({ trained }, { from: start, turns: 2 });
    const rest = await run({ trained }, { resume: half.bytes });
    expect([...half.steps, ...rest.steps]).toEqual(whole.steps);
    expectSameBytes(rest.bytes, whole.bytes);
    await expect(run({}, { resume: half.bytes })).rejects.toThrow(/trained: memory-and-head \(expected all, as /);
  });
});

it('refuses to train nothing', async () => {
  const config = parseConfig({ task: 'copy', model: 'gpt2', hidden_size: 16, trained: 'memory-and-head' });
  await expect(Trainer.create(await testGpu(), config)).rejects.toThrow(
    'trained: memory-and-head (expected all or all-but-embeddings: the 2-layer GPT-2 has neither',
  );
});

describe('a run that starts from a checkpoint', () => {
  it('begins with the loss that the checkpoint has, and says where it started', async () => {
    const start = await first();
    const checkpoint = readCheckpoint(start, 'first');
    const seed = 5;
    const { steps, bytes } = await run({ seed }, { from: start, turns: 1 });
    // The same batch through the checkpoint's own model.
    const gpu = await testGpu();
    const trainer = await Trainer.create(gpu, { ...tiny, seed }, {}, undefined, () => {}, named(start));
    const { work } = trainer;
    await trainer.release();
    const model = await loadModel(gpu, checkpoint, tiny.batch_size);
    const random = new Random(seed, 2, 0);
    // The number of segments is drawn first.
    const segments = 1 + random.int(2);
    const samples = drawSamples(work, random, tiny.batch_size, segments, tiny.segment_size, 'train', 2);
    const reader = await SegmentReader.create(model, { batch: tiny.batch_size });
    const { loss } = await reader.evaluate(batchOf(samples, model.blueprint));
    for (const part of [reader, model]) part.release();
    expect(Math.abs((steps[0]?.loss ?? Number.NaN) - loss)).toBeLessThan(1e-6 * loss);
    const saved = readCheckpoint(bytes, 'run');
    expect(saved.vocabulary).toEqual(checkpoint.vocabulary);
    expect(saved.training).toMatchObject({
      origin: { name: 'first.safetensors', size: start.length, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
  });

  it('takes the settings of its model from it', async () => {
    const checkpoint = readCheckpoint(await first(), 'first');
    const wanted = parseConfig({ task: 'detect', hidden_size: 64, learning_rate: 0.125, segment_size: 40 });
    const config = startingConfig(wanted, checkpoint, 'first');
    expect(config).toMatchObject({ task: 'detect', learning_rate: 0.125, hidden_size: 8, segment_size: 11 });
    expect(config.noise_words).toBe(10);
  });

  it.each<[change: Partial<RunConfig>, message: RegExp]>([
    [{ hidden_size: 16 }, /^checkpoint first\.safetensors: hidden_size: 8 \(expected 16, as configured for the run\)$/],
    [{ model: 'armt-bert' }, /: model: rmt-bert \(expected armt-bert, as configured for the run\)$/],
    [{ segment_size: 24 }, /: segment_size: 11 \(expected 24, as configured for the run\)$/],
  ])('refuses a configuration of another model: %o', async (change, message) => {
    await expect(run(change, { from: await first() })).rejects.toThrow(message);
  });

  it('refuses a task with words that its vocabulary lacks', async () => {
    await expect(run({ task: 'documents' }, { from: await first() })).rejects.toMatchObject({ name: 'InputError' });
  });

  it('may read through the tokenizer of the checkpoint, which it passes on', async () => {
    const start = pieceCheckpoint('rmt-bert', {}, { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 });
    const { tokenizer, blueprint } = readCheckpoint(start, 'pieces');
    const config = startingConfig({ ...tiny, task: 'detect' }, readCheckpoint(start, 'pieces'), 'pieces');
    const whole = await run(config, { from: start });
    const half = await run(config, { from: start, turns: 2 });
    const rest = await run(config, { resume: half.bytes });
    expectSameBytes(rest.bytes, whole.bytes);
    const saved = readCheckpoint(whole.bytes, 'run');
    expect(saved.tokenizer).toBe(tokenizer);
    expect(saved.vocabulary).toBeUndefined();
    expect(saved.blueprint.config).toEqual(blueprint.config);
  });

  it('needs the moments of everything that it trains to resume', async () => {
    const { bytes } = await run({ trained: 'memory-and-head' }, { from: await first(), turns: 1 });
    const { training } = readCheckpoint(bytes, 'run');
    const asAll = (training as { config: object }).config;
    const changed = { ...(training as object), config: { ...asAll, trained: 'all' } };
    const { writeCheckpoint } = await import('../models/checkpoint.ts');
    const file = writeCheckpoint({ ...readCheckpoint(bytes, 'run'), training: changed });
    await expect(run({}, { resume: file })).rejects.toThrow(
      /'optimizer\.m\.bert\.[^']+' is missing \(expected it, as the run trains all\)$/,
    );
    expect(arraysOf(readCheckpoint(file, 'run')).has('optimizer.m.rmt.memory')).toBe(true);
  });
});
