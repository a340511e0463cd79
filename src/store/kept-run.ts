// The last run's checkpoint in IndexedDB, so that it outlives a reload. One record; the browser's own API is enough.
import * as v from 'valibot';
import { parseConfig } from '../train/config.ts';
import type { KeptRun } from './run.ts';

const store = 'runs';
const key = 'last-run';

function answer<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

function database(): Promise<IDBDatabase> {
  const request = indexedDB.open('rmt-playground', 1);
  request.onupgradeneeded = () => request.result.createObjectStore(store);
  return answer(request);
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** An earlier version of the page may have written something else. */
const record = v.object({
  bytes: v.pipe(
    v.instance(Uint8Array),
    v.transform((bytes) => new Uint8Array(bytes)),
  ),
  config: v.pipe(
    v.unknown(),
    v.transform((config) => parseConfig(config, 'last run')),
  ),
  progress: v.object({
    step: count,
    steps: count,
    stage: count,
    stages: count,
    stageStep: count,
    stageSteps: count,
    segments: count,
  }),
  noise: v.optional(v.object({ name: v.string(), text: v.string() })),
  files: v.optional(v.array(v.string()), []),
  saved: v.number(),
});

export async function loadRun(): Promise<KeptRun | undefined> {
  const db = await database();
  try {
    const found: unknown = await answer(db.transaction(store).objectStore(store).get(key));
    if (found === undefined) return undefined;
    const { noise, ...rest } = v.parse(record, found);
    return { ...rest, noise };
  } finally {
    db.close();
  }
}

export async function saveRun(run: KeptRun): Promise<void> {
  const db = await database();
  try {
    await answer(db.transaction(store, 'readwrite').objectStore(store).put(run, key));
  } finally {
    db.close();
  }
}
