// A file as a source of bytes that can be read from its beginning, or from anywhere, as often as it takes.
import { InputError } from '../errors.ts';

export interface TextSource {
  readonly name: string;
  /** Bytes in all. */
  readonly size: number;
  /** The bytes in [from, to), or all of them, piece by piece. */
  open(from?: number, to?: number): AsyncIterable<Uint8Array>;
}

/** What a File and a Blob have in common, as far as it is used. */
interface Sliceable {
  readonly size: number;
  readonly name?: string;
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Read at once: much less than a file, much more than a call costs. */
export const pieceSize = 2 ** 20;

/**
 * A file the user chose, read slice by slice.
 * @param name what to call it in an error: its own name when left out
 * @throws InputError while it is read, if it cannot be: it is a folder, it was changed, or it is gone
 */
export function fileSource(file: Sliceable, name = file.name ?? 'text'): TextSource {
  return {
    name,
    size: file.size,
    async *open(from = 0, to = file.size) {
      for (let at = from; at < to; at += pieceSize) {
        let bytes: ArrayBuffer;
        try {
          bytes = await file.slice(at, Math.min(to, at + pieceSize)).arrayBuffer();
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          throw new InputError(name, `cannot be read: ${reason}`, 'a file that is still there, and no folder');
        }
        yield new Uint8Array(bytes);
      }
    },
  };
}
