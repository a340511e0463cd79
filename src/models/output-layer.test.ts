// GPT-2 with an output layer of its own beside one that is tied to the word embedding.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { expectClose } from '../testing/close.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { readCheckpoint } from './checkpoint.ts';
import { forwardOutputs } from './forward.ts';
import { blueprintOf } from './index.ts';
import { Model } from './model.ts';
import { segmentBatch } from './segments.ts';
import { tokenTargets } from './targets.ts';
import { BpttTrainer } from './training.ts';

useSimpleKernels();

const folder = fileURLToPath(new URL('../testing/golden/family/', import.meta.url));
const { blueprint: tied, tensors } = readCheckpoint(readFileSync(`${folder}rmt_gpt2.checkpoint.safetensors`), 'golden');
const untied = blueprintOf({ ...tied.config, tie_word_embeddings: false }, 'untied');
const [WORDS, OUTPUT] = ['transformer.wte.weight', 'lm_head.weight'] as const;
const words = tensors.get(WORDS)?.data ?? new Float32Array();
const sequences = [Array.from({ length: 11 }, (_, i) => (i * 7) % 29)];

/** The model with this output layer; the word embedding if there is none. */
async function modelWith(output?: Float32Array): Promise<Model> {
  const model = await Model.create(await testGpu(), output ? untied : tied);
  const arrays = new Map([...tensors].map(([name, { data }]) => [name, data]));
  model.parameters.load(output ? arrays.set(OUTPUT, output) : arrays);
  return model;
}

async function logitsWith(output?: Float32Array): Promise<Float32Array> {
  const model = await modelWith(output);
  const outputs = await forwardOutputs(model, segmentBatch(sequences, tied.config), 11, false, () => {});
  model.release();
  return outputs.get('logits')?.data ?? new Float32Array();
}

async function gradientsWith(output?: Float32Array) {
  const model = await modelWith(output);
  const segmented = segmentBatch(sequences, tied.config);
  const batch = tokenTargets(segmented, tied.config.segment_size, sequences, [{ from: 1, to: 11 }]);
  const trainer = await BpttTrainer.create(model, { batch: 1 });
  await trainer.train(batch, 0);
  const gradients = await model.parameters.read(model.parameters.flatGradient);
  trainer.release();
  model.release();
  return (name: string) => gradients.get(name)?.data ?? new Float32Array();
}

describe('an output layer of its own', () => {
  it('gives the logits, and with the numbers of the word embedding those of the tied model', async () => {
    const logits = await logitsWith();
    expect(logits.length).toBeGreaterThan(0);
    expect(await logitsWith(words)).toEqual(logits);
    expectClose(
      await logitsWith(words.map((value) => -2 * value)),
      logits.map((value) => -2 * value),
      { atol: 1e-6 },
    );
  });

  it('has a gradient of its own: both add up to that of the tied embedding', async () => {
    const [one, two] = [await gradientsWith(), await gradientsWith(words)];
    const [embedding, output] = [two(WORDS), two(OUTPUT)];
    expect(output.some((value) => value !== 0)).toBe(true);
    expectClose(
      embedding.map((value, i) => value + (output[i] ?? Number.NaN)),
      one(WORDS),
      { atol: 1e-6 },
    );
  });
});
