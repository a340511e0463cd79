// Writes a Python pickle (protocol 2) of what a state dict is made of: dictionaries, tensors as views of storages, and
// whole numbers.

/** A tensor as torch saves it: a contiguous view of all numbers of a storage. */
export interface PickledTensor {
  /** The class of the storage: `FloatStorage`. */
  readonly storage: string;
  /** The storage's name in the archive. */
  readonly key: string;
  readonly shape: readonly number[];
}
export type Pickled = PickledTensor | number | ReadonlyMap<string, Pickled>;

const isMap = (value: Pickled): value is ReadonlyMap<string, Pickled> => value instanceof Map;

/** The opcodes used here, by their names in Python's pickletools. */
const op = {
  PROTO: 0x80,
  STOP: 0x2e,
  MARK: 0x28,
  GLOBAL: 0x63,
  REDUCE: 0x52,
  BINPERSID: 0x51,
  EMPTY_DICT: 0x7d,
  SETITEMS: 0x75,
  EMPTY_TUPLE: 0x29,
  TUPLE: 0x74,
  BINUNICODE: 0x58,
  BININT: 0x4a,
  LONG1: 0x8a,
  NEWFALSE: 0x89,
} as const;

class PickleWriter {
  private readonly parts: Uint8Array[] = [];

  private bytes(...values: readonly number[]): void {
    this.parts.push(Uint8Array.from(values));
  }

  private little(code: number, value: number): void {
    const view = new DataView(new ArrayBuffer(5));
    view.setUint8(0, code);
    view.setInt32(1, value, true);
    this.parts.push(new Uint8Array(view.buffer));
  }

  text(value: string): void {
    const encoded = new TextEncoder().encode(value);
    this.little(op.BINUNICODE, encoded.length);
    this.parts.push(encoded);
  }

  integer(value: number): void {
    if (value <= 0x7fffffff) {
      this.little(op.BININT, value);
      return;
    }
    const view = new DataView(new ArrayBuffer(8));
    view.setBigInt64(0, BigInt(value), true);
    this.bytes(op.LONG1, 8, ...new Uint8Array(view.buffer));
  }

  global(module: string, name: string): void {
    this.bytes(op.GLOBAL);
    this.parts.push(new TextEncoder().encode(`${module}\n${name}\n`));
  }

  tuple(...items: readonly (() => void)[]): void {
    if (items.length === 0) {
      this.bytes(op.EMPTY_TUPLE);
      return;
    }
    this.bytes(op.MARK);
    for (const item of items) item();
    this.bytes(op.TUPLE);
  }

  tensor({ storage, key, shape }: PickledTensor): void {
    const length = shape.reduce((product, size) => product * size, 1);
    const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, size) => product * size, 1));
    this.global('torch._utils', '_rebuild_tensor_v2');
    this.tuple(
      () => {
        this.tuple(
          () => this.text('storage'),
          () => this.global('torch', storage),
          () => this.text(key),
          () => this.text('cpu'),
          () => this.integer(length),
        );
        this.bytes(op.BINPERSID);
      },
      () => this.integer(0),
      () => this.tuple(...shape.map((size) => () => this.integer(size))),
      () => this.tuple(...strides.map((stride) => () => this.integer(stride))),
      () => this.bytes(op.NEWFALSE),
      () => {
        this.global('collections', 'OrderedDict');
        this.tuple();
        this.bytes(op.REDUCE);
      },
    );
    this.bytes(op.REDUCE);
  }

  value(value: Pickled): void {
    if (typeof value === 'number') this.integer(value);
    else if (isMap(value)) {
      this.bytes(op.EMPTY_DICT, op.MARK);
      for (const [name, item] of value) {
        this.text(name);
        this.value(item);
      }
      this.bytes(op.SETITEMS);
    } else this.tensor(value);
  }

  finish(value: Pickled): Uint8Array {
    this.bytes(op.PROTO, 2);
    this.value(value);
    this.bytes(op.STOP);
    const size = this.parts.reduce((sum, { length }) => sum + length, 0);
    const out = new Uint8Array(size);
    let at = 0;
    for (const part of this.parts) {
      out.set(part, at);
      at += part.length;
    }
    return out;
  }
}

/**
 * The bytes of a pickle.
 * @see https://docs.python.org/3/library/pickletools.html for the opcodes
 */
export function pickle(value: Pickled): Uint8Array {
  return new PickleWriter().finish(value);
}
