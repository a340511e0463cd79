// A file as a source of bytes that can be read repeatedly, from the beginning or from any offset.
import { InputError } from '../errors.ts';

export interface TextSource {
  readonly name: string;
  /** Total bytes. */
  readonly size: number;
  /** The bytes in [from, to), or all of them, piece by piece. */
  open(from?: number, to?: number): AsyncIterable<Uint8Array>;
}

/** The part of File and Blob used here. */
interface Sliceable {
  readonly size: number;
  readonly name?: string;
  slice(from: number, to: number): { arrayBuffer(): Promise<ArrayBuffer> };
}

/** Bytes read at once: far smaller than a file, large enough to make call overhead negligible. */
export const pieceSize = 2 ** 20;

/**
 * A file the user chose, read slice by slice.
 * @param name its name in messages; the file's name by default
 * @throws InputError while reading, if it cannot be read: it is a folder, it was changed, or it is gone
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
          throw new InputError(name, `cannot be read: ${reason}`, 'a file that still exists and is not a folder');
        }
        yield new Uint8Array(bytes);
      }
    },
  };
}

/** Bytes in memory as a source. */
export function bytesSource(name: string, bytes: Uint8Array): TextSource {
  return {
    name,
    size: bytes.length,
    async *open(from = 0, to = bytes.length) {
      yield bytes.subarray(from, to);
    },
  };
}

/** The bytes in [from, to), to look fields up. */
export async function bytesOf(source: TextSource, from: number, to: number): Promise<DataView<ArrayBuffer>> {
  const bytes = new Uint8Array(to - from);
  let at = 0;
  for await (const piece of source.open(from, to)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return new DataView(bytes.buffer);
}
