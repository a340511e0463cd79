// The stream slice with custom facts and noise, interventions, pace, and a second look at segments.
import { beforeEach, describe, expect, it } from 'vitest';
import type { ModelFacts, Report, ReportOf } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { encoderFacts, manifestOf } from '../../testing/facts.ts';
import { Line } from '../../testing/line.ts';
import { memoryStorage } from '../library/storage.ts';
import type { Environment } from '../state.ts';
import { createPlayground } from '../store.ts';
import { streamKey } from './stream.ts';

const model: ModelFacts = { ...encoderFacts, hiddenSize: 2, classes: ['bathroom', 'hallway'] };
const manifest = manifestOf(3);
type Segment = ReportOf<'stream-segment'>;
const segment = (index: number, more: Partial<Segment> = {}): Segment => ({
  type: 'stream-segment',
  index,
  words: ['a', 'b'],
  marks: [],
  memory: Float32Array.of(1, 0),
  probabilities: Float32Array.of(0.25, 0.75),
  // All of the memory's attention on the first word; [CLS] gives it half of its own.
  write: Float32Array.of(0, 0, 0, 1, 0, 0),
  read: Float32Array.of(0.5, 0, 0, 0, 0, 0),
  milliseconds: 1,
  gpuBytes: 5,
  ...more,
});
const begin: Report = {
  type: 'stream-begin',
  model,
  segments: 3,
  expected: 'hallway',
  tokens: 6,
  blank: Float32Array.of(0, 1),
};

let posted: (Job | Wish)[];
const environment: Omit<Environment, 'post'> = {
  fetchFile: async (path) =>
    path.endsWith('.json') ? new TextEncoder().encode(JSON.stringify(manifest)) : Uint8Array.of(1, 2, 3),
  runs: memoryStorage(),
  obstacle: undefined,
};
async function ready() {
  const line = new Line(posted);
  const store = createPlayground({ ...environment, post: line.post });
  await store.getState().models.load();
  const receive = line.receiver(store.getState);
  return { get: store.getState, receive };
}
beforeEach(() => {
  posted = [];
});

describe('a stream', () => {
  it('is requested with custom facts, noise, interventions and pace, and keyed by them', async () => {
    const { get } = await ready();
    get().experiment.setStream({ task: 'detect' });
    const plain = streamKey(get());
    const facts = [{ text: 'mary went to the hallway.', segment: 1 }];
    const keys = new Set([plain]);
    get().experiment.setStream({ facts, question: 'where is mary?' });
    keys.add(streamKey(get()));
    get().experiment.setStream({ changes: [{ kind: 'zero', segment: 1 }] });
    keys.add(streamKey(get()));
    get().stream.setNoise({ name: 'your text', text: 'la la' });
    keys.add(streamKey(get()));
    get().stream.setNoise({ name: 'your text', text: 'la lo' });
    keys.add(streamKey(get()));
    expect(keys.size).toBe(5);
    get().stream.setInterval(500);
    // The pace does not change the stream's key.
    expect(keys).toContain(streamKey(get()));
    await get().stream.start();
    expect(posted).toMatchObject([
      {
        kind: 'stream',
        document: { facts, question: 'where is mary?' },
        interventions: [{ kind: 'zero', segment: 1 }],
        materials: { noise: { text: 'la lo' } },
        interval: 500,
        segments: 3,
        seed: 9,
      },
    ]);
    get().stream.setInterval(100);
    expect(posted.at(-1)).toEqual({ type: 'pace', of: 'stream', interval: 100 });
  });

  it('does not send a noise text to a task without noise', async () => {
    const { get } = await ready();
    get().stream.setNoise({ name: 'your text', text: 'la la' });
    get().experiment.setStream({ task: 'documents' });
    await get().stream.start();
    expect(posted[0]).not.toHaveProperty('materials');
  });

  it('determines each segment’s operation from its incoming memory', async () => {
    const { get, receive } = await ready();
    await get().stream.start();
    receive(
      begin,
      segment(0),
      segment(1, {
        left: Float32Array.of(1, 0),
        memory: Float32Array.of(0, 0),
        interventions: [{ kind: 'zero', segment: 1 }],
      }),
      segment(2, { memory: Float32Array.of(0, 0), untouched: { probabilities: Float32Array.of(1, 0) } }),
      { type: 'stream-end', answer: 'hallway', expected: 'hallway', finished: true, untouched: { answer: 'bathroom' } },
    );
    const { log, verdict } = get().stream;
    const operations = log?.segments.map(({ change, decision }) => [change, decision?.operations]);
    expect(operations).toEqual([
      [1, ['write']],
      [0, ['hold']],
      [1, ['write']],
    ]);
    expect(log?.changed).toEqual([1]);
    expect([...(log?.untouchedProbability ?? [])]).toEqual([Number.NaN, Number.NaN, 0]);
    expect(log?.expectedProbability[2]).toBe(0.75);
    expect(verdict).toEqual({ answer: 'hallway', expected: 'hallway', untouched: { answer: 'bathroom' } });
    expect(log?.shelf.get(2)?.before).toEqual(Float32Array.of(0, 0));
  });
});

describe('a second look', () => {
  it('requests each segment once with its incoming memory, and is cleared with the stream', async () => {
    const { get, receive } = await ready();
    await get().stream.start();
    receive(begin, segment(0), segment(1), segment(2));
    await get().look.read([0, 2]);
    expect(posted.at(-1)).toMatchObject({
      kind: 'look',
      seed: 9,
      at: [
        { index: 0, memory: undefined },
        { index: 2, memory: Float32Array.of(1, 0) },
      ],
    });
    const attention = Float32Array.of(1);
    receive({ type: 'look-begin' }, { type: 'look-segment', index: 0, attention });
    expect(get().look.status).toBe('reading');
    receive({ type: 'look-segment', index: 2, attention }, { type: 'look-end' });
    expect(get().look.status).toBe('ready');
    expect([...get().look.seen.keys()]).toEqual([0, 2]);
    const sent = posted.length;
    await get().look.read([2]);
    // Segments no longer shown are dropped: a large model's attention takes 150 MB per segment.
    expect([...get().look.seen.keys()]).toEqual([2]);
    expect(posted).toHaveLength(sent);
    await get().look.read([1]);
    receive({ type: 'failed', during: 'look', message: 'look: broken', status: 1 });
    expect(get().look).toMatchObject({
      status: 'failed',
      error: expect.stringMatching(/could not be computed\. look: broken\.$/),
    });
    await get().stream.start();
    receive(begin);
    expect(get().look).toMatchObject({ status: 'idle', error: undefined });
    expect(get().look.seen.size).toBe(0);
  });

  it('drops reports for a replaced stream', async () => {
    const { get, receive } = await ready();
    await get().stream.start();
    receive(begin, segment(0), segment(1));
    await get().look.read([0]);
    await get().stream.start();
    receive(begin, segment(0));
    receive(
      { type: 'look-begin' },
      { type: 'look-segment', index: 0, attention: Float32Array.of(1) },
      { type: 'look-end' },
    );
    expect(get().look).toMatchObject({ status: 'idle' });
    expect(get().look.seen.size).toBe(0);
  });
});
