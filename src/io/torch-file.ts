// Tensors that torch.save wrote: a zip archive of one pickle, which names them, and their raw numbers. The pickle is data
// from a stranger: only what a state dict is made of is allowed in it, and nothing of it is executed.
import { Parser } from 'pickleparser';
import { InputError } from '../errors.ts';
import type { FileTensor } from './file-tensor.ts';
import { quoted, shapeText } from './message.ts';
import { recogniseFile, wrongKind } from './recognise.ts';
import { bytesOf, type TextSource } from './text-source.ts';
import { type ZipEntry, zipEntries, zipEntry } from './zip.ts';

/** A pickle larger than this holds more than names and shapes: a tensor takes some 150 bytes. */
const longestPickle = 2 ** 22;

const storages: Readonly<Record<string, readonly [dtype: string, bytes: number]>> = {
  DoubleStorage: ['F64', 8],
  FloatStorage: ['F32', 4],
  HalfStorage: ['F16', 2],
  BFloat16Storage: ['BF16', 2],
  LongStorage: ['I64', 8],
  IntStorage: ['I32', 4],
  ShortStorage: ['I16', 2],
  CharStorage: ['I8', 1],
  ByteStorage: ['U8', 1],
  BoolStorage: ['BOOL', 1],
};

/** The raw numbers that a tensor is a view of. */
class Storage {
  constructor(
    readonly dtype: string,
    readonly elementBytes: number,
    readonly key: string,
    readonly length: number,
  ) {}
}

/** A view of a storage: what torch saves of a tensor. */
class View {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const areSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);

/** A view, checked to lie within its storage. */
function viewOf(storage: unknown, offset: unknown, shape: unknown, strides: unknown): View {
  if (!(storage instanceof Storage) || !isSize(offset) || !areSizes(shape) || !areSizes(strides))
    throw new Error('a tensor without storage, offset, shape and strides');
  if (shape.length !== strides.length)
    throw new Error(`a tensor of shape ${shapeText(shape)} with ${strides.length} strides`);
  const last = offset + shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), 0);
  if (!shape.includes(0) && !(last < storage.length))
    throw new Error(`a tensor of shape ${shapeText(shape)} beyond the ${storage.length} numbers of its storage`);
  return new View(storage, offset, shape, strides);
}

/**
 * What a pickle may name. A new one for each file, because a pickle can set properties of what it names.
 * @throws Error for every other name
 */
function resolve(module: string, name: string): (...args: unknown[]) => unknown {
  const full = `${module}.${name}`;
  if (full === 'collections.OrderedDict') return dictionary;
  // hooks, requires_grad and metadata follow; they change no numbers.
  if (full === 'torch._utils._rebuild_tensor_v2')
    return (storage, offset, shape, strides) => viewOf(storage, offset, shape, strides);
  if (full === 'torch._utils._rebuild_parameter') return (view) => view;
  const storage = module === 'torch' && Object.hasOwn(storages, name) ? storages[name] : undefined;
  if (storage) return () => storage;
  throw new Error(`the name ${quoted(full)}`);
}

/** A Python dictionary: of pairs, if it was saved with them. */
const dictionary = (pairs?: unknown): Map<unknown, unknown> =>
  new Map(Array.isArray(pairs) ? pairs.filter((pair): pair is [unknown, unknown] => Array.isArray(pair)) : []);

/** `('storage', class, key, device, length)`, as torch refers to raw numbers. */
function storageOf(reference: unknown): Storage {
  const [kind, type, key, , length] = Array.isArray(reference) ? reference : [];
  if (kind !== 'storage' || typeof type !== 'function' || typeof key !== 'string' || !isSize(length))
    throw new Error('a reference that is no storage');
  const found: unknown = type();
  const [dtype, size] = Array.isArray(found) ? found : [];
  if (typeof dtype !== 'string' || typeof size !== 'number') throw new Error('a storage of unknown type');
  return new Storage(dtype, size, key, length);
}

function parse(bytes: Uint8Array, where: string): unknown {
  try {
    return new Parser({
      nameResolver: { resolve },
      persistentResolver: { resolve: storageOf as (reference: string) => unknown },
      unpicklingTypeOfDictionary: 'Map',
    }).parse(bytes);
  } catch (error) {
    throw new InputError(
      where,
      error instanceof Error ? error.message : String(error),
      'a pickle of tensors, names and numbers; save model.state_dict(), or the weights with safetensors.torch.save_file',
    );
  }
}

/** Deeper dictionaries hold no tensors of a model. */
const deepest = 4;

/** The tensors of a dictionary and of those in it, by the path of their names. */
function* viewsIn(value: unknown, path: readonly string[], seen: Set<unknown>): Generator<[readonly string[], View]> {
  if (value instanceof View) {
    yield [path, value];
    return;
  }
  // A dictionary may hold itself.
  if (!(value instanceof Map) || path.length >= deepest || seen.has(value)) return;
  seen.add(value);
  for (const [key, item] of value)
    if (typeof key === 'string' || typeof key === 'number') yield* viewsIn(item, [...path, String(key)], seen);
}

/** The view's numbers in row-major order, of the bytes of its storage. */
function gathered({ offset, shape, strides, storage: { elementBytes: size } }: View, bytes: Uint8Array): Uint8Array {
  const count = shape.reduce((product, length) => product * length, 1);
  let next = 1;
  const isContiguous = shape.every((_, axis) => {
    const back = shape.length - 1 - axis;
    const length = shape[back] ?? 1;
    const fits = length === 1 || strides[back] === next;
    next *= length;
    return fits;
  });
  if (isContiguous) return bytes.subarray(offset * size, (offset + count) * size);
  const out = new Uint8Array(count * size);
  const index = shape.map(() => 0);
  let from = offset;
  for (let k = 0; k < count; k++) {
    out.set(bytes.subarray(from * size, (from + 1) * size), k * size);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis] ?? 0;
      index[axis] = (index[axis] ?? 0) + 1;
      if ((index[axis] ?? 0) < (shape[axis] ?? 0)) break;
      from -= (strides[axis] ?? 0) * (shape[axis] ?? 0);
      index[axis] = 0;
    }
  }
  return out;
}

/**
 * The tensors of a file written by torch.save (version 1.6 or later), by the path of their names: `['bert', …]` is not
 * split, so that a plain state dict has paths of one name, and `{'model_state_dict': …}` of two.
 * @throws InputError if the file is damaged, or its pickle holds anything but tensors, containers and numbers
 * @see https://pytorch.org/docs/stable/notes/serialization.html
 */
export async function readTorchFile(source: TextSource): Promise<{ path: readonly string[]; tensor: FileTensor }[]> {
  const kind = await recogniseFile(source);
  if (kind.kind !== 'torch-zip' && kind.kind !== 'zip')
    throw wrongKind(source.name, kind, 'a file written by torch.save, version 1.6 or later');
  const entries = new Map((await zipEntries(source)).map((entry) => [entry.name, entry]));
  const pickle = [...entries.values()].find(({ name }) => /^[^/]*\/data\.pkl$/.test(name));
  if (!pickle) throw new InputError(source.name, 'a zip archive without data.pkl', 'a file written by torch.save');
  const folder = pickle.name.slice(0, -'data.pkl'.length);
  /** A compressed entry could claim any size. */
  const checkStored = ({ name, packed, size }: ZipEntry) => {
    if (packed === size) return;
    const where = `${source.name}: ${name.slice(folder.length)}`;
    throw new InputError(where, 'compressed', 'stored as it is, as torch.save does');
  };
  const contentOf = async (entry: ZipEntry): Promise<Uint8Array> => {
    const content = await zipEntry(source, entry);
    return new Uint8Array((await bytesOf(content, 0, content.size)).buffer);
  };
  const order = entries.get(`${folder}byteorder`);
  if (order && order.size <= 16) {
    const found = new TextDecoder().decode(await contentOf(order));
    if (found !== 'little') throw new InputError(source.name, `byte order ${quoted(found)}`, 'little');
  }
  if (pickle.size > longestPickle)
    throw new InputError(
      `${source.name}: data.pkl`,
      `${pickle.size} bytes`,
      `at most ${longestPickle}, as a state dict has`,
    );
  checkStored(pickle);
  const where = `${source.name}: data.pkl`;
  const found = [...viewsIn(parse(await contentOf(pickle), where), [], new Set())];
  // Views of one storage share its bytes while both are being read.
  const open = new Map<string, WeakRef<Uint8Array>>();
  return found.map(([path, view]) => {
    const { key, length, elementBytes, dtype } = view.storage;
    const entry = entries.get(`${folder}data/${key}`);
    if (!entry) throw new InputError(where, `no storage ${quoted(key)}`, `data/${key} in the archive`);
    if (entry.size !== length * elementBytes)
      throw new InputError(
        `${source.name}: data/${key}`,
        `${entry.size} bytes`,
        `${length * elementBytes}, as the pickle says`,
      );
    checkStored(entry);
    const bytes = async () => {
      const content = open.get(key)?.deref() ?? (await contentOf(entry));
      open.set(key, new WeakRef(content));
      return gathered(view, content);
    };
    return { path, tensor: { dtype, shape: view.shape, bytes } };
  });
}
