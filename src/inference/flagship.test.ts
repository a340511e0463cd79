// The model that the page opens on answers about documents of a person's own: three people, six moves, places overwritten.
import { readFileSync } from 'node:fs';
import { afterEach, expect, it } from 'vitest';
import { batchOf, documentOf } from '../experiment/samples.ts';
import { loadModel, openCheckpoint, workOfCheckpoint } from '../experiment/workspace.ts';
import { SegmentReader } from '../models/reader.ts';
import { Desk, last, ofType } from '../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';

useSimpleKernels();

const segments = 12;
const bytes = new Uint8Array(readFileSync('public/checkpoints/tracking.safetensors'));
/** Segment and sentence of each move, in order. */
const moves = [
  [1, 'mary went to the kitchen .'],
  [2, 'john moved to the garden .'],
  [4, 'sandra journeyed to the office .'],
  [6, 'mary travelled to the bathroom .'],
  [7, 'john went back to the hallway .'],
  [9, 'mary moved to the bedroom .'],
] as const;
/** The answers after some of the moves. */
const questions = [
  { told: 3, places: { mary: 'kitchen', john: 'garden', sandra: 'office' } },
  { told: 4, places: { mary: 'bathroom', john: 'garden', sandra: 'office' } },
  { told: 6, places: { mary: 'bedroom', john: 'hallway', sandra: 'office' } },
];

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

it('answers where each of three people is, before and after they move on', async () => {
  const { checkpoint, where } = openCheckpoint(bytes, 'tracking.safetensors');
  const work = await workOfCheckpoint(checkpoint, where);
  const { segment_size } = checkpoint.blueprint.config;
  const asked = questions.flatMap(({ told, places }) =>
    Object.entries(places).map(([person, place]) => ({
      place,
      document: {
        facts: moves.slice(0, told).map(([segment, text]) => ({ segment: segment - 1, text })),
        question: `where is ${person} ?`,
      },
    })),
  );
  const samples = asked.map(({ document }, k) => documentOf(work, k + 1, segments, segment_size, document));
  const classes = work.task.kind === 'classification' ? work.task.classes : [];
  expect(samples.map(({ answer }) => classes[answer])).toEqual(asked.map(({ place }) => place));
  const gpu = await testGpu();
  const model = await loadModel(gpu, checkpoint);
  const reader = await SegmentReader.create(model, { batch: asked.length });
  try {
    const { predicted } = await reader.evaluate(batchOf(samples, model.blueprint));
    expect(predicted.map((k) => classes[k])).toEqual(asked.map(({ place }) => place));
  } finally {
    reader.release();
    model.release();
  }
});

it('asks the question of the document after every segment, of the memory that intervention leaves too', async () => {
  const events = await new Desk().run({
    kind: 'stream',
    model: { kind: 'checkpoint', name: 'tracking.safetensors', bytes: bytes.slice() },
    segments,
    seed: 1,
    attention: false,
    document: {
      facts: moves.map(([segment, text]) => ({ segment: segment - 1, text })),
      question: 'where is mary ?',
    },
    interventions: [{ kind: 'zero', segment: 9 }],
  });
  const { classes } = last(ofType(events, 'stream-begin')).model;
  const best = (probabilities: Float32Array) => classes[probabilities.indexOf(Math.max(...probabilities))];
  const read = ofType(events, 'stream-segment');
  const places = (from: number, to: number, place: string) => Array.from({ length: to - from + 1 }, () => place);
  const expected = [...places(1, 5, 'kitchen'), ...places(6, 8, 'bathroom'), ...places(9, 12, 'bedroom')];
  expect(read.slice(0, 9).map(({ probabilities }) => best(probabilities))).toEqual(expected.slice(0, 9));
  // Zeroed after the tenth segment: nothing of it is left, and the untouched stream still knows.
  expect(Math.max(...(read[10]?.probabilities ?? []))).toBeLessThan(0.9);
  expect(read.slice(9).flatMap(({ untouched }) => (untouched ? [best(untouched.probabilities)] : []))).toEqual(
    expected.slice(12 - read.filter(({ untouched }) => untouched).length),
  );
});

it('answers the same whether questions are asked one by one, at a pace, or several in one pass', async () => {
  const read = async (interval: number) => {
    const events = await new Desk().run({
      kind: 'stream',
      model: { kind: 'checkpoint', name: 'tracking.safetensors', bytes: bytes.slice() },
      segments: 7,
      seed: 3,
      attention: false,
      ...(interval > 0 ? { interval } : {}),
    });
    return ofType(events, 'stream-segment').map(({ probabilities }) => [...probabilities]);
  };
  const [together, alone] = [await read(0), await read(1)];
  expect(together).toHaveLength(7);
  for (const [n, probabilities] of together.entries())
    for (const [k, probability] of probabilities.entries())
      expect(probability, `segment ${n + 1}`).toBeCloseTo(alone[n]?.[k] ?? Number.NaN, 5);
  // The answers differ from segment to segment, so that a question asked of another memory would be noticed.
  expect(new Set(together.map(String)).size).toBe(7);
});
