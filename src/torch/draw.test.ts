// What is drawn for other programs is what the trainer reads: the losses of its steps are those of the drawn batches.
import { afterEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../experiment/config.ts';
import { loadModel, openCheckpoint, workOf } from '../experiment/workspace.ts';
import { readSafetensorsHeader } from '../io/safetensors-header.ts';
import { SegmentReader } from '../models/reader.ts';
import { segmentBatch } from '../models/segments.ts';
import { classTargets, tokenTargets } from '../models/targets.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { Trainer } from '../train/trainer.ts';
import type { DataTable } from './data-table.ts';
import { samplesAhead, samplesOfStages, trainingSamples, validationSamples } from './draw.ts';

useSimpleKernels();

const common = {
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_mem_tokens: 2,
  stages: [1, 3],
  stage_steps: [2, 3],
  batch_size: 4,
  learning_rate: 1e-8,
  weight_decay: 0,
  validate_samples: 6,
} as const;
const encoder = parseConfig({ ...common, task: 'memorize', segment_size: 11, noise_words: 10 });
const decoder = parseConfig({ ...common, task: 'copy', model: 'rmt-gpt2', segment_size: 6, segments_drawn: 'fixed' });
const several = parseConfig({
  ...common,
  ...{ task: 'key-value', pairs: '3', more_questions: '1', model: 'rmt-gpt2', segment_size: 12 },
  segments_drawn: 'fixed',
});

interface Row {
  readonly step?: number;
  readonly stage: number;
  readonly segments: number;
  readonly tokens: number[];
  readonly label?: number;
  readonly answer?: [number, number];
  readonly answered?: number[];
  readonly text: string;
}
const rowsOf = (table: DataTable): Row[] => [...table.jsonLines()].map((line) => JSON.parse(line));

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('samples for other programs', () => {
  it.each([
    ['encoder', encoder],
    ['decoder', decoder],
    ['decoder that is asked several questions', several],
  ])('have the losses of the steps and of the validation: %s', async (_name, config) => {
    const gpu = await testGpu();
    const trainer = await Trainer.create(gpu, config);
    const { checkpoint } = openCheckpoint(await trainer.checkpoint(), 'run');
    const model = await loadModel(gpu, checkpoint, 6);
    const reader = await SegmentReader.create(model, { batch: 6 });
    const { config: shape } = model.blueprint;
    const lossOf = async (rows: readonly Row[]) => {
      const generates = config !== encoder;
      const inputs = rows.map(({ tokens }) => (generates ? tokens.slice(0, -1) : tokens));
      const cut = segmentBatch(inputs, shape);
      const batch = generates
        ? tokenTargets(
            cut,
            shape.segment_size,
            rows.map(({ tokens }) => tokens),
            rows.map(({ answer: [from, to] = [0, 0], answered }) => ({ from, to, before: answered })),
          )
        : classTargets(
            cut,
            rows.map(({ label = -1 }) => label),
          );
      return (await reader.evaluate(batch)).loss;
    };
    try {
      const rows = rowsOf(await trainingSamples(trainer.work, config, 20));
      // The learning rate is so small that the weights hardly change.
      for (let step = 1; step <= 5; step++) {
        const { report, validation } = await trainer.turn();
        const batch = rows.filter((row) => row.step === step);
        expect(batch).toHaveLength(4);
        expect(new Set(batch.map(({ segments }) => segments))).toEqual(new Set([(await report).segments]));
        expect((await report).batch.loss).toBeCloseTo(await lossOf(batch), 4);
        if (!validation) continue;
        const held = rowsOf(validationSamples(trainer.work, config, 6, [validation.segments]));
        expect(held).toHaveLength(6);
        expect(validation.loss).toBeCloseTo(await lossOf(held), 4);
      }
    } finally {
      reader.release();
      model.release();
      await trainer.release();
    }
  });

  it('are the same as a table of integers', async () => {
    const work = await workOf(several);
    const table = await trainingSamples(work, several, 7);
    const rows = rowsOf(table);
    const pieces = table.safetensors();
    const bytes = new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
    const { entries, metadata, end } = readSafetensorsHeader(bytes, 'data');
    const column = (name: string) => {
      const { dtype, data_offsets: at } = entries.get(name) as { dtype: string; data_offsets: [number, number] };
      expect(dtype).toBe('I32');
      return [...new Int32Array(bytes.slice(end + at[0], end + at[1]).buffer)];
    };
    expect(column('tokens')).toEqual(rows.flatMap(({ tokens }) => tokens));
    expect(column('lengths')).toEqual(rows.map(({ tokens }) => tokens.length));
    expect(column('step')).toEqual(rows.map(({ step }) => step));
    expect(column('answer')).toEqual(rows.flatMap(({ answer }) => answer));
    expect(rows[0]?.answered).toHaveLength(1);
    expect(column('answered')).toEqual(rows.flatMap(({ answered }) => answered));
    expect(column('answers')).toEqual(rows.map(({ answered }) => answered?.length));
    expect(JSON.parse(metadata['config'] ?? '')).toEqual(several);
    expect(rows[0]?.text.split(' ')).toHaveLength(rows[0]?.tokens.length ?? 0);
  });

  it('go on with the last stage after the end of the run', async () => {
    const work = await workOf(encoder);
    const rows = rowsOf(await trainingSamples(work, encoder, 30));
    expect(samplesAhead(encoder)).toBe(20);
    expect(rows.at(-1)).toMatchObject({ step: 8, stage: 2 });
    expect(rows.slice(0, 20)).toEqual(rowsOf(await trainingSamples(work, encoder, 20)));
  });

  it('give every stage its share, in whole batches', async () => {
    const work = await workOf(encoder);
    const steps = async (count: number, from = { step: 0, stage: 0, stageStep: 0 }) => [
      ...new Set(rowsOf(await samplesOfStages(work, encoder, count, { from })).map(({ step }) => step)),
    ];
    expect(await steps(100)).toEqual([1, 2, 3, 4, 5]);
    expect(await steps(14)).toEqual([1, 3, 4]);
    expect(await steps(1)).toEqual([1, 3]);
    expect(await steps(100, { step: 3, stage: 1, stageStep: 1 })).toEqual([4, 5]);
  });
});
