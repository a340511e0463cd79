// Small values by key in IndexedDB, from one visit to the next: the database that earlier versions filled through idb-keyval.
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';

interface Schema extends DBSchema {
  keyval: { key: string; value: unknown };
}

/** What idb-keyval named its database. */
const name = 'keyval-store';

let opened: Promise<IDBPDatabase<Schema>> | undefined;

const forget = () => {
  opened = undefined;
};

function database(): Promise<IDBPDatabase<Schema>> {
  // Without a version: whichever is there is opened as it is.
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
  /** Undefined where nothing is stored under that key; rejects where nothing can be stored. */
  get: async (key: string): Promise<unknown> => (await database()).get('keyval', key),
  set: async (key: string, value: unknown): Promise<void> => {
    await (await database()).put('keyval', value, key);
  },
};
