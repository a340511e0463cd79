// Reading with a small RMT encoder: independent rows, the memory, attention, loss and predictions.
import { describe, expect, it } from 'vitest';
import { expectClose } from '../testing/close.ts';
import { classBatch, documents, type EncoderConfig, encoder, readEncoder, trainEncoder } from '../testing/encoder.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { B, evaluate } from '../testing/with-model.ts';
import type { SegmentView } from './reader.ts';
import { memoryRegions } from './recording.ts';
import { segmentBatch } from './segments.ts';

useSimpleKernels();

describe('a reader', () => {
  it('gives each row of a ragged batch the same results as its sequence alone', async () => {
    await readEncoder(
      encoder,
      {},
      async (reader) => {
        const sequences = documents([13, 2, 6, 5], 5);
        const run = async (some: readonly number[][]) => {
          reader.reset();
          let view: SegmentView = {
            logits: [],
            states: new Map(),
            memory: new Float32Array(0),
            attentions: [],
            parts: [],
          };
          for (const segment of segmentBatch(some, encoder).segments) view = await reader.step(segment);
          return view;
        };
        const together = await run(sequences);
        const size = encoder.num_mem_tokens * encoder.hidden_size;
        for (const [b, sequence] of sequences.entries()) {
          const alone = await run([sequence]);
          expectClose(alone.logits[0] ?? [], together.logits[b] ?? [], { atol: 1e-6, label: `logits ${b}` });
          expectClose(alone.memory.subarray(0, size), together.memory.subarray(b * size, (b + 1) * size), {
            atol: 1e-6,
            label: `memory ${b}`,
          });
        }
      },
      0.2,
    );
  });

  it('depends on earlier segments through its memory, and only through it', async () => {
    const [first, second] = [documents([10], 6)[0] ?? [], documents([10], 7)[0] ?? []];
    // The same last segment after different first ones.
    const sequences = [first, [...second.slice(0, 5), ...first.slice(5)]];
    const lossOf = (config: EncoderConfig, sequence: readonly number[]) =>
      readEncoder(config, {}, (reader) => reader.evaluate(classBatch([[...sequence]], [1], config)), 0.2);
    const memoryless = { ...encoder, num_mem_tokens: 0 };
    const [a, b] = [await lossOf(memoryless, sequences[0] ?? []), await lossOf(memoryless, sequences[1] ?? [])];
    expect(b).toEqual(a);
    const [c, d] = [await lossOf(encoder, sequences[0] ?? []), await lossOf(encoder, sequences[1] ?? [])];
    expect(Math.abs(c.loss - d.loss)).toBeGreaterThan(1e-6);
  });

  it('has the same results to the bit when the last layer computes only the rows that are read', async () => {
    const sequences = documents([13, 2, 6, 5], 5);
    // With attention all rows are computed.
    const read = (attention: 'none' | 'memory') =>
      readEncoder(encoder, { attention }, async (reader) => {
        reader.reset();
        const views = [];
        for (const segment of segmentBatch(sequences, encoder).segments) {
          const { logits, memory } = await reader.step(segment);
          views.push({ logits, memory });
        }
        return { views, batch: reader.cost.activationBytes };
      });
    const [few, all] = [await read('none'), await read('memory')];
    expect(few.views).toEqual(all.views);
    expect(few.batch).toBeLessThan(all.batch);
  });

  it('keeps the requested attention, every row a distribution', async () => {
    await readEncoder(encoder, { attention: 'memory' }, async (reader, model) => {
      reader.reset();
      const [segment = []] = segmentBatch(documents([5, 5, 5, 3], 9), encoder).segments;
      const { attentions } = await reader.step(segment);
      const { S } = model.blueprint.layout;
      expect(memoryRegions(model.blueprint)).toEqual([
        { row: 1, rows: 2, column: 0, columns: S },
        { row: 0, rows: S, column: 1, columns: 2 },
      ]);
      expect(attentions).toHaveLength(encoder.num_hidden_layers);
      const [write, read] = attentions[0] ?? [];
      expect(write).toHaveLength(B * 2 * 2 * S);
      expect(read).toHaveLength(B * 2 * S * 2);
      for (let row = 0; row < B * 2 * 2; row++) {
        const sum = write?.subarray(row * S, (row + 1) * S).reduce((total, weight) => total + weight, 0);
        expectClose([sum ?? Number.NaN], [1], { atol: 1e-5 });
      }
    });
  });

  it('computes loss and predictions from the results of its rows', async () => {
    const sequences = documents([12, 9, 12, 3], 13);
    await trainEncoder(
      encoder,
      {},
      async (trainer, model) => {
        for (const loss of ['last', 'mean'] as const) {
          const batch = classBatch(sequences, [0, 1, 2, 3], encoder, loss);
          const { result } = await trainer.train(batch, 5);
          expect(await evaluate(model, batch)).toEqual(result);
          const N = batch.segments.length;
          let total = 0;
          for (let n = 0; n < N; n++)
            for (let b = 0; b < B; b++) total += (batch.targets[n]?.weights[b] ?? 0) * (result.rows[n]?.[2 * b] ?? 0);
          expectClose([result.loss], [total], { rtol: 1e-12 });
          // Only the last segment's predictions count.
          const answers = sequences.map((_, b) => result.rows[N - 1]?.[2 * b + 1]);
          expect(result.predicted).toEqual(answers);
          const correct = answers.filter((answer, b) => answer === b).length;
          expect(result).toMatchObject({ correct, scored: 4, exact: correct });
        }
      },
      0.2,
    );
  });
});
