// Writes what torch.save would write of a state dict: tensors with the same numbers share a storage.
import { type Pickled, pickle } from './pickle-write.ts';
import { zipPieces } from './zip-write.ts';

/** A tensor to be written. */
export interface TorchTensor {
  readonly name: string;
  readonly dtype: 'F32' | 'I64';
  readonly shape: readonly number[];
  /** Stretches of its numbers in row-major order. */
  readonly data: readonly (Float32Array | BigInt64Array)[];
}

const storages = { F32: 'FloatStorage', I64: 'LongStorage' } as const;

const bytesOf = ({ buffer, byteOffset, byteLength }: ArrayBufferView) => new Uint8Array(buffer, byteOffset, byteLength);

/**
 * A file that torch.load reads, also with weights_only.
 * @param within a name under which the state dict lies, beside further numbers
 * @returns its bytes in order; the tensors' are not copied
 * @throws InputError if it would have 4 GiB or more
 * @see https://pytorch.org/docs/stable/notes/serialization.html
 */
export function torchPieces(
  tensors: readonly TorchTensor[],
  within?: { readonly name: string; readonly beside: Readonly<Record<string, number>> },
): Uint8Array[] {
  /** By the first stretch of their numbers. */
  const keys = new Map<unknown, string>();
  const stored: { name: string; pieces: Uint8Array[] }[] = [];
  const state = new Map<string, Pickled>();
  for (const { name, dtype, shape, data } of tensors) {
    // Two views of the same numbers are one storage, if all of their stretches are the same.
    const [first] = data;
    const known = keys.get(first);
    const key = known ?? String(stored.length);
    if (known === undefined) {
      keys.set(first, key);
      stored.push({ name: `data/${key}`, pieces: data.map(bytesOf) });
    }
    state.set(name, { storage: storages[dtype], key, shape });
  }
  const saved: Pickled = within
    ? new Map<string, Pickled>([[within.name, state], ...Object.entries(within.beside)])
    : state;
  const text = (value: string) => [new TextEncoder().encode(value)];
  const entries = [
    { name: 'data.pkl', pieces: [pickle(saved)] },
    { name: 'byteorder', pieces: text('little') },
    ...stored,
    { name: 'version', pieces: text('3\n') },
  ];
  return zipPieces(entries.map(({ name, pieces }) => ({ name: `archive/${name}`, pieces })));
}
