// Training of a small RMT encoder: losses, gradients, and their invariances.
import { describe, expect, it, vi } from 'vitest';
import { AdamW, type AdamWSettings } from '../engine/adamw.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import {
  classBatch,
  documents,
  droppingEncoder,
  type EncoderConfig,
  encoder,
  trainEncoder,
} from '../testing/encoder.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { B, evaluate } from '../testing/with-model.ts';
import { SegmentInputs } from './segments.ts';
import type { TrainingOptions } from './training.ts';

useSimpleKernels();

const settings: AdamWSettings = {
  learningRate: 5e-3,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 1e-3,
  clipNorm: 1,
  clipValue: 0,
};

/** Losses of some steps on one batch, with a new seed for the masks each step. */
async function losses(config: EncoderConfig, options: Partial<TrainingOptions>, steps: number, seed: number) {
  return trainEncoder(config, options, async (trainer, model) => {
    const optimiser = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
    const batch = classBatch(documents([12, 9, 12, 3], 2), [0, 1, 2, 3], config);
    const seen: number[] = [];
    for (let step = 1; step <= steps; step++) {
      optimiser.set(step, settings);
      const then = (encoder: GPUCommandEncoder) => optimiser.encode(encoder);
      seen.push((await trainer.train(batch, seed + step, then)).result.loss);
    }
    optimiser.release();
    return seen;
  });
}

/** Loss and all gradients of one batch, with a larger initial range so that every parameter matters. */
function gradients(
  config: EncoderConfig,
  options: Partial<TrainingOptions>,
  sequences: readonly number[][],
  loss: 'last' | 'mean' = 'last',
) {
  return trainEncoder(
    config,
    options,
    async (trainer, model) => {
      const labels = sequences.map((_, b) => b % config.num_labels);
      const { result } = await trainer.train(classBatch(sequences, labels, config, loss), 77);
      return { result, gradients: await model.parameters.read(model.parameters.flatGradient) };
    },
    0.2,
  );
}

describe('training', () => {
  it('begins at a loss of ln(classes)', async () => {
    const [loss] = await losses(encoder, {}, 1, 0);
    expect(Math.abs((loss ?? Number.NaN) - Math.log(encoder.num_labels))).toBeLessThan(0.2);
  });

  it('overfits four samples whose answer depends on the first segment alone', async () => {
    await trainEncoder(
      encoder,
      {},
      async (trainer, model) => {
        const optimiser = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
        // The word to remember, then a second segment of the same five words for all: the memory must carry the word.
        const batch = classBatch(
          [3, 4, 5, 6].map((word) => [word, 10, 11, 12, 13, 14]),
          [5, 0, 3, 1],
        );
        expect(batch.segments).toHaveLength(2);
        let steps = 0;
        let loss = Number.POSITIVE_INFINITY;
        while (loss > 0.05 && steps < 200) {
          optimiser.set(++steps, settings);
          const { result } = await trainer.train(batch, steps, (encoder) => optimiser.encode(encoder));
          loss = result.loss;
        }
        expect(loss).toBeLessThanOrEqual(0.05);
        expect(await evaluate(model, batch)).toMatchObject({ correct: 4, predicted: [5, 0, 3, 1] });
        optimiser.release();
      },
      0.2,
    );
  });

  it('gives the same losses for the same seed, to the bit, and others for another', async () => {
    const noisy = { memoryNoise: 0.1 };
    const first = await losses(droppingEncoder, noisy, 4, 10);
    expect(await losses(droppingEncoder, noisy, 4, 10)).toEqual(first);
    expect(await losses(droppingEncoder, noisy, 4, 20)).not.toEqual(first);
  });

  it.each([
    ['plainly', encoder, {}, 'last'],
    ['with the mean loss', encoder, {}, 'mean'],
    ['with dropout and memory noise', droppingEncoder, { memoryNoise: 0.1 }, 'last'],
  ] as const)('gives equal bits with recompute and keep, %s', async (_how, config, options, loss) => {
    const sequences = documents([14, 5, 11, 6], 3);
    const kept = await gradients(config, { ...options, bptt: 'keep' }, sequences, loss);
    const recomputed = await gradients(config, { ...options, bptt: 'recompute' }, sequences, loss);
    expect(recomputed).toEqual(kept);
    // The gradients are not all zero.
    const memory = kept.gradients.get('rmt.memory')?.data ?? new Float32Array(0);
    expect(memory.some((value) => value !== 0)).toBe(true);
  });

  it('draws other masks for another step and another segment', async () => {
    await trainEncoder(droppingEncoder, {}, async (trainer) => {
      const batch = classBatch(documents([12, 9, 12, 3], 2), [0, 1, 2, 3]);
      const at = async (seed: number) => (await trainer.train(batch, seed)).result.loss;
      const first = await at(1);
      expect(await at(2)).not.toBe(first);
      expect(await at(1)).toBe(first);
    });
  });

  it.each(['last', 'mean'] as const)(
    'pads a smaller batch with rows that do not change the results (%s loss)',
    async (loss) => {
      const sequences = documents([12, 4, 7], 4);
      const filled = await gradients(encoder, { batch: 4 }, sequences, loss);
      const exact = await gradients(encoder, { batch: 3 }, sequences, loss);
      // Other sizes use other kernel variants: equal up to f32's rounding.
      expectClose([filled.result.loss], [exact.result.loss], { atol: 1e-6 });
      expect(filled.result.predicted).toEqual(exact.result.predicted);
      for (const [name, { data }] of filled.gradients) {
        const want = exact.gradients.get(name)?.data ?? [];
        if (name.endsWith('key.bias')) expectClose(data, want, { atol: 1e-6, label: name });
        else expectNear(data, want, 1e-5, name);
      }
    },
  );

  it('takes no gradient from the head of a segment that is not scored', async () => {
    const sequences = documents([12, 9, 12, 3], 12);
    const labels = [0, 1, 2, 3];
    const last = classBatch(sequences, labels);
    const N = last.segments.length;
    expect(last.targets.map((targets) => targets !== undefined)).toEqual([...new Array(N - 1).fill(false), true]);
    // The same targets, with the head run after every segment at a weight of zero.
    const nothing = { labels, weights: [0, 0, 0, 0] };
    const unweighted = { ...last, targets: last.targets.map((targets) => targets ?? nothing) };
    await trainEncoder(
      encoder,
      {},
      async (trainer, model) => {
        const run = async (batch: typeof last) => {
          const { result } = await trainer.train(batch, 5);
          return { result, gradients: await model.parameters.read(model.parameters.flatGradient) };
        };
        const want = await run(last);
        const zero = await run(unweighted);
        expect(zero.gradients).toEqual(want.gradients);
        expect(zero.result.loss).toBe(want.result.loss);
        // The gradient of a segment scored in an earlier batch does not remain either.
        const mean = await run(classBatch(sequences, labels, encoder, 'mean'));
        expect(mean.gradients).not.toEqual(want.gradients);
        expect((await run(last)).gradients).toEqual(want.gradients);
        // There are no results where the head was not run.
        expect(want.result.rows.map((rows) => rows?.length)).toEqual([...new Array(N - 1).fill(undefined), 2 * B]);
        expect(mean.result.rows.map((rows) => rows?.length)).toEqual(new Array(N).fill(2 * B));
      },
      0.2,
    );
  });

  it('sorts rows by word only for the backward pass, which alone reads them', async () => {
    const enqueue = vi.spyOn(SegmentInputs.prototype, 'enqueue');
    try {
      await trainEncoder(encoder, {}, async (trainer) => {
        await trainer.train(classBatch(documents([15, 15, 15, 15], 3), [0, 1, 2, 3]), 1);
      });
      const sorted = enqueue.mock.calls.map(([, , , , [, segment], gradients]) => [segment, gradients]);
      expect(sorted).toEqual([...[0, 1, 2].map((n) => [n, false]), ...[2, 1, 0].map((n) => [n, true])]);
    } finally {
      enqueue.mockRestore();
    }
  });

  it('refuses a larger batch', async () => {
    await trainEncoder(encoder, {}, async (trainer) => {
      const batch = classBatch(documents([3, 3, 3, 3, 3], 1), [0, 0, 0, 0, 0]);
      await expect(trainer.train(batch, 0)).rejects.toThrow(new RangeError('batch: 5 sequences (expected at most 4)'));
    });
  });

  it('leaves the padding of the classifier at zero', async () => {
    await trainEncoder(encoder, {}, async (trainer, model) => {
      const optimiser = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
      optimiser.set(1, { ...settings, weightDecay: 0.5 });
      await trainer.train(classBatch(documents([3, 9, 3, 3], 1), [0, 1, 2, 3]), 0, (encoder) =>
        optimiser.encode(encoder),
      );
      const readback = new Readback(model.gpu);
      const [weight, bias] = await readback.now(
        ['classifier.weight', 'classifier.bias'].map((label) => model.parameters.get(label)),
      );
      expect(weight?.slice(6 * 16)).toEqual(new Float32Array(2 * 16));
      expect(bias?.slice(6)).toEqual(new Float32Array(2));
      readback.release();
      optimiser.release();
    });
  });

  it('trains without memory on the last segment alone', async () => {
    const memoryless = { ...encoder, num_mem_tokens: 0 };
    const long = await gradients(memoryless, {}, documents([10, 10], 8));
    const short = await gradients(
      memoryless,
      {},
      documents([10, 10], 8).map((sequence) => sequence.slice(5)),
    );
    expect(long.gradients).toEqual(short.gradients);
    expect({ ...long.result, rows: [] }).toEqual({ ...short.result, rows: [] });
    expect(long.result.rows).toEqual([undefined, ...short.result.rows]);
  });
});
