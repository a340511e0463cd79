import { describe, expect, it } from 'vitest';
import { BpttTrainer } from '../models/training.ts';
import { expectNear } from '../testing/close.ts';
import { goldenParts, goldenSegment, loadGoldenParts } from '../testing/golden-parts.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { weightGradient } from './inspect.ts';

useSimpleKernels();

describe.each(goldenParts)('the gradient of the attention weights of %s', (path, name) => {
  it('is PyTorch’s', async () => {
    const { model, batch, want } = await loadGoldenParts(path, name);
    const { heads } = model.blueprint.shape;
    const { S } = model.blueprint.layout;
    const parts = [
      { kind: 'projected', layer: 1 },
      { kind: 'attended', layer: 1 },
    ] as const;
    const trainer = await BpttTrainer.create(model, { batch: batch.sequences, dropout: false, parts });
    const seen = await trainer.inspect(batch, goldenSegment);
    const [projected, attended] = parts.map(({ kind }) => seen.parts.find(({ part }) => part.kind === kind));
    const golden = want('gradient.weights.1');
    const of = (all: Float32Array | undefined, b: number) => {
      const one = (all?.length ?? 0) / batch.sequences;
      return all?.subarray(b * one, (b + 1) * one) ?? new Float32Array(0);
    };
    const isCausal = model.blueprint.answers === 'tokens';
    for (let b = 0; b < batch.sequences; b++) {
      const sizes = { heads, rows: S, columns: S };
      const { values } = weightGradient(of(attended?.gradient, b), of(projected?.value, b), sizes, S, 0);
      // PyTorch has a gradient of the weights that a causal mask keeps at 0 too.
      expect(values).toHaveLength(of(golden, b).length);
      expectNear(values, of(golden, b), 2e-5, `sequence ${b}${isCausal ? ', causal' : ''}`);
    }
    trainer.release();
    model.release();
  });
});
