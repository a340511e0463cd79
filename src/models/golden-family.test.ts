// Every decoder and ARMT against golden values from PyTorch, written by src/testing/golden/make_golden.py.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AdamW } from '../engine/adamw.ts';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { readSafetensors } from '../io/safetensors.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import { asHardware, testGpu } from '../testing/gpu.ts';
import { readCheckpoint } from './checkpoint.ts';
import { forwardOutputs } from './forward.ts';
import { architectures } from './index.ts';
import { Model } from './model.ts';
import { segmentBatch } from './segments.ts';
import { classTargets, tokenTargets } from './targets.ts';
import { BpttTrainer } from './training.ts';

const folder = fileURLToPath(new URL('../testing/golden/family/', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.input.json'))
  .map((file) => file.replace('.input.json', ''));

async function load(name: string, gpu?: Gpu) {
  const { blueprint, tensors } = readCheckpoint(readFileSync(`${folder}${name}.checkpoint.safetensors`), name);
  const { sequences, labels, answer_from } = JSON.parse(readFileSync(`${folder}${name}.input.json`, 'utf8')) as {
    sequences: number[][];
    labels?: number[];
    answer_from?: number;
  };
  const expected = readSafetensors(readFileSync(`${folder}${name}.expected.safetensors`), name).tensors;
  const arrays = new Map([...tensors].map(([key, { data }]) => [key, data]));
  const segmented = segmentBatch(sequences, blueprint.config);
  const length = sequences[0]?.length ?? 0;
  const scored = sequences.map(() => ({ from: answer_from ?? 1, to: length }));
  const batch = labels
    ? classTargets(segmented, labels)
    : tokenTargets(segmented, blueprint.config.segment_size, sequences, scored);
  const model = await Model.create(gpu ?? (await testGpu()), blueprint);
  model.parameters.load(arrays);
  return { model, arrays, segmented, batch, length, expected };
}

/** A key's bias shifts all scores of a query equally: its gradient is zero in exact arithmetic. */
function compareGradient(key: string, got: Float32Array, want: Float32Array, D: number): void {
  if (key.endsWith('key.bias')) expectClose(got, want, { atol: 1e-6, label: key });
  else if (key.endsWith('attn.c_attn.bias')) {
    expectClose(got.subarray(D, 2 * D), want.subarray(D, 2 * D), { atol: 1e-6, label: `${key}, keys` });
    const rest = (values: Float32Array) => [...values.subarray(0, D), ...values.subarray(2 * D)];
    expectNear(rest(got), rest(want), 5e-5, key);
  } else expectNear(got, want, 5e-5, key);
}

async function compareGradients(name: string, ways: readonly ('recompute' | 'keep')[], depth?: number, gpu?: Gpu) {
  const { model, batch, expected } = await load(name, gpu);
  const prefix = depth === undefined ? 'grad.' : `grad_k${depth}.`;
  const keys = [...expected.keys()].filter((key) => key.startsWith(prefix));
  if (depth === undefined) expect(keys.length).toBe(model.parameters.specs.length);
  for (const bptt of ways) {
    const trainer = await BpttTrainer.create(model, { batch: batch.sequences, bptt, depth });
    const { result } = await trainer.train(batch, 0);
    expectClose([result.loss], expected.get('loss')?.data ?? [], { rtol: 1e-5, label: 'loss' });
    const gradients = await model.parameters.read(model.parameters.flatGradient);
    for (const key of keys) {
      const got = gradients.get(key.replace(prefix, ''))?.data ?? new Float32Array(0);
      compareGradient(key, got, expected.get(key)?.data ?? new Float32Array(0), model.blueprint.shape.hiddenSize);
    }
    trainer.release();
  }
  model.release();
}

// One of each kind of attention and memory. Their rows are short, so the number of splits is forced.
it.each(['armt_bert', 'armt_gpt2', 'rmt_gpt2_block', 'rmt_xl_cache', 'rmt_xl_shift_cache'])(
  '%s has PyTorch’s loss and gradients with the kernels of a GPU',
  async (name) => {
    const gpu = asHardware(await testGpu());
    gpu.tuning = { ...gpu.tuning, attention: { ...gpu.tuning.attention, SPLITS: 4 } };
    await compareGradients(name, ['keep'], undefined, gpu);
  },
);

it('has a golden file for every model that is not tested elsewhere', () => {
  const types = names.map(
    (name) => readCheckpoint(readFileSync(`${folder}${name}.checkpoint.safetensors`), name).blueprint.config.model_type,
  );
  const elsewhere = ['rmt-bert', 'bert'];
  expect([...new Set([...types, ...elsewhere])].sort()).toEqual(Object.keys(architectures).sort());
});

describe.each(names)('%s', (name) => {
  it('matches PyTorch’s logits, states and attention', async () => {
    const { model, segmented, length, expected } = await load(name);
    const attention = [...expected.keys()].some((key) => key.startsWith('attention.'));
    const got = await forwardOutputs(model, segmented, length, attention);
    const wanted = [...expected.keys()].filter((key) => /^(logits|memory|state\.|attention\.)/.test(key));
    expect(wanted).toContain('logits');
    for (const key of wanted) {
      const { shape, data } = expected.get(key) ?? { shape: [], data: [] };
      expect(got.get(key)?.shape, key).toEqual(shape);
      expectClose(got.get(key)?.data ?? [], data, { atol: 2e-5, rtol: 2e-5, label: key });
    }
    model.release();
  });

  // Some cases include truncated BPTT.
  const dump = readSafetensors(readFileSync(`${folder}${name}.expected.safetensors`), name).tensors;
  const depths = [undefined, 0, 1].filter(
    (depth) => depth === undefined || [...dump.keys()].some((key) => key.startsWith(`grad_k${depth}.`)),
  );
  it.each(depths)('matches PyTorch’s loss and every gradient, BPTT depth %s', async (depth) => {
    await compareGradients(name, ['recompute', 'keep'], depth);
  });

  it('matches ten steps of Adam', async () => {
    const { model, batch, expected } = await load(name);
    const trainer = await BpttTrainer.create(model, { batch: batch.sequences });
    const optimiser = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
    const losses: number[] = [];
    for (let step = 1; step <= 10; step++) {
      optimiser.set(step, {
        learningRate: 1e-3,
        beta1: 0.9,
        beta2: 0.999,
        epsilon: 1e-8,
        weightDecay: 0,
        clipNorm: 0,
        clipValue: 0,
      });
      losses.push((await trainer.train(batch, 0, (encoder) => optimiser.encode(encoder))).result.loss);
    }
    expectClose(losses, expected.get('adam.losses')?.data ?? [], { rtol: 2e-5, label: 'losses' });
    for (const part of [optimiser, trainer, model]) part.release();
  });
});
