// Where runs are kept: what a storage must be able to do, and one in memory, for a visit without any.
import type { RunId } from './record.ts';

/** Gives a run back; resolves once others can have it. */
export type Release = () => Promise<void>;

/** Space in the browser's storage, in bytes. */
export interface Space {
  readonly used: number;
  readonly quota: number;
  /** The browser does not clean it up by itself. */
  readonly persisted: boolean;
}

/**
 * Records and curves by run, and files by name. Every call leaves either what was there before or what was asked for:
 * nothing half-written. Anything may throw; a full disk throws an error named QuotaExceededError.
 */
export interface RunStorage {
  /** All records, as they are found. */
  records(): Promise<ReadonlyMap<RunId, unknown>>;
  curves(id: RunId): Promise<unknown>;
  /**
   * Replace a record by what `change` makes of it, and the curves too if there are any, in one go. `change` is given
   * undefined where there is no record, and leaves everything as it is by returning undefined.
   */
  update(id: RunId, change: (found: unknown) => unknown, curves?: unknown): Promise<void>;
  /** Remove record and curves. */
  remove(id: RunId): Promise<void>;

  files(): Promise<readonly { readonly name: string; readonly modified: number }[]>;
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  discard(name: string): Promise<void>;

  /** The one run that an earlier version of the page kept, as it is found. */
  former(): Promise<unknown>;
  forgetFormer(): Promise<void>;

  /** Take a run for this tab alone. Returns what gives it back, or undefined where another tab has it. */
  lock(id: RunId): Promise<Release | undefined>;
  /** Runs that a tab has, this one or another. */
  locked(): Promise<ReadonlySet<RunId>>;
  /** Tell the other tabs that something changed. */
  announce(): void;
  /** Be told by the other tabs. */
  listen(changed: () => void): void;

  space(): Promise<Space | undefined>;
  /** Ask the browser not to clean up. Returns whether it agreed. */
  persist(): Promise<boolean>;
}

/** What is kept in memory; two storages on one of these are two tabs. */
export class Shelf {
  readonly records = new Map<RunId, unknown>();
  readonly curves = new Map<RunId, unknown>();
  readonly files = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly modified: number }>();
  readonly locks = new Set<RunId>();
  readonly listeners = new Set<() => void>();
  former: unknown;
}

export function memoryStorage(shelf = new Shelf()): RunStorage {
  let own: () => void = () => {};
  return {
    records: async () => structuredClone(shelf.records),
    curves: async (id) => structuredClone(shelf.curves.get(id)),
    async update(id, change, curves) {
      const next = change(structuredClone(shelf.records.get(id)));
      if (next === undefined) return;
      shelf.records.set(id, structuredClone(next));
      if (curves !== undefined) shelf.curves.set(id, structuredClone(curves));
    },
    async remove(id) {
      shelf.records.delete(id);
      shelf.curves.delete(id);
    },
    files: async () => [...shelf.files].map(([name, { modified }]) => ({ name, modified })),
    read: async (name) => shelf.files.get(name)?.bytes.slice(),
    async write(name, bytes) {
      shelf.files.set(name, { bytes: bytes.slice(), modified: Date.now() });
    },
    async discard(name) {
      shelf.files.delete(name);
    },
    former: async () => shelf.former,
    async forgetFormer() {
      shelf.former = undefined;
    },
    async lock(id) {
      if (shelf.locks.has(id)) return undefined;
      shelf.locks.add(id);
      return async () => void shelf.locks.delete(id);
    },
    locked: async () => new Set(shelf.locks),
    announce() {
      for (const listener of shelf.listeners) if (listener !== own) listener();
    },
    listen(changed) {
      own = changed;
      shelf.listeners.add(changed);
    },
    space: async () => undefined,
    persist: async () => false,
  };
}
