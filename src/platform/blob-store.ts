// Blobs by name in the browser: files in OPFS, or in IndexedDB where OPFS cannot be written.
import { type DBSchema, openDB } from 'idb';
import type { BlobStore } from '../hub/blob-store.ts';
import { withLock } from './locks.ts';

interface Schema extends DBSchema {
  blobs: { key: string; value: Blob };
}

const folder = 'models';
const isFull = (error: unknown) => error instanceof DOMException && error.name === 'QuotaExceededError';
const database = () => openDB<Schema>('rmt-playground models', 1, { upgrade: (db) => db.createObjectStore('blobs') });

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(folder, { create: true });
}

async function inFile(name: string, content: Uint8Array<ArrayBuffer>): Promise<void> {
  const found = await directory();
  const writable = await (await found.getFileHandle(name, { create: true })).createWritable();
  try {
    await writable.write(content);
    await writable.close();
  } catch (error) {
    await writable.abort().catch(() => {});
    await found.removeEntry(name).catch(() => {});
    throw error;
  }
}

/** @param use opens the database, and closes it when the work is done */
async function withDatabase<T>(use: (db: Awaited<ReturnType<typeof database>>) => Promise<T>): Promise<T> {
  const db = await database();
  try {
    return await use(db);
  } finally {
    db.close();
  }
}

/** Bytes that the browser would still store; undefined if it does not say. */
export async function freeSpace(): Promise<number | undefined> {
  const { quota, usage = 0 } = (await navigator.storage?.estimate?.()) ?? {};
  return quota === undefined ? undefined : quota - usage;
}

export function browserBlobs(): BlobStore {
  return {
    async sizes() {
      const sizes = new Map<string, number>();
      try {
        for await (const handle of (await directory()).values())
          if (handle.kind === 'file' && !handle.name.endsWith('.crswap'))
            sizes.set(handle.name, (await handle.getFile()).size);
      } catch {
        // No OPFS.
      }
      await withDatabase(async (db) => {
        for await (const { key, value } of db.transaction('blobs').store) sizes.set(key, value.size);
      });
      // A file that was created and never written.
      for (const [name, size] of sizes) if (size === 0) sizes.delete(name);
      return sizes;
    },
    async read(name) {
      try {
        return await (await (await directory()).getFileHandle(name)).getFile();
      } catch {
        return withDatabase((db) => db.get('blobs', name));
      }
    },
    async write(name, content) {
      try {
        await inFile(name, content);
      } catch (error) {
        if (isFull(error)) throw error;
        await withDatabase((db) => db.put('blobs', new Blob([content]), name));
      }
    },
    async remove(name) {
      await directory()
        .then((found) => found.removeEntry(name))
        .catch(() => {});
      await withDatabase((db) => db.delete('blobs', name));
    },
    alone: (name, work) => withLock(`rmt-playground model ${name}`, work, { ifAvailable: true }),
  };
}
