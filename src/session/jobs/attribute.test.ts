// Attribution through a session, on what training made.
import { afterEach, describe, expect, it } from 'vitest';
import { Desk, type Of, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, file, stream } from '../../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

const attribute = async (more: object = {}) => {
  const { bytes } = await completeRun();
  const { kind: _, ...request } = stream(file(bytes));
  return { kind: 'attribute', ...request, ...more } as const;
};

const segmentsOf = (events: Parameters<typeof ofType>[0]) =>
  (ofType(events, 'attribute-segment') as Of<'attribute-segment'>[]).sort((a, b) => a.index - b.index);

describe('an attribution', () => {
  it('explains the answer that the stream gives, word by word and memory by memory', async () => {
    const { bytes } = await completeRun();
    const desk = new Desk();
    const streamed = await desk.run(stream(file(bytes)));
    const [end] = ofType(streamed, 'stream-end');
    const events = await desk.run(await attribute());
    expect(story(events).replaceAll('attribute-progress ', '')).toBe(
      `attribute-begin ${'attribute-segment '.repeat(5)}attribute-end`,
    );
    const [begin] = ofType(events, 'attribute-begin');
    expect(begin?.answer.word).toBe(end?.answer);
    expect(begin).toMatchObject({ segment: 4, word: 0, words: 1 });
    expect(begin?.candidates.map(({ word }) => word).slice(0, 2)).toEqual([begin?.answer.word, begin?.than.word]);
    // Its probability is the one that the stream reports.
    const last = ofType(streamed, 'stream-segment').at(-1);
    expect(begin?.answer.probability).toBeCloseTo(Math.max(...(last?.probabilities ?? [])), 5);
    const segments = segmentsOf(events);
    expect(segments.map(({ words }) => words)).toEqual(ofType(streamed, 'stream-segment').map(({ words }) => words));
    for (const { words, margin, logProbability } of segments)
      for (const each of [margin, logProbability]) {
        expect(each.words).toHaveLength(words.length);
        expect(each.norms).toHaveLength(2);
        expect(each.products).toHaveLength(2);
        expect(Math.max(...each.words.map(Math.abs))).toBeGreaterThan(0);
        expect(Math.min(...each.norms)).toBeGreaterThan(0);
      }
  });

  it('of the margin is that of one log-probability minus that of the other', async () => {
    const desk = new Desk();
    const [first] = ofType(await desk.run(await attribute()), 'attribute-begin');
    const named = { answer: first?.than.word, than: first?.answer.word };
    const events = await desk.run(await attribute());
    const turned = await desk.run(await attribute(named));
    expect(ofType(turned, 'attribute-begin')[0]?.answer).toEqual(first?.than);
    const [one, other] = [segmentsOf(events), segmentsOf(turned)];
    one.forEach(({ margin, logProbability }, n) => {
      const opposite = other[n]?.logProbability.words ?? new Float32Array(0);
      margin.words.forEach((value, t) => {
        const difference = (logProbability.words[t] ?? Number.NaN) - (opposite[t] ?? Number.NaN);
        expect(Math.abs(value - difference)).toBeLessThan(1e-5 + 1e-3 * Math.abs(value));
      });
    });
  });

  it('integrated on the way from a document without words adds up to what the words change', async () => {
    const desk = new Desk();
    const events = await desk.run(await attribute({ steps: 16 }));
    const [begin] = ofType(events, 'attribute-begin');
    const { answer, than, baseline } = begin ?? {};
    const marginOf = (pair?: { answer: { logit: number }; than: { logit: number } }) =>
      (pair?.answer.logit ?? Number.NaN) - (pair?.than.logit ?? Number.NaN);
    expect([baseline?.answer.word, baseline?.than.word]).toEqual([answer?.word, than?.word]);
    const difference = marginOf(answer && than && { answer, than }) - marginOf(baseline);
    const sum = segmentsOf(events).reduce(
      (total, { margin }) => total + margin.special + margin.words.reduce((a, b) => a + b, 0),
      0,
    );
    expect(Math.abs(difference)).toBeGreaterThan(1e-3);
    expect(Math.abs(sum - difference)).toBeLessThan(0.02 * Math.abs(difference));
    // Memory is explained at the document itself, by either method.
    const plain = segmentsOf(await desk.run(await attribute()));
    for (const [n, { margin }] of segmentsOf(events).entries())
      for (const [i, value] of margin.norms.entries())
        expect(value).toBeCloseTo(plain[n]?.margin.norms[i] ?? Number.NaN, 5);
    expect(segmentsOf(events)[0]?.margin.words).not.toEqual(plain[0]?.margin.words);
  });

  it('stops when it is asked to, and says so', async () => {
    const desk = new Desk();
    desk.send(await attribute({ segments: 40 }));
    const events = await desk.run({ type: 'stop', of: 'attribute' });
    expect(ofType(events, 'attribute-segment')).toEqual([]);
    expect(ofType(events, 'attribute-end')).toEqual([{ type: 'attribute-end', finished: false }]);
  });

  it('refuses points that it cannot take', async () => {
    const [failed] = ofType(await new Desk().run(await attribute({ steps: 1000 })), 'failed');
    expect(failed?.message).toBe('points of integrated gradients: 1000 (expected a whole number from 0 to 256)');
  });

  it('refuses an answer that the model does not know', async () => {
    const [failed] = ofType(await new Desk().run(await attribute({ answer: 'moon' })), 'failed');
    expect(failed).toMatchObject({ during: 'attribute', status: 2 });
    expect(failed?.message).toBe("answer: 'moon' (expected an answer that the model knows)");
  });
});
