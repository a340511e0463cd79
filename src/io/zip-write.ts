// Writes a zip archive of stored entries, as a list of pieces: the entries' bytes are not copied.
import { InputError } from '../errors.ts';
import { crc32 } from './zip.ts';

export interface Entry {
  readonly name: string;
  readonly pieces: readonly Uint8Array[];
}

/** Content begins at multiples of this, as in torch's archives, so that it can be mapped into memory. */
const alignment = 64;
/** What torch calls its padding among a header's extra fields. */
const paddingField = 0x4246;
/** Larger archives need zip64, which is not written. */
const most = 2 ** 32 - 1;
const utf8 = 0x0800;
/** 1 January 1980, the first day that a zip archive knows: equal inputs give equal bytes. */
const day = 0x0021;

/** A little-endian record of fields, each with its bytes. */
function record(fields: readonly (readonly [bytes: 2 | 4, value: number])[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return new Uint8Array(view.buffer);
}

const total = (pieces: readonly Uint8Array[]) => pieces.reduce((sum, { length }) => sum + length, 0);

/**
 * A zip archive.
 * @returns its bytes in order; those of the entries are the same arrays
 * @throws InputError if it would have 4 GiB or more
 */
export function zipPieces(entries: readonly Entry[]): Uint8Array[] {
  const out: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let at = 0;
  const put = (...pieces: readonly Uint8Array[]) => {
    out.push(...pieces);
    at += total(pieces);
  };
  for (const { name, pieces } of entries) {
    const path = new TextEncoder().encode(name);
    const size = total(pieces);
    const crc = pieces.reduce((sum, piece) => crc32(piece, sum), 0);
    const start = at;
    const unpadded = at + 30 + path.length + 4;
    const padding = (alignment - (unpadded % alignment)) % alignment;
    const common = [
      [2, utf8],
      [2, 0],
      [2, 0],
      [2, day],
      [4, crc],
      [4, size],
      [4, size],
      [2, path.length],
    ] as const;
    put(record([[4, 0x04034b50], [2, 20], ...common, [2, 4 + padding]]), path);
    put(
      record([
        [2, paddingField],
        [2, padding],
      ]),
      new Uint8Array(padding),
      ...pieces,
    );
    directory.push(
      record([[4, 0x02014b50], [2, 20], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [2, 0], [4, 0], [4, start]]),
      path,
    );
    if (at > most) throw new InputError('writing zip', `${at} bytes or more`, `at most ${most}`);
  }
  const count = entries.length;
  const end = at;
  put(...directory);
  put(
    record([
      [4, 0x06054b50],
      [2, 0],
      [2, 0],
      [2, count],
      [2, count],
      [4, at - end],
      [4, end],
      [2, 0],
    ]),
  );
  return out;
}
