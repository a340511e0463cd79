// The sizes that a program's dispatches read: slices of one uniform buffer, shared by all dispatches with the same sizes.

/** Where a uniform binding may begin on every adapter. */
const SLICE = 256;

/** One dispatch's part of the buffer. */
export interface SizeSlice {
  readonly offset: number;
  readonly size: number;
}

export class SizeSlices {
  private readonly slices = new Map<string, SizeSlice>();

  /** The slice that holds `values`, u32 each, one after the other; undefined where there are none. */
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

  /** Bytes of the buffer. */
  get bytes(): number {
    return this.slices.size * SLICE;
  }

  /** What the buffer holds. */
  get data(): Uint32Array<ArrayBuffer> {
    const data = new Uint32Array(this.bytes / 4);
    for (const [key, { offset }] of this.slices) data.set(key.split(',').map(Number), offset / 4);
    return data;
  }
}
