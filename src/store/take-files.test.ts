// What is dropped on a view is used, or said not to be.
import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Job, Wish } from '../testing/desk.ts';
import { eventually } from '../testing/eventually.ts';
import { pieceCheckpoint } from '../testing/piece-models.ts';
import { openPage } from '../testing/store-page.ts';
import { Shelf } from './library/storage.ts';
import { takeFiles } from './take-files.ts';

const checkpoint = readFileSync(new URL('../../public/checkpoints/copy.safetensors', import.meta.url));
const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${'a'.repeat(64)}\nsize 12345\n`;
const file = (name: string, content: string | Uint8Array<ArrayBuffer>) => new File([content], name);

let posted: (Job | Wish)[];
beforeEach(() => {
  posted = [];
});
async function view(address: string) {
  const { get } = openPage(posted, new Shelf());
  await get().models.load();
  get().experiment.open(address);
  return { get, drop: (...files: File[]) => takeFiles(files, get()) };
}

describe('on Stream', () => {
  it('a text becomes the noise of a task about facts, and nothing of a run to train', async () => {
    const { get, drop } = await view('#/stream');
    await drop(file('noise.txt', 'Ships sail far.'));
    expect(get().stream.noise).toEqual({ name: 'noise.txt', text: 'Ships sail far.' });
    expect(get().materials.given).toEqual({});
  });

  it.each([
    ['a PDF', '%PDF-1.7\n', /book: a PDF document\..* The file is not used, and nothing has changed\.$/],
    ['a Git LFS pointer', pointer, /book: a Git LFS pointer, not the file itself\..*git lfs pull/],
  ])('%s is named, and goes from the message with the next model', async (_, content, message) => {
    const { get, drop } = await view('#/stream');
    await drop(file('book', content));
    expect(get().models.fileProblem).toMatch(message);
    expect(get().stream.noise).toBeUndefined();
    await drop(file('copy.safetensors', new Uint8Array(checkpoint)));
    await eventually(() => expect(get().experiment.stream.model).toBe('file:copy.safetensors'));
    expect(get().models.fileProblem).toBeUndefined();
  });
});

it('a text that no model of the view reads is said not to be used', async () => {
  for (const [address, reader] of [
    ['#/extrapolate', /Detect[^,]* reads none on this view/],
    ['#/extrapolate?eval.task=copy', /Copy reads none on this view/],
    ['#/compute', /this view reads none/],
    ['#/capacity', /this view reads none/],
  ] as const) {
    const { get, drop } = await view(address);
    await drop(file('a.txt', 'Some words.'));
    expect(get().models.fileProblem).toMatch(reader);
    expect(get().materials.given).toEqual({});
  }
});

it.each(['inside', 'device', 'learn'])('nothing is taken on %s, and the page says so', async (name) => {
  const { get, drop } = await view(`#/${name}`);
  for (const each of [file('a.txt', 'Some words.'), file('copy.safetensors', new Uint8Array(checkpoint))]) {
    await drop(each);
    expect(get().experiment.problems.join(' ')).toContain(`takes no files, so ${each.name} is not used.`);
  }
  expect(get().models.files).toEqual([]);
});

it('a model on Capacity is the one that is evaluated there', async () => {
  const { get, drop } = await view('#/capacity');
  await drop(file('copy.safetensors', new Uint8Array(checkpoint)));
  expect(get().experiment.capacity.model).toBe('file:copy.safetensors');
  expect(get().experiment.evaluate.model).toBeUndefined();
});

it('a file on Train is refused with its reason while a run is in training', async () => {
  const { get, drop } = await view('#/train');
  get().run.start();
  await drop(file('a.txt', 'Some words.'));
  expect(get().experiment.problems).toEqual(['A run is in training, so a.txt is not used. Stop the run first.']);
});

it('a text for a task that takes one is given to it', async () => {
  const { get, drop } = await view('#/extrapolate?eval.task=language');
  const text = file('a.txt', 'Some words.');
  await drop(text);
  expect(get().materials.given).toEqual({ text });
  expect(get().models.fileProblem).toBeUndefined();
});

it('a model on Train becomes what a run starts from, unless it can be resumed', async () => {
  const { get, drop } = await view('#/train');
  await drop(file('copy.safetensors', pieceCheckpoint('rmt-bert')));
  expect(get().experiment.train.from).toBe('file:copy.safetensors');
  expect(posted.some((each) => 'kind' in each && each.kind === 'describe')).toBe(true);
  await drop(file('copy.safetensors', new Uint8Array(checkpoint)));
  expect(posted.some((each) => 'kind' in each && each.kind === 'train' && each.resume)).toBe(true);
});
