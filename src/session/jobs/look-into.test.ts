// The jobs that look into segments of a document: the logit lens and ARMT’s associations.
import { afterEach, describe, expect, it } from 'vitest';
import { places } from '../../tasks/facts.ts';
import { Desk, last, type Of, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, file, plain, stream, tiny } from '../../testing/session-runs.ts';

useSimpleKernels();

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

/** The segments of a stream, each with the memory it received. */
const receivedBy = (segments: readonly Of<'stream-segment'>[]) =>
  segments.map(({ index }) => ({ index, memory: segments[index - 1]?.memory }));

/** A decoder of the copy task, and of associations if asked. */
async function decoder(model: 'rmt-gpt2' | 'armt-gpt2', task: 'copy' | 'memorize') {
  const sizes = task === 'copy' ? { segment_size: 6 } : {};
  const config = { ...tiny, ...plain, task, model, ...sizes, stages: [2], stage_steps: [1] } as const;
  return last(ofType(await new Desk().run({ kind: 'train', config }), 'checkpoint')).bytes;
}

describe('the logit lens', () => {
  it('ends with the probabilities of the model itself, after every segment', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    const segments = ofType(await desk.run(stream(model)), 'stream-segment');
    const { expected } = ofType(desk.events, 'stream-begin')[0] as Of<'stream-begin'>;
    const events = await desk.run({ kind: 'lens', model, segments: 5, seed: 1, at: receivedBy(segments) });
    expect(story(events)).toBe(`lens-begin ${'lens-segment '.repeat(5)}lens-end`);
    for (const { index, columns } of ofType(events, 'lens-segment')) {
      const [column] = columns;
      expect(columns).toHaveLength(1);
      expect(column).toMatchObject({ segment: index, count: 1 });
      const { probabilities } = segments[index] as Of<'stream-segment'>;
      const own = probabilities[places.indexOf(expected as 'garden')] as number;
      // Two layers and the input of the first.
      expect(column?.right).toHaveLength(3);
      expect(column?.right[2]).toBeCloseTo(own, 5);
      const best = places[probabilities.indexOf(Math.max(...probabilities))];
      expect(column?.top?.[2]?.answer).toBe(best);
      expect(column?.top?.[2]?.probability).toBeCloseTo(Math.max(...probabilities), 5);
      expect(column?.hits[2]).toBe(best === expected ? 1 : 0);
    }
  });

  it('of a decoder has a column for each word of the answer', async () => {
    const model = file(await decoder('rmt-gpt2', 'copy'));
    const desk = new Desk();
    const segments = ofType(await desk.run(stream(model, { segments: 2 })), 'stream-segment');
    const found = ofType(
      await desk.run({ kind: 'lens', model, segments: 2, seed: 1, at: receivedBy(segments) }),
      'lens-segment',
    ).flatMap(({ columns }) => columns);
    const { verdict } = { verdict: ofType(desk.events, 'stream-end')[0] as Of<'stream-end'> };
    expect(found).toHaveLength(verdict.asked ?? -1);
    expect(found.filter(({ hits }) => hits.at(-1) === 1)).toHaveLength(verdict.right ?? -1);
    const answer = segments.flatMap(({ words, marks, guesses, behind }) => [
      ...words.flatMap((word, at) =>
        marks.some((mark) => mark.kind === 'answer' && at >= mark.start && at < mark.end)
          ? [{ word, probability: guesses?.[at]?.probability }]
          : [],
      ),
      ...(behind ? [{ word: behind.word, probability: behind.guess.probability }] : []),
    ]);
    expect(found.map(({ word }) => word)).toEqual(answer.map(({ word }) => word));
    found.forEach(({ right }, i) => {
      expect(right.at(-1)).toBeCloseTo(answer[i]?.probability ?? Number.NaN, 5);
    });
  });

  it('refuses a segment that the document does not have', async () => {
    const model = file((await completeRun()).bytes);
    const [failed] = ofType(
      await new Desk().run({ kind: 'lens', model, segments: 2, seed: 1, at: [{ index: 7 }] }),
      'failed',
    );
    expect(failed?.message).toContain('segment: 8');
  });
});

describe('associations', () => {
  it('have the size of what the stream passed on, and shares that add up to 1', async () => {
    const model = file(await decoder('armt-gpt2', 'memorize'));
    const desk = new Desk();
    const segments = ofType(await desk.run(stream(model, { segments: 4 })), 'stream-segment');
    const events = await desk.run({ kind: 'associations', model, segments: 4, seed: 1, at: receivedBy(segments) });
    expect(story(events)).toBe(`associations-begin ${'associations-segment '.repeat(4)}associations-end`);
    for (const { index, layers } of ofType(events, 'associations-segment')) {
      const { memory } = segments[index] as Of<'stream-segment'>;
      const D = tiny.hidden_size;
      const each = memory.length / layers.length;
      layers.forEach(({ frobenius, numerical, effective, shares, writes, recalled }, l) => {
        const squares = memory
          .subarray(l * each, (l + 1) * each)
          .reduce((sum, value, i) => (i % (D + 4) < D ? sum + value * value : sum), 0);
        expect(frobenius).toBeCloseTo(Math.sqrt(squares), 5);
        expect(effective).toBeLessThanOrEqual(Math.max(numerical, 1) + 1e-6);
        expect(writes.every(({ beta, gamma }) => beta > 0 && beta < 1 && gamma >= 0 && gamma <= 1)).toBe(true);
        expect(shares).toHaveLength(index);
        if (index > 0 && recalled > 0) expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 5);
      });
    }
  });

  it('are refused for a model without them', async () => {
    const model = file((await completeRun()).bytes);
    const [failed] = ofType(
      await new Desk().run({ kind: 'associations', model, segments: 2, seed: 1, at: [{ index: 0 }] }),
      'failed',
    );
    expect(failed?.message).toContain('associative memory');
  });
});
