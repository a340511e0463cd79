// A file by its path, for Node. The file system is injected, because code compiled for the browser must not import
// Node.
import { InputError } from '../errors.ts';
import { pieceSize, type TextSource } from './text-source.ts';

/** The part of `node:fs/promises` used here. */
interface FileSystem {
  stat(path: string): Promise<{ readonly size: number; isFile(): boolean; isDirectory(): boolean }>;
  open(path: string, flags: 'r'): Promise<FileHandle>;
}
interface FileHandle {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ readonly bytesRead: number }>;
  close(): Promise<void>;
}

/**
 * A file by its path.
 * @param fs `node:fs/promises`
 * @throws InputError if there is no such file, or it is a folder
 */
export async function nodeSource(fs: FileSystem, path: string): Promise<TextSource> {
  const refuse = (error: unknown) => {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    const found = code === 'ENOENT' ? 'no such file' : `cannot be read (${code ?? error})`;
    return new InputError(path, found, 'a file that can be read');
  };
  const found = await fs.stat(path).catch((error: unknown) => {
    throw refuse(error);
  });
  if (!found.isFile()) throw new InputError(path, found.isDirectory() ? 'a folder' : 'not a file', 'a file');
  const { size } = found;
  return {
    name: path.split(/[\\/]/).at(-1) ?? path,
    size,
    async *open(from = 0, to = size) {
      const file = await fs.open(path, 'r').catch((error: unknown) => {
        throw refuse(error);
      });
      try {
        for (let at = from; at < to; ) {
          const piece = new Uint8Array(Math.min(pieceSize, to - at));
          const { bytesRead } = await file.read(piece, 0, piece.length, at);
          if (bytesRead === 0) throw new InputError(path, `it ends at byte ${at}`, `${to} bytes, as it had before`);
          yield piece.subarray(0, bytesRead);
          at += bytesRead;
        }
      } finally {
        await file.close();
      }
    },
  };
}
