// What is kept of the segments of a stream within a budget of bytes: the newest, and the first of the marked ones.

interface Held<T> {
  readonly value: T;
  readonly bytes: number;
}

/**
 * Keeps a value for each segment as long as there is room. The first marked ones stay for good and take at most half of the
 * budget; the newest take the rest, and make way oldest first. The very newest is kept however large it is, since it is the
 * one on show.
 */
export class ByteShelf<T> {
  /** Bytes of all that is kept. */
  bytes = 0;
  private readonly marked = new Map<number, Held<T>>();
  private readonly newest = new Map<number, Held<T>>();
  private markedBytes = 0;

  /**
   * @param budget bytes
   * @param bytesOf bytes that a value takes
   * @param onDrop called with each segment whose value made way
   */
  constructor(
    readonly budget: number,
    private readonly bytesOf: (value: T) => number,
    private readonly onDrop: (segment: number) => void = () => {},
  ) {}

  add(segment: number, value: T, marked: boolean): void {
    this.remove(segment);
    const bytes = this.bytesOf(value);
    // Where everything is marked, marks are no reason to keep everything.
    const stays = marked && this.markedBytes + bytes <= this.budget / 2;
    if (stays) this.markedBytes += bytes;
    (stays ? this.marked : this.newest).set(segment, { value, bytes });
    this.bytes += bytes;
    for (const oldest of this.newest.keys()) {
      if (this.bytes <= this.budget || oldest === segment) return;
      this.remove(oldest);
      this.onDrop(oldest);
    }
  }

  remove(segment: number): void {
    this.bytes -= this.newest.get(segment)?.bytes ?? 0;
    this.newest.delete(segment);
    const { bytes = 0 } = this.marked.get(segment) ?? {};
    this.bytes -= bytes;
    this.markedBytes -= bytes;
    this.marked.delete(segment);
  }

  get(segment: number): T | undefined {
    return (this.marked.get(segment) ?? this.newest.get(segment))?.value;
  }

  /** The segments that are kept, in no order. */
  get segments(): Iterable<number> {
    return [...this.marked.keys(), ...this.newest.keys()];
  }

  get size(): number {
    return this.marked.size + this.newest.size;
  }
}
