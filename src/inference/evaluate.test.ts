// The sums of an evaluation, with a reader whose losses are known.
import { describe, expect, it } from 'vitest';
import type { Work } from '../experiment/workspace.ts';
import { blueprintOf } from '../models/index.ts';
import type { Model } from '../models/model.ts';
import type { SegmentReader } from '../models/reader.ts';
import { scoreBatch } from '../models/score.ts';
import type { Batch } from '../models/targets.ts';
import { Random } from '../random.ts';
import { tinyConfigs } from '../testing/models.ts';
import { evaluateSamples, figuresOf, noSums, type Sums } from './evaluate.ts';

const blueprint = blueprintOf(tinyConfigs.gpt2, 'test');
const size = blueprint.config.segment_size;

/** Sequences of five tokens, of which the last ones are the answer: one in the first sample, three in the second. */
function workOf(answers: readonly (readonly number[])[]): Work {
  let drawn = 0;
  const sample = () => {
    const answer = answers[drawn++ % answers.length] ?? [];
    const tokens = Int32Array.from([...new Array(5 - answer.length).fill(1), ...answer]);
    return { tokens, answerFrom: 5 - answer.length, answerEnd: 5, marks: [] };
  };
  return { task: { id: 'test', kind: 'generation', sample }, vocabulary: {}, material: {} } as unknown as Work;
}

/** A reader of one sequence at a time: it predicts 7, with a loss of 8 nats where it is wrong and 1 where it is right. */
const reader = {
  batch: 1,
  async evaluate(batch: Batch) {
    const rows = batch.targets.map((targets) =>
      targets ? Float32Array.from(Array.from(targets.labels).flatMap((label) => [label === 7 ? 1 : 8, 7])) : undefined,
    );
    return scoreBatch(batch, rows, size);
  },
} as unknown as SegmentReader;

async function sumsOf(answers: readonly (readonly number[])[]): Promise<Sums> {
  let last = noSums;
  const model = { blueprint } as Model;
  const samples = evaluateSamples(reader, model, workOf(answers), new Random(1), 1, { count: answers.length });
  for await (const sums of samples) last = sums;
  return last;
}

describe('an evaluation', () => {
  it('gives the mean loss over the scored tokens, however many each sample has', async () => {
    const figures = figuresOf(await sumsOf([[2], [7, 7, 7]]));
    expect(figures).toMatchObject({ right: 3, asked: 4, commonest: 3 });
    expect(figures.loss).toBeCloseTo((8 + 1 + 1 + 1) / 4, 6);
  });

  it('knows what the commonest answer alone would score, and says when the model does no better', async () => {
    const { commonest, suspicions } = figuresOf(await sumsOf([[3], [3, 7, 3]]));
    expect(commonest).toBe(3);
    expect(suspicions.map(({ kind, figure }) => [kind, figure])).toEqual([['commonest-answer', 0.75]]);
  });
});
