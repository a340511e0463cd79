// The encoder RMT against golden values from PyTorch, written by src/testing/golden/make_golden.py.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { AdamW } from '../engine/adamw.ts';
import { readSafetensors } from '../io/safetensors.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import { testGpu } from '../testing/gpu.ts';
import { readCheckpoint } from './checkpoint.ts';
import { Model } from './model.ts';
import { SegmentReader } from './reader.ts';
import { segmentBatch } from './segments.ts';
import { classTargets } from './targets.ts';
import { BpttTrainer } from './training.ts';

const folder = fileURLToPath(new URL('../testing/golden/', import.meta.url));
const names = readdirSync(folder)
  .filter((file) => file.endsWith('.input.json'))
  .map((file) => file.replace('.input.json', ''));

async function load(name: string) {
  const checkpoint = readCheckpoint(readFileSync(`${folder}${name}.checkpoint.safetensors`), name);
  const { sequences, labels } = JSON.parse(readFileSync(`${folder}${name}.input.json`, 'utf8')) as {
    sequences: number[][];
    labels: number[];
  };
  const { tensors, metadata } = readSafetensors(readFileSync(`${folder}${name}.expected.safetensors`), name);
  const loss =
    JSON.stringify(metadata).includes('mean') && name.startsWith('mean') ? ('mean' as const) : ('last' as const);
  const arrays = new Map([...checkpoint.tensors].map(([key, { data }]) => [key, data]));
  const { blueprint } = checkpoint;
  const batch = classTargets(segmentBatch(sequences, blueprint.config), labels, loss);
  const model = await Model.create(await testGpu(), blueprint);
  model.parameters.load(arrays);
  const want = (key: string) => {
    const tensor = tensors.get(key);
    if (!tensor) throw new Error(`${name}: the golden file has no '${key}'`);
    return tensor.data;
  };
  return { model, arrays, batch, want, has: (key: string) => tensors.has(key) };
}

it('finds the golden files', () => {
  expect(names.length).toBeGreaterThanOrEqual(10);
});

describe.each(names)('%s', (name) => {
  it('matches PyTorch’s logits, memories and attention', async () => {
    const { model, batch, want, has } = await load(name);
    const reader = await SegmentReader.create(model, { batch: batch.sequences, attention: 'full' });
    reader.reset();
    const { memTokens: M, hiddenSize: D, layers: L } = model.blueprint.shape;
    const N = batch.segments.length;
    const memories = want('memory');
    let logits: Float32Array[] = [];
    for (let n = 0; n < N; n++) {
      const view = await reader.step(batch.segments[n] ?? []);
      logits = view.logits;
      for (let b = 0; b < batch.sequences; b++)
        expectClose(
          view.memory.subarray(b * M * D, (b + 1) * M * D),
          memories.subarray((b * N + n) * M * D, (b * N + n + 1) * M * D),
          { atol: 1e-5, label: `memory ${b} after ${n}` },
        );
      for (let l = 0; l < L; l++) {
        if (!has(`attention.${n}.${l}`)) continue;
        const all = view.attentions[l]?.[0] as Float32Array;
        const one = all.length / batch.sequences;
        const rows =
          batch.segments[n]?.flatMap((text, b) => (text ? [...all.subarray(b * one, (b + 1) * one)] : [])) ?? [];
        expectClose(rows, want(`attention.${n}.${l}`), { atol: 1e-5, label: `attention.${n}.${l}` });
      }
    }
    expectClose(
      logits.flatMap((row) => [...row]),
      want('logits'),
      { atol: 1e-5, label: 'logits' },
    );
    reader.release();
    model.release();
  });

  it.each(['recompute', 'keep'] as const)('matches PyTorch’s loss and every gradient (%s)', async (bptt) => {
    const { model, batch, want } = await load(name);
    const trainer = await BpttTrainer.create(model, { batch: batch.sequences, bptt });
    const { result } = await trainer.train(batch, 0);
    expectClose([result.loss], want('loss'), { atol: 1e-5, label: 'loss' });
    for (const [key, { data }] of await model.parameters.read(model.parameters.flatGradient)) {
      // A key's bias shifts all scores of a row equally: its gradient is zero in exact arithmetic, so compare absolutely.
      if (key.endsWith('key.bias')) expectClose(data, want(`grad.${key}`), { atol: 1e-6, label: key });
      else expectNear(data, want(`grad.${key}`), 2e-5, key);
    }
    trainer.release();
    model.release();
  });

  it.each([
    ['adamw', { weightDecay: 1e-2, clipNorm: 0, clipValue: 0 }],
    ['adamw_clip', { weightDecay: 1e-3, clipNorm: 0.5, clipValue: 0 }],
    ['adamw_value', { weightDecay: 1e-2, clipNorm: 0, clipValue: 0.01 }],
  ] as const)('matches ten steps of %s', async (which, clip) => {
    const { model, batch, want } = await load(name);
    const trainer = await BpttTrainer.create(model, { batch: batch.sequences });
    const optimiser = await AdamW.create(await testGpu(), model.parameters.flat, model.parameters.flatGradient);
    const losses: number[] = [];
    for (let step = 1; step <= 10; step++) {
      optimiser.set(step, { learningRate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, ...clip });
      losses.push((await trainer.train(batch, 0, (encoder) => optimiser.encode(encoder))).result.loss);
    }
    expectClose(losses, want(`${which}.losses`), { atol: 3e-6, label: which });
    optimiser.release();
    trainer.release();
    model.release();
  });
});
