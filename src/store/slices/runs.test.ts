// The runs slice: training, reloading, resuming, two tabs, full disk, export and import.
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../../experiment/presets.ts';
import type { Event } from '../../protocol/index.ts';
import { eventually } from '../../testing/eventually.ts';
import {
  at,
  begin,
  bytesAt,
  checkpoint,
  close,
  end,
  step,
  steps,
  stepsOf,
  tab,
  validation,
} from '../../testing/run-tabs.ts';
import { writeAddress } from '../address.ts';
import { memoryStorage, Shelf } from '../library/storage.ts';

describe('a run', () => {
  it('is listed from the start, with a descriptive name', async () => {
    const page = await tab(new Shelf());
    await page.train(2, 5);
    expect(page.get().runs.entries).toMatchObject([
      { record: { name: 'Memorize · RMT, encoder · seed 5', state: 'training', progress: { step: 2 } } },
    ]);
    page.receive(...steps(3, 10), checkpoint(10), end(10));
    await eventually(() => expect(page.get().runs.entries).toMatchObject([{ record: { state: 'finished' } }]));
  });

  it('resumes after a crash from its last save, with its curves cut there, and ends as if uninterrupted', async () => {
    const uninterrupted = await tab(new Shelf());
    await uninterrupted.train(4);
    uninterrupted.receive(...steps(5, 10));

    const shelf = new Shelf();
    const before = await tab(shelf);
    const id = await before.train(4);
    before.receive(...steps(5, 7));
    close(shelf);
    const page = await tab(shelf);
    expect(page.get().runs.find(id)).toMatchObject({ state: 'training', progress: { step: 4 } });
    await page.get().run.resume(id);
    expect(page.posted).toMatchObject([{ kind: 'train', resume: { bytes: bytesAt(4) } }]);
    expect(page.get().experiment).toMatchObject({ preset: 'tiny', config: presetConfig('tiny') });
    expect(stepsOf(page)).toHaveLength(4);
    page.receive(begin(4), ...steps(5, 10));
    expect(stepsOf(page)).toEqual(stepsOf(uninterrupted));
  });

  it('starts over after a crash before its first save', async () => {
    const shelf = new Shelf();
    const before = await tab(shelf);
    before.get().run.start();
    before.receive(begin(), step(1));
    await eventually(() => expect(before.get().runs.entries).toHaveLength(1));
    close(shelf);
    const page = await tab(shelf);
    const [entry] = page.get().runs.entries;
    await page.get().run.resume(entry?.id);
    expect(page.posted).toMatchObject([{ kind: 'train' }]);
    expect(page.posted[0]).not.toHaveProperty('resume');
    expect(page.get().run.id).toBe(entry?.id);
  });

  it('requests a checkpoint when it is paused or the page is hidden, if there is something new', async () => {
    const page = await tab(new Shelf());
    await page.train(2);
    const asked = () => page.posted.filter((each) => 'type' in each && each.type === 'checkpoint').length;
    page.get().run.autosave();
    expect(asked()).toBe(0);
    page.receive(step(3));
    page.get().run.autosave();
    expect(asked()).toBe(1);
    page.receive(checkpoint(3), step(4), { type: 'train-paused', progress: at(4) });
    expect(asked()).toBe(2);
    page.receive(checkpoint(4), end(4));
    page.get().run.autosave();
    expect(asked()).toBe(2);
  });

  it('is shown without being trained, and can be chosen as a model', async () => {
    const shelf = new Shelf();
    const before = await tab(shelf);
    const id = await before.train(4);
    before.receive(validation(4, 0.5), end(4));
    close(shelf);
    const page = await tab(shelf);
    await page.get().run.show(id);
    expect(page.get().run).toMatchObject({ status: 'ended', finished: false, progress: { step: 4 } });
    expect(page.posted).toEqual([]);
    expect(await page.get().models.source(`run:${id}`)).toMatchObject({ kind: 'checkpoint', bytes: bytesAt(4) });
    expect(page.get().models.card(`run:${id}`)).toMatchObject({ task: 'memorize', answers: 'class' });
    expect(page.get().models.title(`run:${id}`)).toBe('Memorize · RMT, encoder');
    await expect(page.get().models.source('run:nobody')).rejects.toThrow('The run nobody is not in this browser');
    // If nothing was trained in this visit, `training` means the newest run.
    expect(await (await tab(shelf)).get().models.source('training')).toMatchObject({ bytes: bytesAt(4) });
  });

  it('that failed says so and can be resumed from its last save', async () => {
    const page = await tab(new Shelf());
    const id = await page.train(4);
    page.receive(step(5), { type: 'failed', during: 'train', message: 'train: NaN', status: 1 });
    await eventually(() => expect(page.get().runs.find(id)?.state).toBe('failed'));
    await page.get().run.resume();
    expect(page.posted.at(-1)).toMatchObject({ kind: 'train', resume: { bytes: bytesAt(4) } });
    // A refused start does not change the stored run.
    page.receive({ type: 'failed', during: 'train', message: 'no', status: 2 });
    expect(page.get().runs.find(id)).toMatchObject({ state: 'failed', progress: { step: 4 } });
  });

  it('that begins is not affected by late reports of the previous one', async () => {
    const page = await tab(new Shelf());
    const first = await page.train(4);
    page.receive(end(4));
    const before = page.line.idOf('train');
    page.get().run.start();
    page.get().receive({ ...checkpoint(4), id: before } as Event);
    page.receive(begin(), step(1), checkpoint(1));
    await eventually(() => expect(page.get().runs.find(page.get().run.id)?.progress.step).toBe(1));
    expect(page.get().runs.find(first)?.progress.step).toBe(4);
  });
});

describe('the user', () => {
  it('renames, deletes, restores, and deletes permanently', async () => {
    const page = await tab(new Shelf());
    const id = await page.train(2);
    page.receive(end(2));
    const { runs } = page.get();
    await runs.rename(id, '  my run ');
    await runs.rename(id, ' ');
    expect(page.get().runs.find(id)?.name).toBe('my run');
    await runs.setDeleted(id, true);
    expect(page.get().runs.find(id)).toBeUndefined();
    expect(page.get().runs.newest()).toBeUndefined();
    await page.get().run.resume(id);
    expect(page.get().run.error).toMatch(/“my run” is deleted\. Restore it/);
    await runs.setDeleted(id, false);
    expect(page.get().runs.find(id)?.name).toBe('my run');
    await runs.setDeleted(id, true);
    await runs.emptyBin();
    expect(page.get().runs.entries).toEqual([]);
  });

  it('overlays runs in their current state, until they are removed', async () => {
    const page = await tab(new Shelf());
    const first = await page.train(2);
    page.receive(validation(2, 0.5), step(3), checkpoint(3), end(3));
    await eventually(() => expect(page.get().runs.find(first)?.validated?.accuracy).toBe(0.5));
    await page.get().runs.compare(first, true);
    expect(page.get().runs.compared[0]?.validations.get(2)).toMatchObject([{ x: 2, accuracy: 0.5 }]);
    await page.get().runs.rename(first, 'renamed');
    expect(page.get().runs.compared).toMatchObject([{ name: 'renamed' }]);
    await page.get().runs.setDeleted(first, true);
    expect(page.get().runs.compared).toEqual([]);
  });

  it('finds a comparison again after a reload and through a link, and says which runs are not here', async () => {
    const shelf = new Shelf();
    const page = await tab(shelf);
    const id = await page.train(2);
    page.receive(validation(2, 0.5), step(3), checkpoint(3), end(3));
    await eventually(() => expect(page.get().runs.find(id)?.validated?.accuracy).toBe(0.5));
    await page.get().runs.compare(id, true);
    const address = writeAddress(page.get().experiment);
    expect(address).toContain(`runs.compared=${id}`);
    close(shelf);
    const after = await tab(shelf);
    after.get().experiment.open(address);
    await eventually(() => expect(after.get().runs.compared).toMatchObject([{ id }]));
    expect(after.get().experiment.problems).toEqual([]);
    await after.get().runs.compare(id, false);
    expect(writeAddress(after.get().experiment)).not.toContain('compared');
    const elsewhere = await tab(new Shelf());
    elsewhere.get().experiment.open(address);
    await eventually(() =>
      expect(elsewhere.get().experiment.problems).toEqual([
        expect.stringContaining(`compares a run that is not in this browser (${id})`),
      ]),
    );
  });

  it('exports a run and imports it as a second one', async () => {
    const page = await tab(new Shelf());
    const id = await page.train(4);
    page.receive(end(4));
    const file = await page.get().runs.exportRun(id);
    expect(file?.name).toBe('Memorize-RMT-encoder.run.json');
    await page.get().runs.importFile('x.json', file?.content ?? new Blob());
    expect(page.get().runs).toMatchObject({ problem: undefined, notice: 'Imported “Memorize · RMT, encoder (2)”.' });
    const other = page.get().runs.entries.find((entry) => entry.id !== id)?.id ?? '';
    const [a, b] = [await page.get().runs.read(id), await page.get().runs.read(other)];
    expect(b.bytes).toEqual(a.bytes);
    expect(b.curves).toEqual(a.curves);
    const only = await page.get().runs.exportCheckpoint(id);
    expect(only?.name).toBe('Memorize-RMT-encoder.safetensors');
    expect(new Uint8Array((await only?.content.arrayBuffer()) ?? [])).toEqual(a.bytes);
  });

  it('can request persistent storage, and sees when it is refused', async () => {
    const shelf = new Shelf();
    let persisted = false;
    const storage = {
      ...memoryStorage(shelf),
      persist: async () => persisted,
      space: async () => ({ used: 1, quota: 2, persisted }),
    };
    const page = await tab(shelf, storage);
    await page.get().runs.protectStorage();
    expect(page.get().runs.problem).toMatch(/^The browser declined to protect this storage\./);
    persisted = true;
    await page.get().runs.protectStorage();
    expect(page.get().runs).toMatchObject({ problem: undefined, space: { used: 1, quota: 2, persisted: true } });
  });

  it('sees what is wrong with a file, and nothing else changes', async () => {
    const page = await tab(new Shelf());
    await page.get().runs.importFile('broken.json', new Blob(['{"format":']));
    expect(page.get().runs.problem).toBe(
      'There is a problem with broken.json: not JSON. It needs a run exported from this page (.json).',
    );
    await page.get().runs.importFile('m.safetensors', new Blob(['x']));
    expect(page.get().runs.problem).toMatch(/^m\.safetensors is a checkpoint, not an exported run/);
    await page.get().runs.importFile('large.json', { size: 1e9, text: async () => '' });
    expect(page.get().runs.problem).toMatch(/^large\.json has (1\.00e\+3|1000) MB/);
    expect(page.get().runs.entries).toEqual([]);
  });
});

describe('two tabs', () => {
  it('share all runs, and a run trains in only one of them', async () => {
    const shelf = new Shelf();
    const [here, there] = [await tab(shelf), await tab(shelf)];
    const id = await here.train(4);
    await eventually(() => expect([...there.get().runs.elsewhere]).toEqual([id]));
    expect(there.get().runs.find(id)?.progress.step).toBe(4);
    await there.get().run.resume(id);
    expect(there.get().run.error).toMatch(/^Another tab is training this run\. Stop it there first;/);
    expect(there.posted).toEqual([]);
    await there.get().runs.setDeleted(id, true);
    expect(there.get().runs.problem).toMatch(/Another tab is training this run\./);
    expect(await there.get().models.source(`run:${id}`)).toMatchObject({ kind: 'checkpoint' });
    here.receive(end(4));
    await eventually(() => expect(there.get().runs.elsewhere.size).toBe(0));
    await there.get().run.resume(id);
    expect(there.posted).toMatchObject([{ kind: 'train', resume: { bytes: bytesAt(4) } }]);
    await eventually(() => expect([...here.get().runs.elsewhere]).toEqual([id]));
  });

  it('notice that the one in training was closed, though it announces nothing', async () => {
    const shelf = new Shelf();
    const [here, there] = [await tab(shelf), await tab(shelf)];
    const id = await here.train(4);
    await eventually(() => expect([...there.get().runs.elsewhere]).toEqual([id]));
    shelf.unlock(id);
    await eventually(() => expect(there.get().runs.elsewhere.size).toBe(0));
    await there.get().run.resume(id);
    expect(there.posted).toMatchObject([{ kind: 'train', resume: { bytes: bytesAt(4) } }]);
  });
});

describe('a storage that fails', () => {
  const failing = (shelf: Shelf) => {
    const storage = memoryStorage(shelf);
    const { write } = storage;
    const state = { isFull: false };
    storage.write = async (...args) => {
      if (state.isFull) throw new DOMException('full', 'QuotaExceededError');
      return write(...args);
    };
    return { storage, state };
  };

  it('full: training continues, the last save stays, and the next one succeeds once there is space', async () => {
    const shelf = new Shelf();
    const { storage, state } = failing(shelf);
    const page = await tab(shelf, storage);
    const id = await page.train(4);
    state.isFull = true;
    page.receive(step(5), checkpoint(5));
    await eventually(() => expect(page.get().runs.saveProblem).toBeDefined());
    expect(page.get().runs.saveProblem).toMatch(
      /^Could not save step 5 of “Memorize · RMT, encoder” .*: the storage of this browser is full\. Training continues, and the checkpoint from step 4 is safe\. Delete runs/,
    );
    expect(page.get().run.status).toBe('running');
    expect((await page.get().runs.read(id)).bytes).toEqual(bytesAt(4));
    // The end of the run does not hide the problem.
    page.receive(end(5));
    await eventually(() => expect(page.get().runs.find(id)?.state).toBe('stopped'));
    expect(page.get().runs.saveProblem).toBeDefined();
    // Resumed in this visit, the newer state in memory counts.
    state.isFull = false;
    await page.get().runs.emptyBin();
    expect(page.get().runs.saveProblem).toBeUndefined();
    expect((await page.get().runs.read(id)).bytes).toEqual(bytesAt(5));
  });

  it('full: an unsaved state is resumed from memory', async () => {
    const shelf = new Shelf();
    const { storage, state } = failing(shelf);
    const page = await tab(shelf, storage);
    const id = await page.train(4);
    state.isFull = true;
    page.receive(step(5), checkpoint(5), { type: 'device-lost', message: 'gone' });
    await page.get().run.resume(id);
    expect(page.posted.at(-1)).toMatchObject({ kind: 'train', resume: { bytes: bytesAt(5) } });
    expect(stepsOf(page)).toHaveLength(5);
  });

  it('unavailable: the page says so, and keeps runs for the visit', async () => {
    const denied = async () => Promise.reject(new DOMException('The operation is insecure.', 'SecurityError'));
    const shelf = new Shelf();
    const storage = { ...memoryStorage(shelf), records: denied, update: denied, write: denied, files: denied };
    const page = await tab(shelf, storage);
    expect(page.get().runs.visitOnly).toBe('The operation is insecure.');
    const id = await page.train(4);
    expect((await page.get().runs.read(id)).bytes).toEqual(bytesAt(4));
    expect(page.get().runs.saveProblem).toBeUndefined();
  });
});
