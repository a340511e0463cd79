// The models kept in a browser: complete or not, as files of several parts, and removed without a trace.
import { beforeEach, expect, it } from 'vitest';
import { memoryBlobs } from './blob-store.ts';
import type { HubModel } from './find-model.ts';
import { ModelShelf } from './model-shelf.ts';

const model: HubModel = {
  id: 'someone/tiny',
  revision: 'c'.repeat(40),
  licence: 'mit',
  gated: false,
  files: [
    { path: 'config.json', size: 2 },
    { path: 'model.safetensors', size: 5, sha256: 'd'.repeat(64) },
  ],
  bytes: 7,
};

let blobs: Map<string, Blob>;
let shelf: ModelShelf;
beforeEach(() => {
  blobs = new Map();
  shelf = new ModelShelf(memoryBlobs(blobs));
});

async function fill() {
  await shelf.note(model, false);
  await shelf.file(model, 'config.json').append(Uint8Array.of(1, 2));
  const file = shelf.file(model, 'model.safetensors');
  await file.append(Uint8Array.of(1, 2, 3));
  await file.append(Uint8Array.of(4, 5));
  return file;
}

it('keeps a file in parts and gives it out as one', async () => {
  const file = await fill();
  expect(await file.size()).toBe(5);
  const read: number[] = [];
  for await (const piece of file.read()) read.push(...piece);
  expect(read).toEqual([1, 2, 3, 4, 5]);
  const files = await shelf.files(model);
  expect(files.map(({ name, size }) => [name, size])).toEqual([
    ['config.json', 2],
    ['model.safetensors', 5],
  ]);
  expect([...new Uint8Array((await files[1]?.arrayBuffer()) ?? new ArrayBuffer())]).toEqual([1, 2, 3, 4, 5]);
});

it('lists models with the bytes they take, complete or not', async () => {
  await fill();
  expect(await shelf.list()).toEqual([{ ...model, isComplete: false, stored: 7 }]);
  await shelf.note(model, true);
  await shelf.file(model, 'model.safetensors').clear();
  expect(await shelf.list()).toEqual([{ ...model, isComplete: true, stored: 2 }]);
  await expect(shelf.files(model)).rejects.toThrow('someone/tiny: model.safetensors has 0 bytes (expected 5');
});

it('leaves out a record that is no record, and removes all of a model and nothing else', async () => {
  await fill();
  const other = { ...model, id: 'someone/tiny2' };
  await shelf.note(other, false);
  blobs.set('broken.json', new Blob(['{']));
  expect((await shelf.list()).map(({ id }) => id)).toEqual(['someone/tiny', 'someone/tiny2']);
  await shelf.remove(model);
  expect([...blobs.keys()].sort()).toEqual(['broken.json', `someone--tiny2@${model.revision}.json`]);
});
