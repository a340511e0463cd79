// Storage of runs: records and curves in IndexedDB, checkpoints as files in OPFS, one tab per run by Web Locks.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { RunId } from '../store/library/record.ts';
import type { Release, RunStorage } from '../store/library/storage.ts';

interface Schema extends DBSchema {
  /** From the earlier version: one record under `last-run`. */
  runs: { key: string; value: unknown };
  records: { key: RunId; value: unknown };
  curves: { key: RunId; value: unknown };
  /** Checkpoints, if there is no OPFS. */
  files: { key: string; value: { readonly bytes: Uint8Array<ArrayBuffer>; readonly modified: number } };
}

const formerKey = 'last-run';
const lockPrefix = 'rmt-playground run ';
const folder = 'checkpoints';

/** Quota errors: storing elsewhere would not help. */
const isFull = (error: unknown) => error instanceof DOMException && error.name === 'QuotaExceededError';

function database(): () => Promise<IDBPDatabase<Schema>> {
  let opened: Promise<IDBPDatabase<Schema>> | undefined;
  const forget = () => {
    opened = undefined;
  };
  return () => {
    opened ??= openDB<Schema>('rmt-playground', 2, {
      upgrade(db, before) {
        if (before < 1) db.createObjectStore('runs');
        for (const name of ['records', 'curves', 'files'] as const) db.createObjectStore(name);
      },
      // Close, so that a later version of the page in another tab can upgrade the database.
      blocking(_, __, event) {
        if (event.target instanceof IDBDatabase) event.target.close();
        forget();
      },
      terminated: forget,
    });
    opened.catch(forget);
    return opened;
  };
}

async function directory(): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(folder, { create: true });
}

/** Undefined if there is no OPFS or no such file. */
async function opfsFile(name: string): Promise<File | undefined> {
  try {
    return await (await (await directory()).getFileHandle(name)).getFile();
  } catch {
    return undefined;
  }
}

/** Lock a run, and return its release; undefined if its lock is not free. */
function take(locks: LockManager, id: RunId): Promise<Release | undefined> {
  return new Promise((resolve) => {
    const released: Promise<unknown> = locks
      .request(`${lockPrefix}${id}`, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(undefined);
        return new Promise<void>((release) =>
          resolve(async () => {
            release();
            await released;
          }),
        );
      })
      .catch(() => resolve(async () => {}));
  });
}

/** The runs that tabs hold; undefined where the browser does not say. */
async function heldRuns(locks: LockManager): Promise<ReadonlySet<RunId> | undefined> {
  const held = (await locks.query().catch(() => undefined))?.held;
  return (
    held &&
    new Set(
      held.flatMap(({ name, mode }) =>
        mode === 'exclusive' && name?.startsWith(lockPrefix) ? [name.slice(lockPrefix.length)] : [],
      ),
    )
  );
}

export function browserStorage(): RunStorage {
  const open = database();
  const channel = 'BroadcastChannel' in globalThis ? new BroadcastChannel('rmt-playground runs') : undefined;
  return {
    async records() {
      const tx = (await open()).transaction('records');
      const [keys, values] = await Promise.all([tx.store.getAllKeys(), tx.store.getAll()]);
      return new Map(keys.map((key, i) => [key, values[i]]));
    },
    curves: async (id) => (await open()).get('curves', id),
    async update(id, change, curves) {
      const tx = (await open()).transaction(['records', 'curves'], 'readwrite');
      const write = async () => {
        const next = change(await tx.objectStore('records').get(id));
        if (next === undefined) return;
        await tx.objectStore('records').put(next, id);
        if (curves !== undefined) await tx.objectStore('curves').put(curves, id);
      };
      await Promise.all([write(), tx.done]);
    },
    async remove(id) {
      const tx = (await open()).transaction(['records', 'curves'], 'readwrite');
      await Promise.all([tx.objectStore('records').delete(id), tx.objectStore('curves').delete(id), tx.done]);
    },
    async files() {
      const found: { name: string; modified: number }[] = [];
      try {
        for await (const handle of (await directory()).values())
          if (handle.kind === 'file')
            found.push({ name: handle.name, modified: (await handle.getFile()).lastModified });
      } catch {
        // No OPFS: the files are in the database.
      }
      const tx = (await open()).transaction('files');
      for await (const { key, value } of tx.store) found.push({ name: key, modified: value.modified });
      return found;
    },
    async read(name) {
      const file = await opfsFile(name);
      if (file) return new Uint8Array(await file.arrayBuffer());
      return (await (await open()).get('files', name))?.bytes;
    },
    async write(name, bytes) {
      try {
        const handle = await (await directory()).getFileHandle(name, { create: true });
        // The bytes go to a temporary file, which replaces the target on close.
        const writable = await handle.createWritable();
        try {
          await writable.write(bytes);
          await writable.close();
        } catch (error) {
          await writable.abort().catch(() => {});
          throw error;
        }
      } catch (error) {
        await directory()
          .then((found) => found.removeEntry(name))
          .catch(() => {});
        if (isFull(error)) throw error;
        await (await open()).put('files', { bytes, modified: Date.now() }, name);
      }
    },
    async discard(name) {
      await directory()
        .then((found) => found.removeEntry(name))
        .catch(() => {});
      await (await open()).delete('files', name);
    },
    former: async () => (await open()).get('runs', formerKey),
    forgetFormer: async () => (await open()).delete('runs', formerKey),
    async lock(id) {
      const { locks } = navigator as { readonly locks?: LockManager };
      // Without locks other tabs cannot be detected; assume there is only one.
      if (!locks) return async () => {};
      for (;;) {
        const release = await take(locks, id);
        // Others that wait for its release may have it for a moment.
        if (release || (await heldRuns(locks))?.has(id) !== false) return release;
      }
    },
    async locked() {
      const { locks } = navigator as { readonly locks?: LockManager };
      return (locks && (await heldRuns(locks))) ?? new Set();
    },
    async released(id) {
      await navigator.locks?.request(`${lockPrefix}${id}`, { mode: 'shared' }, () => {}).catch(() => {});
    },
    announce: () => channel?.postMessage('changed'),
    listen(changed) {
      channel?.addEventListener('message', changed);
    },
    async space() {
      if (!navigator.storage?.estimate) return undefined;
      const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([
        navigator.storage.estimate(),
        navigator.storage.persisted(),
      ]);
      return { used: usage, quota, persisted };
    },
    persist: async () => (await navigator.storage?.persist?.()) ?? false,
  };
}
