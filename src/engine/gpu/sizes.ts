// The sizes that a program's dispatches read where there are no immediates: slices of one uniform buffer, shared by dispatches with equal sizes.

/** Offset alignment of uniform bindings that every adapter accepts. */
const SLICE = 256;

/** One dispatch's part of the buffer. */
export interface SizeSlice {
  readonly offset: number;
  readonly size: number;
}

export class SizeSlices {
  private readonly slices = new Map<string, SizeSlice>();

  /** The slice that holds `values`, consecutive u32; undefined if there are none. */
  sliceOf(values: readonly number[]): SizeSlice | undefined {
    if (values.length === 0) return undefined;
    if (4 * values.length > SLICE)
      throw new RangeError(`sizes: ${values.length} values, expected at most ${SLICE / 4}`);
    const key = values.join();
    const known = this.slices.get(key);
    if (known) return known;
    const slice = { offset: this.bytes, size: 4 * values.length };
    this.slices.set(key, slice);
    return slice;
  }

  /** Size of the buffer in bytes. */
  get bytes(): number {
    return this.slices.size * SLICE;
  }

  /** Contents of the buffer. */
  get data(): Uint32Array<ArrayBuffer> {
    const data = new Uint32Array(this.bytes / 4);
    for (const [key, { offset }] of this.slices) data.set(key.split(',').map(Number), offset / 4);
    return data;
  }
}
