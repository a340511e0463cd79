// Reading with a tiny model of every kind: independent rows, scored words, a segment read twice.
import { describe, expect, it } from 'vitest';
import { expectClose } from '../testing/close.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { family, still } from '../testing/models.ts';
import { B, texts, withReader } from '../testing/with-model.ts';
import type { SegmentView } from './reader.ts';
import { segmentBatch } from './segments.ts';
import { tokenTargets } from './targets.ts';

useSimpleKernels();

describe.each(family)('%s', (id) => {
  it('gives each row of a ragged batch the same results as its sequence alone', async () => {
    const blueprint = still(id);
    const { config, layout } = blueprint;
    await withReader(blueprint, {}, async (reader) => {
      // The second row starts in the second-to-last segment.
      const sequences = texts([10, 6], 3);
      const run = async (some: readonly number[][]) => {
        reader.reset();
        let view: SegmentView = {
          logits: [],
          states: new Map(),
          memory: new Float32Array(0),
          attentions: [],
          parts: [],
        };
        for (const segment of segmentBatch(some, config).segments) view = await reader.step(segment);
        return view;
      };
      const together = await run(sequences);
      for (const [b, sequence] of sequences.entries()) {
        const alone = await run([sequence]);
        const last = segmentBatch([sequence], config).segments.at(-1)?.[0]?.length ?? 0;
        const rows = blueprint.answers === 'class' ? 1 : last;
        for (let row = 0; row < rows; row++)
          expectClose(alone.logits[row] ?? [], together.logits[b * layout.head.rows + row] ?? [], {
            atol: 1e-5,
            label: `logits ${b}, ${row}`,
          });
        for (const [label, values] of together.states) {
          const size = values.length / B;
          expectClose(alone.states.get(label)?.subarray(0, size) ?? [], values.subarray(b * size, (b + 1) * size), {
            atol: 1e-5,
            label: `${label} of ${b}`,
          });
        }
      }
    });
  });
});

describe('a generative model', () => {
  const blueprint = still('rmt-gpt2');
  const rows = blueprint.layout.head.rows;

  it('is scored word by word: loss, correct words, and sequences that are entirely correct', async () => {
    await withReader(blueprint, {}, async (reader) => {
      const sequences = texts([11, 7], 5);
      const scored = [
        { from: 2, to: 11 },
        { from: 5, to: 7 },
      ];
      const segmented = segmentBatch(sequences, blueprint.config);
      const batch = tokenTargets(segmented, rows, sequences, scored);
      for (const scoredFrom of [0, 2]) {
        const result = await reader.evaluate({ ...batch, scoredFrom });
        let loss = 0;
        const predicted: number[] = [];
        const wrong = new Set<number>();
        batch.segments.forEach((segment, n) => {
          segment.forEach((text, b) => {
            for (let t = 0; t < (text?.length ?? 0); t++) {
              const weight = batch.targets[n]?.weights[b * rows + t] ?? 0;
              if (weight === 0) continue;
              const [nats, word] = [0, 1].map((i) => result.rows[n]?.[2 * (b * rows + t) + i] ?? Number.NaN);
              loss += weight * (nats ?? Number.NaN);
              if (n < scoredFrom) continue;
              predicted.push(word ?? Number.NaN);
              if (word !== batch.targets[n]?.labels[b * rows + t]) wrong.add(b);
            }
          });
        });
        expectClose([result.loss], [loss], { rtol: 1e-12 });
        expect(result.predicted).toEqual(predicted);
        expect(result.scored).toBe(predicted.length);
        expect(result.scored).toBe(scoredFrom === 0 ? 11 : 4);
        expect(result.exact).toBe(2 - wrong.size);
      }
      // Labels equal to the model's own predictions: everything is correct.
      const own = await reader.evaluate(batch);
      const agreed = batch.targets.map(
        (targets, n) =>
          targets && {
            ...targets,
            labels: Array.from(targets.labels, (_, row) => own.rows[n]?.[2 * row + 1] ?? 0),
          },
      );
      expect(await reader.evaluate({ ...batch, targets: agreed })).toMatchObject({
        correct: 11,
        scored: 11,
        exact: 2,
      });
      // One label of the second sequence changed.
      const changed = agreed.map((targets, n) =>
        n === 2 && targets
          ? { ...targets, labels: targets.labels.map((word, row) => (row === rows ? (word + 1) % 10 : word)) }
          : targets,
      );
      expect(await reader.evaluate({ ...batch, targets: changed })).toMatchObject({
        correct: 10,
        scored: 11,
        exact: 1,
      });
    });
  });

  it.each(['rmt-gpt2', 'rmt-transformer-xl'] as const)(
    '%s can read a longer version of a segment again until its states are passed on',
    async (id) => {
      const model = still(id);
      const { head } = model.layout;
      await withReader(model, {}, async (reader) => {
        const [text = []] = texts([7], 8);
        const [first, second] = [Int32Array.from(text.slice(0, 4)), Int32Array.from(text.slice(4))];
        reader.reset();
        await reader.step([first]);
        const found = await reader.readStates();
        const short = await reader.step([second.subarray(0, 2)], false);
        const long = await reader.step([second], false);
        // Text is read causally: later words do not change earlier predictions.
        for (let t = 0; t < 2; t++) expectClose(long.logits[t] ?? [], short.logits[t] ?? [], { atol: 1e-6 });
        // Each returns the states it would produce, and leaves the stored states unchanged.
        expect(long.states).not.toEqual(short.states);
        expect(await reader.readStates()).toEqual(found);
        const advanced = await reader.step([second]);
        expect(advanced.logits).toEqual(long.logits);
        expect(advanced.states).toEqual(long.states);
        expect(await reader.readStates()).not.toEqual(found);
        expect(head.rows).toBe(4);
      });
    },
  );
});
