// Training of a tiny model of every kind: losses, reproducibility, gradients, learning.
import { describe, expect, it } from 'vitest';
import { AdamW, type AdamWSettings } from '../engine/adamw.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { family, still, tinyConfigs } from '../testing/models.ts';
import { B, batchOf, evaluate, gradientsOf, largest, texts, withTrainer } from '../testing/with-model.ts';
import { blueprintOf } from './index.ts';
import { segmentBatch } from './segments.ts';
import { tokenTargets } from './targets.ts';

useSimpleKernels();

describe.each(family)('%s', (id) => {
  it('begins at a loss of ln(choices)', async () => {
    const blueprint = still(id);
    await withTrainer(
      blueprint,
      {},
      async (trainer) => {
        const { result } = await trainer.train(batchOf(blueprint, texts([11, 6], 1)), 1);
        expect(Math.abs(result.loss - Math.log(blueprint.shape.classes))).toBeLessThan(0.1);
      },
      0.02,
    );
  });

  it('gives the same bits for the same seed, other results for another, and equal bits with keep and recompute', async () => {
    // With each model's default dropout.
    const blueprint = blueprintOf(tinyConfigs[id], id);
    const batch = batchOf(blueprint, texts([11, 6], 1));
    const options = { memoryNoise: 0.1 };
    const kept = await withTrainer(blueprint, { ...options, bptt: 'keep' }, (trainer, model) =>
      gradientsOf(trainer, model, batch),
    );
    await withTrainer(blueprint, options, async (trainer, model) => {
      expect(await gradientsOf(trainer, model, batch)).toEqual(kept);
      expect((await gradientsOf(trainer, model, batch, 8)).result.loss).not.toBe(kept.result.loss);
      expect(await gradientsOf(trainer, model, batch)).toEqual(kept);
    });
    // Every parameter has a gradient.
    for (const [name, { data }] of kept.gradients) {
      if (/segment|token_type/.test(name)) continue;
      expect(largest(data), name).toBeGreaterThan(0);
    }
  });
});

describe('a generative model', () => {
  const blueprint = still('rmt-gpt2');
  const rows = blueprint.layout.head.rows;

  it('takes no gradient from the head of a segment that is not scored', async () => {
    await withTrainer(blueprint, {}, async (trainer, model) => {
      const sequences = texts([11, 7], 6);
      const segmented = segmentBatch(sequences, blueprint.config);
      const all = batchOf(blueprint, sequences);
      const answer = [
        { from: 9, to: 11 },
        { from: 5, to: 7 },
      ];
      const last = tokenTargets(segmented, rows, sequences, answer);
      expect(last.targets.map((targets) => targets !== undefined)).toEqual([false, false, true]);
      const nothing = { labels: new Array(B * rows).fill(0), weights: new Array(B * rows).fill(0) };
      const unweighted = { ...last, targets: last.targets.map((targets) => targets ?? nothing) };
      const want = await gradientsOf(trainer, model, unweighted);
      expect((await gradientsOf(trainer, model, last)).gradients).toEqual(want.gradients);
      expect((await gradientsOf(trainer, model, all)).gradients).not.toEqual(want.gradients);
      expect((await gradientsOf(trainer, model, last)).gradients).toEqual(want.gradients);
    });
  });

  it('has no gradient if nothing is scored', async () => {
    await withTrainer(blueprint, {}, async (trainer, model) => {
      const sequences = texts([6, 6], 6);
      const none = tokenTargets(segmentBatch(sequences, blueprint.config), rows, sequences, [
        { from: 3, to: 3 },
        { from: 0, to: 1 },
      ]);
      const { result, gradients } = await gradientsOf(trainer, model, none);
      expect(result).toMatchObject({ loss: 0, correct: 0, scored: 0, predicted: [] });
      for (const [name, { data }] of gradients) expect(largest(data), name).toBe(0);
    });
  });

  it('overfits four samples whose answer depends on the first segment alone', async () => {
    const settings: AdamWSettings = {
      learningRate: 3e-2,
      beta1: 0.9,
      beta2: 0.999,
      epsilon: 1e-8,
      weightDecay: 0,
      clipNorm: 1,
      clipValue: 0,
    };
    await withTrainer(blueprint, {}, async (trainer, model) => {
      const optimiser = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
      // The word to remember, the same text for all, and the word again.
      const sequences = [4, 5, 6, 7].map((word) => [word, 8, 9, 8, 9, 8, 9, word]);
      const inputs = sequences.map((sequence) => sequence.slice(0, -1));
      const segmented = segmentBatch(inputs, blueprint.config);
      expect(segmented.segments).toHaveLength(2);
      const batch = tokenTargets(
        segmented,
        blueprint.config.segment_size,
        sequences,
        sequences.map(() => ({ from: 7, to: 8 })),
      );
      let [steps, loss] = [0, Number.POSITIVE_INFINITY];
      while (loss > 0.05 && steps < 150) {
        optimiser.set(++steps, settings);
        loss = (await trainer.train(batch, steps, (encoder) => optimiser.encode(encoder))).result.loss;
      }
      expect(loss).toBeLessThanOrEqual(0.05);
      expect(await evaluate(model, batch)).toMatchObject({ correct: 4, exact: 4, predicted: [4, 5, 6, 7] });
      optimiser.release();
    });
  });
});
