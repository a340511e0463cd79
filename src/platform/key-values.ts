// A key-value store in IndexedDB, in the database that earlier versions created with idb-keyval.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

interface Schema extends DBSchema {
  keyval: { key: string; value: unknown };
}

/** The name of idb-keyval's database. */
const name = 'keyval-store';

let opened: Promise<IDBPDatabase<Schema>> | undefined;

const forget = () => {
  opened = undefined;
};

function database(): Promise<IDBPDatabase<Schema>> {
  // Without a version number, so that the existing database is opened as it is.
  opened ??= openDB<Schema>(name, undefined, {
    upgrade: (db) => void db.createObjectStore('keyval'),
    blocking(_, __, event) {
      if (event.target instanceof IDBDatabase) event.target.close();
      forget();
    },
    terminated: forget,
  });
  opened.catch(forget);
  return opened;
}

export const keyValues = {
  /** Undefined if the key is missing; rejects if storage is unavailable. */
  get: async (key: string): Promise<unknown> => (await database()).get('keyval', key),
  set: async (key: string, value: unknown): Promise<void> => {
    await (await database()).put('keyval', value, key);
  },
};
