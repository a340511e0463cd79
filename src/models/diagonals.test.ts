// Reading by diagonals against reading segment by segment, bit for bit, for every kind of model with a memory in each layer.
import { describe, expect, it } from 'vitest';
import { Desk, type Job, ofType } from '../testing/desk.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { still, type TinyModel } from '../testing/models.ts';
import { completeRun, file, plain, stream } from '../testing/session-runs.ts';
import { texts, withReader } from '../testing/with-model.ts';
import { DiagonalReader } from './diagonals.ts';
import type { SegmentView } from './reader.ts';
import { segmentBatch } from './segments.ts';

useSimpleKernels();

const variants: readonly [TinyModel, object][] = [
  ['armt-gpt2', { n_layer: 2 }],
  ['armt-gpt2', { n_layer: 4, key_norm: 'l2', correction: false }],
  ['armt-gpt2', { n_layer: 3, write_positions: 'end', n_positions: 20 }],
  ['armt-gpt2', { n_layer: 2, tie_word_embeddings: false, activation_function: 'relu' }],
  ['armt-bert', { num_hidden_layers: 2, segment_alignment: 'left' }],
  ['armt-bert', { num_hidden_layers: 4, key_norm: 'l2', correction: false }],
];

const numbersOf = ({ logits, states, attentions }: SegmentView): (readonly [string, Float32Array])[] => [
  ...logits.map((row, i) => [`logits ${i}`, row] as const),
  ...states,
  ...attentions.flatMap((layer, l) => layer.map((weights, i) => [`attention ${l}, ${i}`, weights] as const)),
];

describe.each(variants)('%s %o', (id, change) => {
  // Fewer segments than layers, as many, and more; the first or the last is short, or none is.
  it('gives the same results as reading segment by segment', async () => {
    const blueprint = still(id, change);
    await withReader(blueprint, { batch: 1, attention: 'memory' }, async (reader, model) => {
      expect(DiagonalReader.supports(model)).toBe(true);
      const diagonals = await DiagonalReader.create(model, { attention: 'memory' });
      for (const [length, seed] of [
        [3, 1],
        [8, 2],
        [13, 3],
        [30, 4],
      ] as const) {
        const { segments } = segmentBatch(texts([length], seed), blueprint.config);
        const document = segments.map(([text]) => text);
        // Again after going back to the beginning: nothing is left of the first reading.
        for (let reading = 0; reading < 2; reading++) {
          reader.reset();
          diagonals.begin(document);
          for (const [n, segment] of segments.entries()) {
            const wanted = numbersOf(await reader.step(segment));
            const got = new Map(numbersOf(await diagonals.read(n)));
            expect([...got.keys()].sort()).toEqual(wanted.map(([name]) => name).sort());
            for (const [name, values] of wanted)
              expect(got.get(name), `${name} of segment ${n} of ${segments.length}`).toEqual(values);
          }
        }
      }
      diagonals.release();
    });
  });
});

it('is not for models of one layer, or whose layers share what is passed on', async () => {
  for (const [id, change] of [
    ['armt-gpt2', { n_layer: 1 }],
    ['rmt-gpt2', { n_layer: 2 }],
    ['gpt2', { n_layer: 2 }],
    ['rmt-transformer-xl', { n_layer: 2 }],
  ] as const)
    await withReader(still(id, change), { batch: 1 }, async (_reader, model) => {
      expect(DiagonalReader.supports(model)).toBe(false);
    });
});

it('reads a document of 64 segments for a stream, with the predictions of one that waits for an intervention', async () => {
  const { bytes } = await completeRun({ ...plain, model: 'armt-gpt2', num_hidden_layers: 2, stages: [1] });
  const read = async (interventions: Job<'stream'>['interventions'] = []) =>
    ofType(await new Desk().run(stream(file(bytes), { segments: 64, interventions })), 'stream-segment');
  const [got, wanted] = [await read(), await read([{ kind: 'zero', segment: 62 }])];
  expect([got.length, wanted.length]).toEqual([64, 64]);
  expect(new Set(got.map(({ gpuBytes }) => gpuBytes)).size).toBe(1);
  for (const [n, { probabilities, memory, write, index, milliseconds }] of got.entries()) {
    expect(index).toBe(n);
    expect(milliseconds).toBeGreaterThan(0);
    // The last segment is the only one that the intervention changes.
    if (n === 63) continue;
    expect(probabilities).toEqual(wanted[n]?.probabilities);
    expect(memory).toEqual(wanted[n]?.left ?? wanted[n]?.memory);
    expect(write).toEqual(wanted[n]?.write);
  }
});
