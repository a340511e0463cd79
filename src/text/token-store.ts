// Many token ids in little memory: one or two bytes each, in blocks, so that growing copies nothing.

/** Maximum vocabulary size whose ids fit here. */
export const largestVocabulary = 2 ** 16;

const blockSize = 2 ** 20;

export class TokenStore {
  private readonly blocks: (Uint8Array | Uint16Array)[] = [];
  private readonly make: () => Uint8Array | Uint16Array;
  private block: Uint8Array | Uint16Array;
  private used = 0;

  /**
   * @param values number of different values: 0 to `values` - 1
   * @param offset added to each value to get the token id
   */
  constructor(
    values: number,
    private readonly offset = 0,
  ) {
    if (values > largestVocabulary) throw new RangeError(`${values} values do not fit into 16 bits`);
    this.make = values <= 256 ? () => new Uint8Array(blockSize) : () => new Uint16Array(blockSize);
    this.block = this.make();
    this.blocks.push(this.block);
  }

  get length(): number {
    return (this.blocks.length - 1) * blockSize + this.used;
  }

  /** Bytes of memory it takes. */
  get byteLength(): number {
    return this.blocks.length * this.block.byteLength;
  }

  push(value: number): void {
    if (this.used === blockSize) this.grow();
    this.block[this.used++] = value;
  }

  append(values: Uint8Array): void {
    for (let from = 0; from < values.length; ) {
      if (this.used === blockSize) this.grow();
      const part = values.subarray(from, from + blockSize - this.used);
      this.block.set(part, this.used);
      this.used += part.length;
      from += part.length;
    }
  }

  /** The `length` ids starting at `start`, all of which must exist. */
  copy(start: number, length: number): Int32Array {
    if (start < 0 || start + length > this.length) throw new RangeError(`[${start}, +${length}) of ${this.length}`);
    const ids = new Int32Array(length);
    for (let at = 0; at < length; ) {
      const from = (start + at) % blockSize;
      const part = (this.blocks[Math.floor((start + at) / blockSize)] ?? this.block).subarray(from, from + length - at);
      ids.set(part, at);
      at += part.length;
    }
    if (this.offset !== 0) for (let at = 0; at < length; at++) ids[at] = (ids[at] ?? 0) + this.offset;
    return ids;
  }

  private grow(): void {
    this.block = this.make();
    this.blocks.push(this.block);
    this.used = 0;
  }
}
