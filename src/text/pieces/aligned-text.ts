// A text that has been changed and still knows where each of its characters came from.

/** `text`, and for each UTF-16 unit of it the part [start, end) of the original it stands for. */
export class AlignedText {
  private constructor(
    readonly text: string,
    private readonly starts: Int32Array,
    private readonly ends: Int32Array,
  ) {}

  static of(text: string): AlignedText {
    const starts = new Int32Array(text.length);
    const ends = new Int32Array(text.length);
    for (let at = 0; at < text.length; ) {
      const next = at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1);
      starts.fill(at, at, next);
      ends.fill(next, at, next);
      at = next;
    }
    return new AlignedText(text, starts, ends);
  }

  get length(): number {
    return this.text.length;
  }

  /** The part of the original that [from, to) stands for. */
  origin(from: number, to: number): readonly [start: number, end: number] {
    if (this.length === 0) return [0, 0];
    if (from >= to) return from < this.length ? [this.start(from), this.start(from)] : [this.end(), this.end()];
    return [this.start(from), this.ends[to - 1] ?? 0];
  }

  slice(from: number, to = this.length): AlignedText {
    return new AlignedText(this.text.slice(from, to), this.starts.subarray(from, to), this.ends.subarray(from, to));
  }

  /**
   * The parts between `borders`, each replaced by its own new text. Where a part changes, all of its new text stands for
   * all of the part; a text that grows from nothing stands for the empty place where it is.
   * @param parts the old parts in order, [from, to) without gaps, with what replaces each; undefined keeps it
   */
  replace(parts: Iterable<readonly [from: number, to: number, now: string | undefined]>): AlignedText {
    const texts: string[] = [];
    const starts: number[] = [];
    const ends: number[] = [];
    for (const [from, to, now] of parts) {
      texts.push(now ?? this.text.slice(from, to));
      if (now === undefined)
        for (let at = from; at < to; at++) {
          starts.push(this.start(at));
          ends.push(this.ends[at] ?? 0);
        }
      else {
        const [start, end] = this.origin(from, to);
        for (let k = 0; k < now.length; k++) {
          starts.push(start);
          ends.push(end);
        }
      }
    }
    return new AlignedText(texts.join(''), Int32Array.from(starts), Int32Array.from(ends));
  }

  /** Each match of `pattern`, which has the flags g and u, replaced. */
  replaceAll(pattern: RegExp, change: (found: string) => string): AlignedText {
    const parts: [number, number, string | undefined][] = [];
    let done = 0;
    for (const { 0: found, index } of this.text.matchAll(pattern)) {
      const now = change(found);
      if (now === found) continue;
      if (index > done) parts.push([done, index, undefined]);
      parts.push([index, index + found.length, now]);
      done = index + found.length;
    }
    if (parts.length === 0) return this;
    if (done < this.length) parts.push([done, this.length, undefined]);
    return this.replace(parts);
  }

  prepend(text: string): AlignedText {
    return this.replace([
      [0, 0, text],
      [0, this.length, undefined],
    ]);
  }

  private start(at: number): number {
    return this.starts[at] ?? 0;
  }

  private end(): number {
    return this.ends[this.length - 1] ?? 0;
  }
}
