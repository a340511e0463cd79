// Continuing a text.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { decoder, openPage } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import type { Environment } from '../state.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('continuing a text', () => {
  const begin: Report = { type: 'generate-begin', model: decoder, prompt: ['a', '>'], expected: ['a', 'a'] };
  const word = (text: string): Report => ({ type: 'generate-word', word: text, probability: 0.5, segments: 1 });

  it('begins with the streamed document, and collects words', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().generate.start();
    expect(posted).toEqual([
      {
        kind: 'generate',
        model: { kind: 'checkpoint', name: 'detect.safetensors', bytes: Uint8Array.of(1, 2, 3) },
        words: 24,
        temperature: 0,
        segments: 48,
        seed: 9,
      },
    ]);
    receive(begin, word('a'), word('b'));
    expect(get().generate).toMatchObject({ status: 'writing', writing: { segmentSize: 2, prompt: ['a', '>'] } });
    expect(get().generate.writing?.words.map((each) => each.word)).toEqual(['a', 'b']);
    receive({ type: 'generate-end', finished: true, judgement: { right: false, reason: 'no' } });
    expect(get().generate).toMatchObject({ status: 'ended', writing: { judgement: { reason: 'no' } } });
  });

  it('accepts a custom beginning, with its own seed', async () => {
    const { get } = fresh();
    await get().models.load();
    get().generate.set({ prompt: 'x y', temperature: 0.5, seed: 3 });
    await get().generate.start();
    expect(posted.at(-1)).toMatchObject({ kind: 'generate', prompt: 'x y', temperature: 0.5, seed: 3 });
    expect(posted.at(-1)).not.toHaveProperty('segments');
  });

  it('is cleared when another document is streamed', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().generate.start();
    receive(begin, word('a'), { type: 'generate-end', finished: true });
    await get().stream.start();
    receive({ type: 'stream-begin', model: decoder, segments: 2, expected: 'a', tokens: 4 });
    expect(get().generate).toMatchObject({ status: 'idle', writing: undefined });
  });

  it('is stopped, fails, and loses the GPU', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().generate.start();
    receive(begin, word('a'));
    get().generate.stop();
    expect(posted.at(-1)).toEqual({ type: 'stop', of: 'generate' });
    receive({ type: 'generate-end', finished: false });
    expect(get().generate.status).toBe('stopped');
    await get().generate.start();
    receive({ type: 'failed', during: 'generate', message: 'prompt: no words', status: 2 });
    expect(get().generate).toMatchObject({
      status: 'failed',
      error: 'The text could not be continued. prompt: no words.',
    });
    await get().generate.start();
    receive(begin, { type: 'device-lost', message: 'gone' });
    expect(get().generate).toMatchObject({ status: 'failed', error: 'The text could not be continued. gone.' });
  });
});
