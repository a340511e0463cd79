// The interface of run storage, and an in-memory implementation for visits without browser storage.
import type { RunId } from './record.ts';

/** Releases a run; resolves once others can claim it. */
export type Release = () => Promise<void>;

/** Space in the browser's storage, in bytes. */
export interface Space {
  readonly used: number;
  readonly quota: number;
  /** Whether the browser keeps it until the user deletes it. */
  readonly persisted: boolean;
}

/**
 * Records and curves by run, and files by name. Every call is atomic and leaves
 * nothing half-written. Every call may throw; a full disk throws an error named QuotaExceededError.
 */
export interface RunStorage {
  /** All records, unchecked. */
  records(): Promise<ReadonlyMap<RunId, unknown>>;
  curves(id: RunId): Promise<unknown>;
  /**
   * Replace a record by the result of `change`, and the curves if given, in one transaction. `change` gets
   * undefined if there is no record; returning undefined changes nothing.
   */
  update(id: RunId, change: (found: unknown) => unknown, curves?: unknown): Promise<void>;
  /** Remove record and curves. */
  remove(id: RunId): Promise<void>;

  files(): Promise<readonly { readonly name: string; readonly modified: number }[]>;
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  write(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  discard(name: string): Promise<void>;

  /** The single run stored by an earlier version of the page, unchecked. */
  former(): Promise<unknown>;
  forgetFormer(): Promise<void>;

  /** Lock a run for this tab. Returns its release, or undefined if another tab holds it. */
  lock(id: RunId): Promise<Release | undefined>;
  /** Runs held by any tab, including this one. */
  locked(): Promise<ReadonlySet<RunId>>;
  /** Resolves once no tab holds the run: it was released, or its tab was closed or crashed. */
  released(id: RunId): Promise<void>;
  /** Notify the other tabs of a change. */
  announce(): void;
  /** Call `changed` on notifications from other tabs. */
  listen(changed: () => void): void;

  space(): Promise<Space | undefined>;
  /** Ask the browser for persistent storage. Returns whether it agreed. */
  persist(): Promise<boolean>;
}

/** In-memory contents; two storages on the same shelf act as two tabs. */
export class Shelf {
  readonly records = new Map<RunId, unknown>();
  readonly curves = new Map<RunId, unknown>();
  readonly files = new Map<string, { readonly bytes: Uint8Array<ArrayBuffer>; readonly modified: number }>();
  readonly locks = new Set<RunId>();
  readonly watchers = new Map<RunId, (() => void)[]>();
  readonly listeners = new Set<() => void>();
  former: unknown;

  unlock(id: RunId): void {
    this.locks.delete(id);
    for (const watcher of this.watchers.get(id) ?? []) watcher();
    this.watchers.delete(id);
  }
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
      return async () => shelf.unlock(id);
    },
    locked: async () => new Set(shelf.locks),
    async released(id) {
      if (!shelf.locks.has(id)) return;
      await new Promise<void>((resolve) => shelf.watchers.set(id, [...(shelf.watchers.get(id) ?? []), resolve]));
    },
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
