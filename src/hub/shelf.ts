// Where downloaded files are kept: each grows by pieces that outlast an interruption.

/** One file, complete or still growing. */
export interface KeptFile {
  /** Bytes kept so far; 0 if there are none. */
  size(): Promise<number>;
  /** Add bytes at the end. Once it resolves, they are there after a crash too. */
  append(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  /** What was kept so far, piece by piece. */
  read(): AsyncIterable<Uint8Array>;
  clear(): Promise<void>;
}

/** A file in memory, for tests. */
export class MemoryFile implements KeptFile {
  pieces: Uint8Array<ArrayBuffer>[] = [];
  size = async () => this.pieces.reduce((sum, { length }) => sum + length, 0);
  append = async (bytes: Uint8Array<ArrayBuffer>) => void this.pieces.push(bytes.slice());
  async *read() {
    yield* this.pieces;
  }
  clear = async () => {
    this.pieces = [];
  };
}
