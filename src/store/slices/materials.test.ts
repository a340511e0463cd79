// The user's files for a task.
import { gzipSync } from 'fflate';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../experiment/presets.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { eventually } from '../../testing/eventually.ts';
import { at, decoder, model, openPage, progress, stepEvent } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import type { Environment } from '../state.ts';
import { materialsFor } from './materials.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('materials', () => {
  const file = (name: string, text = 'x') => new File([text], name);

  it('are sent with a run whose task uses them, and with no other', async () => {
    const { get, receive } = fresh();
    const text = file('book.txt');
    get().materials.give({ text });
    get().run.start();
    expect(posted.at(-1)).not.toHaveProperty('materials');
    get().experiment.setConfig({ ...presetConfig('tiny'), model: 'rmt-gpt2', task: 'language' });
    get().run.start();
    expect(posted.at(-1)).toMatchObject({ kind: 'train', materials: { text } });
    receive({ type: 'train-begin', model: decoder, progress }, stepEvent(1));
    receive({ type: 'checkpoint', bytes: Uint8Array.of(1), progress });
    await get().runs.load();
    await eventually(() => expect(get().runs.newest()?.files).toEqual(['book.txt']));
    expect(get().models.card('training')).toMatchObject({ task: 'language', file: 'book.txt', answers: 'tokens' });
    expect(get().models.materials('training', 'language')).toEqual({ text });
  });

  it('show the progress of reading a file, until its job begins or fails', () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'reading', name: 'book.txt', share: 0.25 });
    expect(get().materials.reading).toEqual({ name: 'book.txt', share: 0.25 });
    receive({ type: 'failed', during: 'train', message: 'book.txt: no text', status: 2 });
    expect(get().materials.reading).toBeUndefined();
    receive({ type: 'reading', name: 'book.txt', share: 0.5 }, { type: 'train-begin', model, progress });
    expect(get().materials.reading).toBeUndefined();
  });

  it('have to be given again after a reload', async () => {
    const before = fresh();
    before.get().experiment.setConfig({ ...presetConfig('tiny'), model: 'rmt-gpt2', task: 'language' });
    before.get().materials.give({ text: file('book.txt') });
    before.get().run.start();
    before.receive({ type: 'train-begin', model: decoder, progress: at(0) }, stepEvent(1));
    before.receive({ type: 'checkpoint', bytes: Uint8Array.of(1), progress: at(1) });
    await before.get().runs.load();
    await eventually(() => expect(before.get().runs.newest()).toBeDefined());
    shelf.locks.clear();
    posted = [];

    const { get } = fresh();
    await get().runs.load();
    const id = get().runs.newest()?.id ?? '';
    await get().run.resume(id);
    expect(posted).toEqual([]);
    expect(get().run.error).toContain('book.txt');
    expect(get().experiment.config.task).toBe('language');
    get().materials.give({ text: file('book.txt') });
    await get().run.resume(id);
    expect(posted.at(-1)).toMatchObject({ kind: 'train', resume: { bytes: Uint8Array.of(1) } });
  });

  it('say what is wrong with a noise text, and with an unused file', async () => {
    const { get } = fresh();
    await get().materials.giveFile(new File([Uint8Array.of(0x61, 0xff)], 'broken.txt'), 'memorize');
    expect(get().materials.problem).toMatch(
      /broken\.txt: not UTF-8 at byte 1\. .*The file is not used, and nothing has changed\.$/,
    );
    await get().materials.giveFile(file('empty.txt', ' \n'), 'memorize');
    expect(get().materials.problem).toContain('empty.txt: no text.');
    await get().materials.giveFile(file('a.txt'), 'copy');
    expect(get().materials.problem).toContain('Copy reads no files, so a.txt is not used.');
    await get().materials.giveFile(file('good.txt', 'a b c'), 'memorize');
    expect(get().materials).toMatchObject({
      problem: undefined,
      given: { noise: { name: 'good.txt', text: 'a b c' } },
    });
  });

  it('are recognised by their content, and one that is no text is refused at once', async () => {
    const { get } = fresh();
    await get().materials.giveFile(new File([gzipSync(new TextEncoder().encode('a b c'))], 'noise'), 'memorize');
    expect(get().materials.given.noise).toEqual({ name: 'noise', text: 'a b c' });
    await get().materials.giveFile(file('book.txt', 'It was late.'), 'language');
    expect(get().materials.given.text?.name).toBe('book.txt');
    await get().materials.giveFile(file('other.txt', '%PDF-1.7'), 'language');
    expect(get().materials).toMatchObject({ given: { text: { name: 'book.txt' } } });
    expect(get().materials.problem).toMatch(
      /other\.txt: a PDF document\. .*a text in UTF-8; save its text as plain text\. The file is not used/,
    );
  });

  it('keep the reason for a refused file until a job begins, whatever estimates follow', async () => {
    const { get, receive } = fresh();
    await get().materials.giveFile(file('other.pdf', '%PDF-1.7'), 'memorize');
    get().estimate.ask();
    get().estimate.ask();
    expect(get().materials.problem).toContain('other.pdf: a PDF document');
    get().run.start();
    receive({ type: 'train-begin', model, progress });
    expect(get().materials.problem).toBeUndefined();
  });

  it('of documents are distinguished by their content', async () => {
    const { get } = fresh();
    await get().materials.giveFile(
      file('a.xml', '<articles><article id="1" title="a">b</article></articles>'),
      'documents',
    );
    await get().materials.giveFile(
      file('b.xml', '<articles><article id="1" hyperpartisan="true"/></articles>'),
      'documents',
    );
    const { articles, labels } = get().materials.given;
    expect([articles?.name, labels?.name]).toEqual(['a.xml', 'b.xml']);
    expect(materialsFor('documents', get().materials.given)).toEqual({ articles, labels });
    expect(materialsFor('copy', get().materials.given)).toBeUndefined();
  });
});
