// Scenes of the user's own, and presentations: kept over a reload, and shown by their addresses.
import { describe, expect, it } from 'vitest';
import type { Report } from '../../protocol/index.ts';
import { model, openPage, segmentEvent } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import { sceneFile } from '../scenes.ts';
import type { Notes } from '../state.ts';

function notes(): Notes {
  const kept = new Map<string, unknown>();
  return { recall: (name) => kept.get(name), keep: (name, value) => void kept.set(name, value) };
}
const begin: Report = { type: 'stream-begin', model, segments: 4, expected: 'kitchen', tokens: 8 };
const end: Report = { type: 'stream-end', answer: 'kitchen', expected: 'kitchen', finished: true };

/** A page whose document of four segments has been read. */
async function read(hash = '', storage = {}) {
  const page = openPage([], new Shelf(), storage);
  page.get().experiment.open(hash);
  await page.get().models.load();
  await page.get().stream.start();
  for (const report of [begin, ...[0, 1, 2, 3].map(segmentEvent), end]) page.receive(report);
  return page;
}

describe('a scene', () => {
  it('holds the segment on show, unless it is the newest', async () => {
    const { get } = await read('#/stream?stream.seed=3');
    get().scenes.addCurrent();
    get().stream.jump(1);
    get().scenes.addCurrent();
    expect(get().scenes.own).toEqual([
      { address: '#/stream?stream.seed=3', title: 'Stream: 4 segments', caption: '' },
      { address: '#/stream?stream.seed=3&stream.at=2', title: 'Stream: segment 2 of 4', caption: '' },
    ]);
  });

  it('shows its segment once that has been read, until the user goes elsewhere', async () => {
    const { get } = await read('#/stream?stream.at=2');
    expect(get().stream).toMatchObject({ current: 1, following: false });
    get().stream.jump(3);
    expect(get().experiment.stream.at).toBeUndefined();
    get().experiment.open('#/stream?stream.at=3');
    expect(get().stream.current).toBe(2);
    get().stream.follow();
    expect(get().experiment.stream.at).toBeUndefined();
    get().experiment.open('#/stream?stream.at=4000');
    expect(get().stream.current).toBe(3);
  });

  it('waits until the ribbon has come to the end', async () => {
    const page = openPage([], new Shelf());
    page.get().experiment.open('#/stream?stream.at=2');
    await page.get().models.load();
    await page.get().stream.start();
    page.receive(begin);
    page.get().stream.played(0);
    for (const report of [...[0, 1, 2, 3].map(segmentEvent), end]) page.receive(report);
    expect(page.get().stream.current).toBe(0);
    page.get().stream.played(undefined);
    expect(page.get().stream.current).toBe(1);
  });
});

describe('a list of scenes', () => {
  const scene = (n: number) => ({ address: `#/stream?stream.seed=${n}`, title: `${n}`, caption: '' });

  it('is ordered, captioned and kept in this browser', async () => {
    const storage = { notes: notes() };
    const { get } = openPage([], new Shelf(), storage);
    get().scenes.add([1, 2, 3].map(scene));
    get().scenes.move(2, -1);
    get().scenes.move(0, -1);
    get().scenes.edit(0, { caption: 'first' });
    get().scenes.remove(2);
    const wanted = [{ ...scene(1), caption: 'first' }, scene(3)];
    expect(get().scenes.own).toEqual(wanted);
    expect(openPage([], new Shelf(), storage).get().scenes.own).toEqual(wanted);
    get().scenes.add(Array.from({ length: 64 }, (_, n) => scene(n)));
    expect(get().scenes.own).toHaveLength(64);
    expect(get().scenes.problem).toContain('at most 64 scenes');
  });

  it('is opened from a file, and a wrong file changes nothing', async () => {
    const { get } = openPage([], new Shelf());
    await get().scenes.openFile(new File([sceneFile([scene(7)])], 'scenes.json'));
    expect(get().scenes.own).toEqual([scene(7)]);
    await get().scenes.openFile(new File(['{}'], 'other.json'));
    expect(get().scenes.problem).toBe(
      'other.json could not be opened. It is no list of scenes of this page. Your scenes are unchanged.',
    );
    expect(get().scenes.own).toEqual([scene(7)]);
  });

  it('is presented scene by scene, also after a reload, and ends at the scene on show', () => {
    const storage = { visit: notes() };
    const { get } = openPage([], new Shelf(), storage);
    get().scenes.present([1, 2, 3].map(scene), 1);
    expect(get().experiment.stream.seed).toBe(2);
    get().scenes.go(7);
    expect(get().experiment.stream.seed).toBe(3);
    expect(openPage([], new Shelf(), storage).get().scenes.presenting?.at).toBe(2);
    get().scenes.leave();
    expect(get().experiment.stream.seed).toBe(3);
    expect(openPage([], new Shelf(), storage).get().scenes.presenting).toBeUndefined();
  });
});
