// Values of a stream's segments kept within a byte budget: the newest, and the first of the marked ones.

interface Held<T> {
  readonly value: T;
  readonly bytes: number;
}

/**
 * Keeps a value for each segment while there is room. The first marked ones are kept for good and take at most half of
 * the budget; the newest take the rest, and are evicted oldest first. The very newest is kept whatever its size,
 * because it is on display.
 */
export class ByteShelf<T> {
  /** Bytes of all kept values. */
  bytes = 0;
  private readonly marked = new Map<number, Held<T>>();
  private readonly newest = new Map<number, Held<T>>();
  private markedBytes = 0;

  /**
   * @param budget bytes
   * @param bytesOf size of a value in bytes
   * @param onDrop called with each segment whose value was evicted
   */
  constructor(
    readonly budget: number,
    private readonly bytesOf: (value: T) => number,
    private readonly onDrop: (segment: number) => void = () => {},
  ) {}

  add(segment: number, value: T, marked: boolean): void {
    this.remove(segment);
    const bytes = this.bytesOf(value);
    // If every segment is marked, marks must not keep everything.
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

  /** The kept segments, in no particular order. */
  get segments(): Iterable<number> {
    return [...this.marked.keys(), ...this.newest.keys()];
  }

  get size(): number {
    return this.marked.size + this.newest.size;
  }
}
