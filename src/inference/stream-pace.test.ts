// The pace of a stream, and a user's document, through the session on Dawn.
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { Desk, type Job, last, ofType } from '../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';

useSimpleKernels();

const bytes = new Uint8Array(readFileSync('public/checkpoints/detect.safetensors'));
type Start = Job<'stream'>;
const stream = (more: Partial<Start> = {}): Start => ({
  kind: 'stream',
  model: { kind: 'checkpoint', name: 'detect', bytes },
  segments: 6,
  seed: 1,
  attention: false,
  ...more,
});

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('a pace', () => {
  it('is never faster than requested, changes while it reads, and yields to a step', async () => {
    const desk = new Desk();
    const began = performance.now();
    const times: number[] = [];
    await desk.ask(stream({ segments: 100_000, interval: 150 }), 'stream-segment', ({ index }) => {
      times.push(performance.now());
      return index === 3;
    });
    // A segment's own time may vary; the three waits between the first four may not be shorter.
    expect(performance.now() - began).toBeGreaterThanOrEqual(3 * 150 - 20);
    expect(times).toHaveLength(4);
    // An hour per segment: only a step, another pace or a stop ends the wait.
    desk.send({ type: 'pace', of: 'stream', interval: 3_600_000 });
    const seen = await desk.ask({ type: 'step', of: 'stream' }, 'stream-paused');
    const [next] = [await desk.ask({ type: 'step', of: 'stream' }, 'stream-paused')];
    expect(next.index).toBe(seen.index + 1);
    desk.send({ type: 'continue', of: 'stream' });
    await desk.ask(
      { type: 'pace', of: 'stream', interval: 0 },
      'stream-segment',
      ({ index }) => index >= next.index + 3,
    );
    desk.send({ type: 'pace', of: 'stream', interval: 3_600_000 });
    const events = await desk.run({ type: 'stop', of: 'stream' });
    expect(last(ofType(events, 'stream-end')).finished).toBe(false);
  });
});

describe('a user’s document', () => {
  const facts = (place: string, segment = 1) => [{ text: `mary went to the ${place}.`, segment }];
  it('is answered by a trained model, wherever the fact is', async () => {
    for (const [place, segment] of [
      ['garden', 0],
      ['kitchen', 3],
      ['office', 4],
    ] as const) {
      const document = { facts: facts(place, segment), question: 'where is mary?' };
      const events = await new Desk().run(stream({ document }));
      expect(last(ofType(events, 'stream-end'))).toMatchObject({ answer: place, expected: place, finished: true });
      const marked = ofType(events, 'stream-segment').filter(({ marks }) => marks.some(({ kind }) => kind === 'fact'));
      expect(marked.map(({ index }) => index)).toEqual([segment]);
      expect(marked[0]?.words.slice(0, 6).join(' ')).toBe(`mary went to the ${place} .`);
    }
  });

  it('may come with a noise text, whose unknown words are reported', async () => {
    const document = { facts: facts('garden'), question: 'where is mary?' };
    const materials = { noise: { name: 'song', text: 'A zebra in the kitchen, a zebra!' } };
    const events = await new Desk().run(stream({ document, materials }));
    const [begin] = ofType(events, 'stream-begin');
    expect(begin?.noise).toMatchObject({
      words: 9,
      unknown: 5,
      different: 4,
      examples: ['zebra', 'in', 'kitchen', '!'],
    });
    const words = new Set(ofType(events, 'stream-segment').flatMap((segment) => segment.words));
    expect(words).toContain('[UNK]');
    expect(words).not.toContain('zebra');
    expect(words).not.toContain('kitchen');
  });

  it('is refused with a reason', async () => {
    const document = { facts: facts('moon'), question: 'where is mary?' };
    const [failed] = ofType(await new Desk().run(stream({ document })), 'failed');
    expect(failed).toMatchObject({ during: 'stream', status: 2 });
    expect(failed?.message).toMatch(/^your document: fact 1: 'mary went to the moon\.' \(expected '</);
  });
});
