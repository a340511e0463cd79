// Bytes of GPU memory in training and streaming: what grows with the number of segments, and what remains after a failure.
import { describe, expect, it } from 'vitest';
import { Gpu } from '../engine/gpu/adapter.ts';
import { Random } from '../random.ts';
import { classBatch, documents, encoder, encoderOf, readEncoder, trainEncoder } from '../testing/encoder.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { family, still } from '../testing/models.ts';
import { B, batchOf, texts, withTrainer } from '../testing/with-model.ts';
import { Model } from './model.ts';
import { segmentBatch } from './segments.ts';
import { BpttTrainer } from './training.ts';

useSimpleKernels();

describe('bytes', () => {
  const stateBytes = B * encoder.num_mem_tokens * encoder.hidden_size * 4;
  const segments = (count: number) => classBatch(documents([count * 5, count * 5, count * 5, 3], 10), [0, 1, 2, 3]);

  it('of training with recompute grow only by the states of each segment', async () => {
    await trainEncoder(encoder, {}, async (trainer, model) => {
      await trainer.train(segments(2), 0);
      const two = model.gpu.bytes;
      await trainer.train(segments(16), 0);
      expect(model.gpu.bytes - two).toBe(14 * stateBytes);
      // A shorter batch afterwards allocates nothing.
      await trainer.train(segments(2), 0);
      expect(model.gpu.bytes - two).toBe(14 * stateBytes);
    });
  });

  it('of training that keeps the activations also grow by the activations', async () => {
    await trainEncoder(encoder, { bptt: 'keep' }, async (trainer, model) => {
      await trainer.train(segments(2), 0);
      const two = model.gpu.bytes;
      await trainer.train(segments(4), 0);
      expect(model.gpu.bytes - two).toBe(2 * (stateBytes + trainer.cost.activationBytes));
    });
  });

  it('of streaming are flat', async () => {
    await readEncoder(encoder, { batch: 1, attention: 'memory' }, async (reader, model) => {
      reader.reset();
      const [text = []] = documents([5 * 20], 11);
      const stream = segmentBatch([text], encoder).segments;
      await reader.step(stream[0] ?? []);
      const { bytes, peakBytes } = model.gpu;
      for (const segment of stream.slice(1)) await reader.step(segment);
      expect([model.gpu.bytes, model.gpu.peakBytes]).toEqual([bytes, peakBytes]);
    });
  });

  /** The same device, on which allocating a buffer with this label fails. */
  const fullFor = (gpu: Gpu, refused: string): Gpu =>
    Object.create(gpu, {
      allocate: {
        writable: true,
        value(this: Gpu, label: string, bytes: number, usage: number) {
          if (label.startsWith(refused)) throw new RangeError(`buffer '${label}': no room`);
          return Gpu.prototype.allocate.call(this, label, bytes, usage);
        },
      },
    });

  it('are released when there is no room for the activations', async () => {
    const full = fullFor(await testGpu(), 'segment 0');
    const model = await Model.create(full, encoderOf());
    // A trainer allocates the gradients' buffer, which belongs to the model.
    expect(model.parameters.flatGradient.shape).toEqual([model.parameters.length]);
    const before = full.bytes;
    await expect(BpttTrainer.create(model, { batch: B })).rejects.toThrow(/^buffer 'segment 0.*no room/);
    expect(full.bytes).toBe(before);
    model.release();
  });

  it('are counted correctly when there is no room for the states of a longer batch', async () => {
    const gpu = await testGpu();
    const full = fullFor(gpu, 'nothing yet');
    const model = await Model.create(full, encoderOf());
    model.parameters.initialise(new Random(1), 0.02);
    const trainer = await BpttTrainer.create(model, { batch: B });
    const { result } = await trainer.train(segments(2), 0);
    const before = full.bytes;
    const allocate = full.allocate;
    full.allocate = fullFor(gpu, 'memory states').allocate;
    await expect(trainer.train(segments(3), 0)).rejects.toThrow("buffer 'memory states': no room");
    full.allocate = allocate;
    // The smaller buffer was released; it is allocated again on the next use, and counted once.
    expect(full.bytes).toBe(before - 2 * stateBytes);
    expect((await trainer.train(segments(2), 0)).result).toEqual(result);
    expect(full.bytes).toBe(before);
    trainer.release();
    model.release();
  });
});

describe.each(family)('%s', (id) => {
  it('uses memory that grows only by the states of each segment', async () => {
    const blueprint = still(id);
    const gpu = await testGpu();
    const stateBytes = blueprint
      .states(B)
      .reduce((sum, { shape }) => sum + Math.ceil((shape.reduce((a, b) => a * b) * 4) / 256) * 256, 0);
    await withTrainer(blueprint, {}, async (trainer) => {
      // Only the last segment is scored, so the buffer of results does not grow.
      const of = (segments: number) => {
        const batch = batchOf(blueprint, texts([4 * segments, 4 * segments], 4));
        return { ...batch, targets: batch.targets.map((targets, n) => (n === segments - 1 ? targets : undefined)) };
      };
      await trainer.train(of(2), 0);
      const two = gpu.bytes;
      await trainer.train(of(9), 0);
      expect(gpu.bytes - two).toBe(7 * stateBytes);
      const nine = gpu.bytes;
      await trainer.train(of(3), 0);
      expect(gpu.bytes).toBe(nine);
    });
  });
});
