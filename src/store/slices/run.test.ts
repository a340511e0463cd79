// The current run: started, stepped, resumed, saved.
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../experiment/presets.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { at, model, openPage, progress, stepEvent } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import type { Environment } from '../state.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('run', () => {
  it('starts with the configuration shown, and draws its curves', () => {
    const { get, receive } = fresh();
    get().experiment.choosePreset('tiny');
    get().run.start();
    expect(posted).toEqual([{ kind: 'train', config: presetConfig('tiny') }]);
    receive({ type: 'train-begin', model, progress }, stepEvent(1), stepEvent(2), stepEvent(3, 1));
    receive({
      type: 'validation',
      progress: { ...progress, step: 3 },
      segments: 2,
      samples: 8,
      accuracy: 0.75,
      whole: 0.5,
      loss: 1,
      commonest: 0.25,
    });
    const { curves, version, status } = get().run;
    expect(status).toBe('running');
    expect(version).toBe(4);
    expect(curves.steps.length).toBe(3);
    expect(curves.bands).toEqual([
      { stage: 0, segments: 1, from: 0 },
      { stage: 1, segments: 2, from: 2 },
    ]);
    expect(curves.validations.get(2)?.last?.accuracy).toBe(0.75);
  });

  it('does not start with an invalid configuration', () => {
    const { get } = fresh();
    get().experiment.setKnob('hidden_size', 6);
    get().run.start();
    expect(posted).toEqual([]);
    expect(get().run.error).toContain('hidden_size');
  });

  it('can be cancelled while it is prepared, and shows what was there before', async () => {
    const { get, receive } = fresh();
    get().run.start();
    get().run.stop();
    expect(posted.at(-1)).toEqual({ type: 'stop', of: 'train' });
    expect(get().run).toMatchObject({ status: 'idle', id: undefined, config: undefined });
    get().run.start();
    const bytes = Uint8Array.of(1);
    receive({ type: 'train-begin', model, progress }, stepEvent(3));
    receive(
      { type: 'checkpoint', bytes, progress: at(3) },
      { type: 'train-end', progress: at(3), finished: false, suspicions: [] },
    );
    const { id, curves } = get().run;
    get().run.start();
    expect(get().run.id).not.toBe(id);
    get().run.stop();
    expect(get().run).toMatchObject({ status: 'ended', id, progress: at(3), checkpoint: { bytes }, onGpu: false });
    expect(get().run.curves).toBe(curves);
    // A late report of the cancelled run changes nothing.
    receive({ type: 'train-begin', model, progress });
    expect(get().run.status).toBe('ended');
    // The run before can be resumed.
    await get().run.resume();
    expect(get().run).toMatchObject({ status: 'starting', id });
  });

  it('takes an error away with the next action', () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'train-begin', model, progress });
    const fails = () => {
      receive({ type: 'failed', during: 'checkpoint', message: 'no room', status: 1 });
      expect(get().run.error).toBe('The checkpoint could not be saved. no room. Training continues.');
    };
    for (const act of ['pause', 'continue', 'step', 'save', 'stop'] as const) {
      fails();
      get().run[act]();
      expect(get().run.error, act).toBeUndefined();
    }
  });

  it('steps before the start: starts paused, then makes one step', () => {
    const { get, receive } = fresh();
    get().run.step();
    expect(posted).toMatchObject([{ kind: 'train', paused: true }]);
    receive({ type: 'train-begin', model, progress });
    expect(posted.at(-1)).toEqual({ type: 'step', of: 'train' });
    expect(get().run.status).toBe('paused');
  });

  it('resumes from the last checkpoint after the GPU was lost, with the curves up to it', async () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'train-begin', model, progress: at(0) }, stepEvent(1), stepEvent(2));
    const bytes = Uint8Array.of(7);
    receive({ type: 'checkpoint', bytes, progress: at(2) }, stepEvent(3));
    receive({ type: 'device-lost', message: 'gone', checkpoint: bytes });
    expect(get().run.status).toBe('lost');
    expect(get().run.curves.steps.length).toBe(3);
    await get().run.resume();
    expect(posted.at(-1)).toMatchObject({ kind: 'train', resume: { bytes } });
    expect(
      get()
        .run.curves.steps.view()
        .map(({ x }) => x),
    ).toEqual([1, 2]);
    receive({ type: 'train-begin', model, progress: at(2) }, stepEvent(3));
    expect(
      get()
        .run.curves.steps.view()
        .map(({ x }) => x),
    ).toEqual([1, 2, 3]);
  });

  it('offers the checkpoint for download only on request', () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'train-begin', model, progress });
    receive({ type: 'checkpoint', bytes: Uint8Array.of(1), progress });
    expect(get().run.download).toBeUndefined();
    get().run.save();
    expect(posted.at(-1)).toEqual({ type: 'checkpoint', of: 'train' });
    receive({ type: 'checkpoint', bytes: Uint8Array.of(2), progress });
    expect(get().run.download).toEqual(Uint8Array.of(2));
  });

  it('refuses a file that is not a training checkpoint', async () => {
    const { get } = fresh();
    await get().run.resumeFile(new File([Uint8Array.of(1, 2, 3)], 'x.safetensors'));
    expect(get().run.error).toMatch(/x\.safetensors/);
    expect(posted).toEqual([]);
  });
});
