// The storage that downloaded models are kept in: blobs by name, each written at once or not at all.

export interface BlobStore {
  /** Names and sizes in bytes. */
  sizes(): Promise<ReadonlyMap<string, number>>;
  /** Undefined if there is none of this name. Its bytes need not be in memory. */
  read(name: string): Promise<Blob | undefined>;
  /** Atomic: after an error, or a crash, there is nothing of this name, or what was there before. */
  write(name: string, content: Uint8Array<ArrayBuffer>): Promise<void>;
  remove(name: string): Promise<void>;
  /** Do work that no other tab does at the same time; undefined if another one is doing it. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T | undefined>;
}

/** Contents in memory, for tests and for visits without browser storage. */
export function memoryBlobs(blobs = new Map<string, Blob>()): BlobStore {
  const working = new Set<string>();
  return {
    sizes: async () => new Map([...blobs].map(([name, { size }]) => [name, size])),
    read: async (name) => blobs.get(name),
    write: async (name, content) => void blobs.set(name, new Blob([content])),
    remove: async (name) => void blobs.delete(name),
    async alone(name, work) {
      if (working.has(name)) return undefined;
      working.add(name);
      return work().finally(() => working.delete(name));
    },
  };
}
