// The current stream: started, followed, paused, replaced.
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../experiment/presets.ts';
import { writeSafetensors } from '../../io/safetensors.ts';
import type { Event, Report, ReportOf } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { decoder, model, openPage, progress, segmentEvent } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import type { Environment } from '../state.ts';
import { streamKey } from './stream.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('stream', () => {
  const begin: Report = { type: 'stream-begin', model, segments: 4, expected: 'kitchen', tokens: 8 };

  it('starts the first bundled checkpoint with its own defaults', async () => {
    const { get } = fresh();
    await get().models.load();
    await get().stream.start();
    expect(posted).toEqual([
      {
        kind: 'stream',
        segments: 48,
        seed: 9,
        attention: true,
        model: { kind: 'checkpoint', name: 'detect.safetensors', bytes: Uint8Array.of(1, 2, 3) },
      },
    ]);
    expect(get().stream.key).toBe(streamKey(get()));
  });

  it('collects segments, follows the newest, and lets the user jump', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(begin, segmentEvent(0), segmentEvent(1));
    expect(get().stream).toMatchObject({ status: 'playing', seen: 2, current: 1 });
    get().stream.jump(0);
    receive(segmentEvent(2));
    expect(get().stream).toMatchObject({ seen: 3, current: 0, following: false });
    get().stream.jump(99);
    expect(get().stream.current).toBe(2);
    get().stream.follow();
    receive(segmentEvent(3), { type: 'stream-end', answer: 'kitchen', expected: 'kitchen', finished: true });
    expect(get().stream).toMatchObject({
      status: 'ended',
      current: 3,
      verdict: { answer: 'kitchen', expected: 'kitchen' },
    });
    const { log } = get().stream;
    expect(log?.expectedProbability[3]).toBeCloseTo(0.5);
    expect(log?.marked).toEqual([{ index: 1, kinds: ['fact'] }]);
    expect(log?.similarity.kept).toEqual([0, 1, 2, 3]);
  });

  it('ignores a replaced stream', async () => {
    const { get, receive, line } = fresh();
    await get().models.load();
    await get().stream.start();
    const first = line.idOf('stream');
    get().experiment.setStream({ seed: 2 });
    await get().stream.start();
    const second = line.idOf('stream');
    get().experiment.setStream({ seed: 3 });
    // It replaces the second before its request is complete.
    const third = get().stream.start();
    for (const id of [first, second])
      for (const report of [begin, segmentEvent(0)]) get().receive({ ...report, id } as Event);
    await third;
    expect(posted).toMatchObject([
      { kind: 'stream', seed: 9 },
      { type: 'stop', of: 'stream' },
      { kind: 'stream', seed: 2 },
      { type: 'stop', of: 'stream' },
      { kind: 'stream', seed: 3 },
    ]);
    const end = { type: 'stream-end', answer: 'office', expected: 'kitchen', finished: false } as const;
    get().receive({ ...end, id: second });
    expect(get().stream).toMatchObject({ status: 'starting', seen: 0, verdict: undefined });
    receive(begin, segmentEvent(0));
    expect(get().stream).toMatchObject({ status: 'playing', seen: 1 });
  });

  it('collects the predictions of a generative model, including the word after the end', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(
      { type: 'stream-begin', model: decoder, segments: 2, expected: 'abc', tokens: 4 },
      {
        ...(segmentEvent(0) as ReportOf<'stream-segment'>),
        words: ['a', '>'],
        marks: [{ kind: 'fact', start: 0, end: 1 }],
        probabilities: new Float32Array(0),
        guesses: [
          { word: '', probability: 0 },
          { word: '>', probability: 1 },
        ],
      },
      {
        ...(segmentEvent(1) as ReportOf<'stream-segment'>),
        words: ['a', 'b'],
        marks: [{ kind: 'answer', start: 0, end: 2 }],
        probabilities: new Float32Array(0),
        guesses: [
          { word: 'a', probability: 0.5 },
          { word: 'c', probability: 0.25 },
        ],
        behind: { word: 'c', guess: { word: 'c', probability: 1 } },
      },
      { type: 'stream-end', answer: '2 of 3', expected: 'abc', finished: true, right: 2, asked: 3 },
    );
    const { log, verdict } = get().stream;
    expect(verdict).toMatchObject({ right: 2, asked: 3 });
    const [first, second] = log?.segments ?? [];
    expect(first && log?.scoredWords(first)).toEqual([]);
    expect(second && log?.scoredWords(second).map(({ at, right }) => [at, right])).toEqual([
      [0, true],
      [1, false],
      [2, true],
    ]);
    expect(log?.expectedProbability[0]).toBeNaN();
    expect(log?.expectedProbability[1]).toBeCloseTo((0.5 + 0.25 + 1) / 3, 6);
    expect(log?.loss).toBeCloseTo((Math.log(2) + Math.log(4)) / 3, 6);
  });

  it('is due again once the model was trained further, with the training length for a text', async () => {
    const { get, receive } = fresh();
    get().experiment.choosePreset('copy');
    get().run.start();
    receive({ type: 'train-begin', model: decoder, progress });
    get().experiment.setStream({ model: 'training' });
    await get().stream.start();
    expect(posted.at(-1)).toMatchObject({
      kind: 'stream',
      model: { kind: 'training' },
      segments: Math.max(...presetConfig('copy').stages),
    });
    expect(get().stream.key).toBe(streamKey(get()));
    get().stream.forget();
    expect(get().stream.key).toBeUndefined();
  });

  it('says what failed and keeps its segments', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(begin, segmentEvent(0), { type: 'failed', during: 'stream', message: 'stream: broken', status: 1 });
    expect(get().stream).toMatchObject({
      status: 'failed',
      error: 'The document could not be read. stream: broken. The segments read so far are kept.',
      seen: 1,
    });
  });

  it('is due again when another file of the same name is opened', async () => {
    const { get } = fresh();
    await get().models.load();
    const contentOf = (content: number) => writeSafetensors([['a', { shape: [1], data: Float32Array.of(content) }]]);
    const open = (content: number) => get().models.addFile(new File([contentOf(content)], 'mine.safetensors'));
    await open(1);
    get().experiment.setStream({ model: 'file:mine.safetensors' });
    await get().stream.start();
    expect(get().stream.key).toBe(streamKey(get()));
    await open(2);
    expect(get().models.files).toEqual(['mine.safetensors']);
    expect(get().stream.key).not.toBe(streamKey(get()));
    await get().stream.start();
    const last = posted.at(-1) as unknown as { model: { name: string; files: File[] } };
    expect(last.model.name).toBe('mine.safetensors');
    expect(new Uint8Array((await last.model.files[0]?.arrayBuffer()) ?? [])).toEqual(contentOf(2));
    // The same for a text that it reads.
    get().experiment.setStream({ task: 'language' });
    const keys = ['one', 'two'].map((text) => {
      get().materials.give({ text: new File([text], 'book.txt') });
      return streamKey(get());
    });
    expect(keys[0]).not.toBe(keys[1]);
  });

  it('shows no answer of an earlier document with the next one, or with its error', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    const end: Report = { type: 'stream-end', answer: 'kitchen', expected: 'kitchen', finished: true };
    await get().stream.start();
    receive(begin, segmentEvent(0), end);
    await get().stream.start();
    expect(get().stream).toMatchObject({ status: 'starting', verdict: undefined });
    receive({ type: 'failed', during: 'stream', message: 'stream: broken', status: 1 });
    expect(get().stream).toMatchObject({
      log: undefined,
      seen: 0,
      error: 'The document could not be read. stream: broken.',
    });
    await get().stream.start();
    receive(begin, segmentEvent(0), end);
    await get().stream.start();
    get().stream.stop();
    expect(get().stream).toMatchObject({ status: 'idle', log: undefined, verdict: undefined, error: undefined });
  });

  it('says if a model is unavailable', async () => {
    const { get } = fresh();
    await get().models.load();
    get().experiment.setStream({ model: 'training' });
    await get().stream.start();
    expect(get().stream.error).toMatch(/Nothing has been trained/);
    get().experiment.setStream({ model: '../secret' });
    await get().stream.start();
    expect(get().stream.error).toMatch(/“\.\.\/secret” is not available here/);
    expect(posted).toEqual([]);
  });

  it('pauses, steps and continues', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(begin, segmentEvent(0));
    get().stream.pause();
    receive({ type: 'stream-paused', index: 0 });
    get().stream.step();
    receive(segmentEvent(1));
    expect(get().stream).toMatchObject({ status: 'paused', seen: 2 });
    get().stream.play();
    expect(posted.slice(1)).toEqual([
      { type: 'pause', of: 'stream' },
      { type: 'step', of: 'stream' },
      { type: 'continue', of: 'stream' },
    ]);
    expect(get().stream.status).toBe('playing');
  });
});
