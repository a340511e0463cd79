import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../experiment/presets.ts';
import type { TrainProgress } from '../../protocol/index.ts';
import { someMetrics } from '../../testing/metrics.ts';
import { Curves } from './curves.ts';
import { RunLibrary } from './library.ts';
import { noCurves, type RunRecord } from './record.ts';
import { memoryStorage, type RunStorage, Shelf } from './storage.ts';

const at = (step: number): TrainProgress => ({
  step,
  steps: 10,
  stage: 0,
  stages: 1,
  stageStep: step,
  stageSteps: 10,
  segments: 1,
});
const recordOf = (id: string, more: Partial<RunRecord> = {}): RunRecord => ({
  id,
  name: `run ${id}`,
  preset: 'tiny',
  config: presetConfig('tiny'),
  noise: undefined,
  files: [],
  created: 1,
  saved: 1,
  state: 'training',
  progress: at(0),
  validated: undefined,
  checkpoint: undefined,
  deleted: undefined,
  ...more,
});
const curvesTo = (step: number) => {
  const curves = new Curves();
  for (let x = 1; x <= step; x++)
    curves.step({
      type: 'train-step',
      progress: at(x),
      batchSegments: 1,
      ...someMetrics({ loss: x }),
      remaining: 1,
    });
  return curves.data();
};
const stateAt = (step: number) => ({
  bytes: Uint8Array.of(step, step, step),
  progress: at(step),
  curves: curvesTo(step),
});

type Call = keyof RunStorage;
/** A storage whose calls can be made to fail. */
function fragile(shelf = new Shelf()) {
  const broken = new Map<Call, Error>();
  const storage = memoryStorage(shelf);
  const calls = Object.entries(storage).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      const error = broken.get(name as Call);
      return error ? Promise.reject(error) : (call as (...args: unknown[]) => unknown)(...args);
    },
  ]);
  return { shelf, broken, storage: Object.fromEntries(calls) as unknown as RunStorage };
}
const full = () => new DOMException('full', 'QuotaExceededError');
const library = async (storage: RunStorage) => {
  const opened = new RunLibrary(storage);
  await opened.open();
  return opened;
};
const files = (shelf: Shelf) => [...shelf.files.keys()];

describe('the library', () => {
  it('stores a run with its curves and last checkpoint, and reads them in another visit', async () => {
    const { shelf, storage } = fragile();
    const first = await library(storage);
    await first.begin(recordOf('a'));
    await first.save('a', stateAt(2));
    await first.save('a', stateAt(4));
    const { record, curves, bytes } = await (await library(storage)).read('a');
    expect(record.progress.step).toBe(4);
    expect(bytes).toEqual(stateAt(4).bytes);
    expect(curves).toEqual(stateAt(4).curves);
    expect(files(shelf)).toHaveLength(1);
  });

  it.each(['write', 'update'] as const)('keeps the previous save when %s fails on a full disk', async (call) => {
    const { shelf, broken, storage } = fragile();
    const runs = await library(storage);
    await runs.begin(recordOf('a'));
    await runs.save('a', stateAt(2));
    broken.set(call, full());
    await expect(runs.save('a', stateAt(4))).rejects.toThrow('full');
    const { record, curves, bytes } = await runs.read('a');
    expect([record.progress.step, bytes, curves]).toEqual([2, stateAt(2).bytes, stateAt(2).curves]);
    expect(files(shelf)).toHaveLength(1);
    // Once there is space, the next save works as usual.
    broken.clear();
    await runs.save('a', stateAt(6));
    expect((await runs.read('a')).record.progress.step).toBe(6);
  });

  it('survives a crash between any two calls: a read returns one complete save or the other', async () => {
    for (let crash = 0; crash < 8; crash++) {
      const { shelf, storage } = fragile();
      const runs = await library(storage);
      await runs.begin(recordOf('a'));
      await runs.save('a', stateAt(2));
      let left = crash;
      // After this many calls the tab is gone: no further call reaches the storage or returns.
      const dying = Object.fromEntries(
        Object.entries(storage).map(([name, call]) => [
          name,
          (...args: unknown[]) =>
            left-- > 0 ? (call as (...args: unknown[]) => unknown)(...args) : new Promise<never>(() => {}),
        ]),
      ) as unknown as RunStorage;
      void new RunLibrary(dying).save('a', stateAt(4));
      await new Promise((resolve) => setTimeout(resolve, 5));
      const { record, curves, bytes } = await (await library(memoryStorage(shelf))).read('a');
      expect([2, 4]).toContain(record.progress.step);
      expect(bytes).toEqual(stateAt(record.progress.step).bytes);
      expect(curves).toEqual(stateAt(record.progress.step).curves);
    }
  });

  it('empties the bin when a save finds no space', async () => {
    const { shelf, broken, storage } = fragile();
    const runs = await library(storage);
    await runs.add(recordOf('old', { deleted: Date.now() }), noCurves, Uint8Array.of(1));
    await runs.begin(recordOf('a'));
    broken.set('write', full());
    const { remove } = storage;
    storage.remove = (id) => {
      broken.clear();
      return remove(id);
    };
    await runs.save('a', stateAt(2));
    expect((await runs.read('a')).bytes).toEqual(stateAt(2).bytes);
    expect([...shelf.records.keys()]).toEqual(['a']);
    expect(files(shelf)).toHaveLength(1);
  });

  it('writes only the newest of several waiting saves', async () => {
    const { storage } = fragile();
    const written: string[] = [];
    const { write } = storage;
    storage.write = (name, bytes) => {
      written.push(name);
      return write(name, bytes);
    };
    const runs = await library(storage);
    void runs.begin(recordOf('a'));
    await Promise.all([runs.save('a', stateAt(1)), runs.save('a', stateAt(2)), runs.save('a', stateAt(3))]);
    expect(written).toHaveLength(1);
    expect((await runs.read('a')).record.progress.step).toBe(3);
  });

  it('lists unreadable runs with the reason, and deletes them', async () => {
    const { shelf, storage } = fragile();
    shelf.records.set('b', { ...recordOf('b'), config: { hidden_size: 'x' } });
    shelf.records.set('c', 7);
    shelf.records.set('d', recordOf('other'));
    shelf.files.set('b.1-x.safetensors', { bytes: Uint8Array.of(1), modified: 0 });
    const runs = await library(storage);
    await runs.begin(recordOf('a'));
    const entries = await runs.entries();
    const problems = entries.map((entry) => (entry.record ? entry.record.id : entry.problem));
    expect(problems).toEqual([
      'a',
      expect.stringMatching(/^run b: config: hidden_size: .*expected a whole number/),
      expect.stringMatching(/^run c: document: found 7 \(expected Object\)/),
      "run d: id: found 'other' (expected 'd')",
    ]);
    expect(files(shelf)).toEqual(['b.1-x.safetensors']);
    for (const id of ['b', 'c', 'd']) await runs.remove(id);
    expect((await runs.entries()).map(({ id }) => id)).toEqual(['a']);
    expect(files(shelf)).toEqual([]);
  });

  it('says what is missing from a run', async () => {
    const { shelf, storage } = fragile();
    const runs = await library(storage);
    await runs.begin(recordOf('a'));
    await runs.save('a', stateAt(2));
    shelf.files.clear();
    await expect(runs.read('a')).rejects.toThrow(
      'The checkpoint of “run a” is missing from the storage of this browser.',
    );
    await expect(runs.read('b')).rejects.toThrow('The run b is not in this browser.');
    await runs.save('a', stateAt(3));
    shelf.curves.set('a', { steps: 'none' });
    await expect(runs.read('a')).rejects.toThrow(/“run a” cannot be read: curves: steps/);
  });

  it('keeps runs for the visit without storage', async () => {
    const { broken, storage } = fragile();
    for (const call of ['records', 'update', 'write', 'read'] as const)
      broken.set(call, new DOMException('denied', 'SecurityError'));
    const runs = new RunLibrary(storage);
    expect(await runs.open()).toBe('denied');
    await runs.begin(recordOf('a'));
    await runs.save('a', stateAt(2));
    expect((await runs.read('a')).bytes).toEqual(stateAt(2).bytes);
  });

  it('lists a run that could not be stored, and stores it with its next save', async () => {
    const { broken, storage } = fragile();
    const runs = await library(storage);
    broken.set('update', full());
    await expect(runs.begin(recordOf('a'))).rejects.toThrow();
    await expect(runs.save('a', stateAt(2))).rejects.toThrow();
    expect(await runs.entries()).toMatchObject([{ id: 'a', isStored: false, record: { progress: { step: 2 } } }]);
    broken.clear();
    await runs.save('a', stateAt(3));
    expect(await runs.entries()).toMatchObject([{ id: 'a', isStored: true, record: { progress: { step: 3 } } }]);
  });

  it('keeps a name given in another tab', async () => {
    const { shelf, storage } = fragile();
    const here = await library(storage);
    const there = await library(memoryStorage(shelf));
    await here.begin(recordOf('a'));
    await there.edit('a', (record) => ({ ...record, name: 'mine' }));
    await here.save('a', stateAt(2));
    expect((await there.read('a')).record).toMatchObject({ name: 'mine', progress: { step: 2 } });
  });

  it('does not restore a run that another tab removed', async () => {
    const { shelf, storage } = fragile();
    const here = await library(storage);
    await here.begin(recordOf('a'));
    await (await library(memoryStorage(shelf))).remove('a');
    await here.save('a', stateAt(2));
    expect(shelf.records.size).toBe(0);
    expect(files(shelf)).toEqual([]);
  });

  it('gives a run to one tab at a time', async () => {
    const shelf = new Shelf();
    const [here, there] = [await library(memoryStorage(shelf)), await library(memoryStorage(shelf))];
    expect(await Promise.all([here.claim('a'), here.claim('a')])).toEqual([true, true]);
    expect(await there.claim('a')).toBe(false);
    expect([...(await there.elsewhere())]).toEqual(['a']);
    expect([...(await here.elsewhere())]).toEqual([]);
    // Claimed again while it is being released.
    const released = here.release('a');
    expect(await here.claim('a')).toBe(true);
    await released;
    await here.release('a');
    expect(await there.claim('a')).toBe(true);
  });

  it('cleans up: runs in the bin for a day, and files without a run', async () => {
    const { shelf, storage } = fragile();
    const before = await library(storage);
    const day = 24 * 3600_000;
    await before.add(recordOf('gone', { deleted: Date.now() - day - 1 }), noCurves, Uint8Array.of(1));
    await before.add(recordOf('binned', { deleted: Date.now() - 1000 }), noCurves, Uint8Array.of(1));
    shelf.files.set('orphan.1-a.safetensors', { bytes: Uint8Array.of(1), modified: Date.now() - day });
    // One that another tab is writing just now.
    shelf.files.set('young.1-a.safetensors', { bytes: Uint8Array.of(1), modified: Date.now() });
    const after = await library(memoryStorage(shelf));
    expect((await after.entries()).map(({ id }) => id)).toEqual(['binned']);
    expect(files(shelf).map((name) => name.split('.')[0])).toEqual(['binned', 'young']);
  });
});

describe('the run of an earlier version', () => {
  const former = {
    bytes: Uint8Array.of(1, 2),
    config: { ...presetConfig('copy'), seed: 3 },
    progress: at(5),
    files: ['a.txt'],
    saved: 99,
  };

  it('is migrated', async () => {
    const { shelf, storage } = fragile();
    shelf.former = former;
    const runs = await library(storage);
    const [entry] = await runs.entries();
    expect(entry?.record).toMatchObject({ name: 'Copy · RMT, decoder · seed 3', state: 'stopped', created: 99 });
    expect((await runs.read(entry?.id ?? '')).bytes).toEqual(former.bytes);
    expect(shelf.former).toBeUndefined();
  });

  it('stays in place while there is no space', async () => {
    const { shelf, broken, storage } = fragile();
    shelf.former = former;
    broken.set('write', full());
    expect(await (await library(storage)).entries()).toEqual([]);
    expect(shelf.former).toBe(former);
    broken.clear();
    expect(await (await library(storage)).entries()).toHaveLength(1);
  });

  it('is listed as unreadable if it cannot be read', async () => {
    const { shelf, storage } = fragile();
    shelf.former = { ...former, progress: 'none' };
    const [entry] = await (await library(storage)).entries();
    expect(entry).toMatchObject({ id: 'last-run', record: undefined });
    expect(shelf.former).toBeUndefined();
  });
});
