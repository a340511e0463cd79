// Steps that were not saved when the page was hidden.
import { expect, it } from 'vitest';
import type { Report } from '../protocol/index.ts';
import { eventually } from '../testing/eventually.ts';
import { at, model, openPage, stepEvent } from '../testing/store-page.ts';
import { Shelf } from './library/storage.ts';
import { unsavedSteps } from './unsaved.ts';

const checkpoint = (step: number): Report => ({ type: 'checkpoint', bytes: Uint8Array.of(step), progress: at(step) });

it('a page learns after a reload which steps could not be saved when it was hidden', async () => {
  const shelf = new Shelf();
  const kept = new Map<string, unknown>();
  const notes = {
    recall: (name: string) => kept.get(name),
    keep: (name: string, value: unknown) => void (value === undefined ? kept.delete(name) : kept.set(name, value)),
  };
  const page = openPage([], shelf, { notes });
  await page.get().runs.load();
  page.get().run.start();
  page.receive({ type: 'train-begin', model, progress: at(0) }, stepEvent(4), checkpoint(4));
  await eventually(() => expect(page.get().runs.newest()?.progress.step).toBe(4));
  const { id = '' } = page.get().run;
  // Nothing is unsaved: nothing is noted.
  page.get().run.autosave();
  expect([...kept]).toEqual([]);
  page.receive(stepEvent(7));
  page.get().run.autosave();
  // The page is closed before the checkpoint arrives.
  const after = openPage([], shelf, { notes });
  await after.get().runs.load();
  expect(after.get().runs.unsaved).toEqual({ [id]: 7 });
  // In the first page the save arrives after all.
  page.receive(checkpoint(7));
  await eventually(() => expect([...kept]).toEqual([]));
});

it('a broken note is no note', () => {
  const of = (value: unknown) => unsavedSteps({ recall: () => value, keep: () => {} });
  expect(of({ a: 3 })).toEqual({ a: 3 });
  for (const value of [undefined, 7, [], { a: 'x' }, { a: -1 }]) expect(of(value)).toEqual({});
});
