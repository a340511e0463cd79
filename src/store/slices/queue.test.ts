// The queue: the runs of a sweep one after the other, evaluated, moved, cut by a reload, failed, and held by another tab.
import { describe, expect, it } from 'vitest';
import type { Report, TrainProgress } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { softwareDevice, trainStep } from '../../testing/events.ts';
import { eventually } from '../../testing/eventually.ts';
import { memoryNotes } from '../../testing/notes.ts';
import { model, openPage } from '../../testing/store-page.ts';
import { derivedProgress } from '../../train/progress.ts';
import { Shelf } from '../library/storage.ts';
import type { Notes } from '../state.ts';

const copyModel = { ...model, task: 'copy' };
const address = '#/train?preset=copy&stage_steps=10&sweep.seed=1-3';

/** A page of a browser: one shelf and one set of notes are one browser. */
async function page(shelf = new Shelf(), notes: Notes = memoryNotes(), at = address) {
  const posted: (Job | Wish)[] = [];
  const { get, receive, line } = openPage(posted, shelf, { notes });
  get().device.connect();
  line.receiver(get)({ type: 'device', ...softwareDevice });
  await get().runs.load();
  get().experiment.open(at);
  const trains = () => posted.flatMap((job) => ('kind' in job && job.kind === 'train' ? [job] : []));
  const seeds = () => trains().map(({ config }) => config.seed);
  const states = () => get().queue.items.map(({ state }) => state);
  const at_ = (step: number): TrainProgress => {
    const config = trains().at(-1)?.config ?? get().experiment.config;
    return { step, stage: 0, stageStep: step, ...derivedProgress(config, 0) };
  };
  const reports = (to: number): Report[] => [
    { type: 'train-begin', model: copyModel, progress: at_(0) },
    { ...trainStep(to), progress: at_(to) },
    { type: 'checkpoint', bytes: Uint8Array.of(to), progress: at_(to) },
  ];
  const end = (step: number): Report => ({
    type: 'train-end',
    progress: at_(step),
    finished: step === 10,
    suspicions: [],
  });
  /** The run in training, once it has the seed, goes on to a step and ends there, or not. */
  const trained = async (seed: number, to = 10, isOver = true) => {
    await eventually(() => expect(seeds().at(-1)).toBe(seed));
    receive(...reports(to), ...(isOver ? [end(to)] : []));
  };
  const evaluated = (segments: readonly number[], samples: number) =>
    receive(
      { type: 'evaluate-begin', model: copyModel, task: 'copy' },
      ...segments.map(
        (n): Report => ({
          ...{ type: 'evaluate-point', segments: n, right: 6, asked: 8, whole: 1, samples, wanted: samples, loss: 1 },
          ...{ commonest: 2, suspicions: [] },
        }),
      ),
      { type: 'evaluate-end', finished: true },
    );
  return { get, receive, posted, trains, seeds, states, trained, end, evaluated, shelf, notes };
}
type Opened = Awaited<ReturnType<typeof page>>;
const paused = ({ get }: Opened) => eventually(() => expect(get().queue.status).toBe('paused'));

describe('the queue', () => {
  it('trains the runs of a sweep one after the other; each joins the library', async () => {
    const opened = await page();
    const { get, trained, seeds, states } = opened;
    void get().queue.addSweep();
    await trained(1);
    await trained(2);
    expect(states()).toEqual(['finished', 'training', 'waiting']);
    await trained(3);
    await paused(opened);
    expect(states()).toEqual(['finished', 'finished', 'finished']);
    expect(seeds()).toEqual([1, 2, 3]);
    await eventually(() =>
      expect(get().runs.entries.map(({ record }) => record?.state)).toEqual(new Array(3).fill('finished')),
    );
    // What is done is not trained again.
    await get().queue.addSweep();
    expect(get().queue).toMatchObject({ status: 'paused', items: [] });
    expect(seeds()).toEqual([1, 2, 3]);
  });

  it('evaluates each run by length, and keeps that with the run', async () => {
    const opened = await page(
      undefined,
      undefined,
      `${address.replace('1-3', '4')}&train.lengths=2,4&train.samples=20`,
    );
    const { get, trained, states, evaluated, posted } = opened;
    void get().queue.addSweep();
    await trained(4);
    await eventually(() => expect(posted.at(-1)).toMatchObject({ kind: 'evaluate', segments: [2, 4], samples: 20 }));
    expect(states()).toEqual(['evaluating']);
    evaluated([2, 4], 20);
    await paused(opened);
    const point = { accuracy: 0.75, loss: 1, samples: 20, seed: 1 };
    const points = [2, 4].map((segments) => ({ segments, ...point }));
    await eventually(() => expect(get().runs.entries[0]?.record?.evaluated).toEqual(points));
    // More documents are asked for: the run is evaluated again, not trained.
    get().experiment.setTrain({ samples: 50 });
    void get().queue.addSweep();
    await eventually(() => expect(posted.at(-1)).toMatchObject({ kind: 'evaluate', samples: 50 }));
    expect(opened.seeds()).toEqual([4]);
  });

  it('is paused with a checkpoint, and continues the same run', async () => {
    const opened = await page();
    const { get, receive, posted, trained, seeds, states, end } = opened;
    void get().queue.addSweep();
    await trained(1, 4, false);
    get().queue.pause();
    expect(posted.at(-1)).toMatchObject({ type: 'stop', of: 'train' });
    receive(end(4));
    await eventually(() => expect(states()).toEqual(['waiting', 'waiting', 'waiting']));
    await eventually(() => expect(get().runs.entries[0]?.record?.state).toBe('stopped'));
    // The runs that wait are not added again.
    void get().queue.addSweep();
    await eventually(() => expect(opened.trains()).toHaveLength(2));
    expect(states()).toEqual(['training', 'waiting', 'waiting']);
    expect(opened.trains()[1]).toMatchObject({ config: { seed: 1 }, resume: { bytes: Uint8Array.of(4) } });
    expect(seeds()).toEqual([1, 1]);
  });

  it('outlasts a reload; the run that was cut is resumed from its last save', async () => {
    const before = await page();
    void before.get().queue.addSweep();
    await before.trained(1);
    await before.trained(2, 5, false);
    await eventually(() => expect(before.get().runs.entries[0]?.record?.progress.step).toBe(5));
    before.shelf.locks.clear();
    before.shelf.listeners.clear();
    const after = await page(before.shelf, before.notes);
    expect(after.get().queue.status).toBe('paused');
    expect(after.states()).toEqual(['finished', 'waiting', 'waiting']);
    void after.get().queue.start();
    await after.trained(2);
    expect(after.trains()[0]?.resume?.bytes).toEqual(Uint8Array.of(5));
    await after.trained(3);
    await paused(after);
    expect(after.get().runs.entries).toHaveLength(3);
  });

  it('can be reordered and shortened while it runs', async () => {
    const opened = await page();
    const { get, trained, seeds } = opened;
    void get().queue.addSweep();
    await eventually(() => expect(seeds()).toEqual([1]));
    const [first, second, third] = get().queue.items.map(({ id }) => id);
    await get().queue.move(third ?? 0, -1);
    // Not before the one in training, which cannot be removed either.
    await get().queue.move(third ?? 0, -1);
    await get().queue.remove(first ?? 0);
    expect(get().queue.items.map(({ id }) => id)).toEqual([first, third, second]);
    await get().queue.remove(second ?? 0);
    await trained(1);
    await trained(3);
    await paused(opened);
    expect(seeds()).toEqual([1, 3]);
    await get().queue.clear();
    expect(get().queue.items).toEqual([]);
  });

  it('goes on after a run that fails, and says why; it pauses when a run is stopped', async () => {
    const { get, receive, states, trained, seeds, end } = await page();
    void get().queue.addSweep();
    await eventually(() => expect(seeds()).toEqual([1]));
    receive({ type: 'failed', during: 'train', message: 'model: no room', status: 2 });
    await trained(2, 3, false);
    expect(get().queue.items[0]).toMatchObject({ state: 'failed', problem: expect.stringContaining('no room') });
    get().run.stop();
    receive(end(3));
    await eventually(() => expect(states()).toEqual(['failed', 'waiting', 'waiting']));
    const { problem } = get().queue;
    expect(get().queue.status).toBe('paused');
    expect(problem).toContain('its run was stopped');
    // The one that failed is tried again, last.
    await eventually(() => expect(get().runs.entries[0]?.record?.state).toBe('stopped'));
    void get().queue.addSweep();
    await eventually(() => expect(get().queue.items.map(({ config }) => config.seed)).toEqual([2, 3, 1]));
  });

  it('waits for a run that was started before', async () => {
    const { get, receive, seeds, end, trained } = await page();
    get().experiment.setKnob('seed', 9);
    get().run.start();
    await trained(9, 2, false);
    void get().queue.addSweep();
    await eventually(() => expect(get().queue.status).toBe('running'));
    expect(seeds()).toEqual([9]);
    receive(end(2));
    await eventually(() => expect(seeds()).toEqual([9, 1]));
  });

  it('is worked through by one tab at a time', async () => {
    const one = await page();
    void one.get().queue.addSweep();
    await one.trained(1, 2, false);
    const two = await page(one.shelf, one.notes);
    await two.get().queue.start();
    expect(two.get().queue.problem).toBe('Another tab works through the queue. Pause it there first.');
    await two.get().queue.clear();
    expect(two.get().queue.problem).toMatch(/^Another tab works through the queue\. Change it there/);
    expect(two.seeds()).toEqual([]);
  });
});
