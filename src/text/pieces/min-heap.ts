/** A queue of numbers that gives back the smallest first. */
export class MinHeap {
  private readonly numbers: number[] = [];

  push(value: number): void {
    const { numbers } = this;
    let at = numbers.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = numbers[parent] as number;
      if (above <= value) break;
      numbers[at] = above;
      at = parent;
    }
    numbers[at] = value;
  }

  /** The smallest, which is removed; undefined if there is none. */
  pop(): number | undefined {
    const { numbers } = this;
    const smallest = numbers[0];
    const last = numbers.pop();
    if (last === undefined || numbers.length === 0) return smallest;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child + 1 < numbers.length && (numbers[child + 1] as number) < (numbers[child] as number)) child++;
      const below = numbers[child];
      if (below === undefined || below >= last) break;
      numbers[at] = below;
      at = child;
    }
    numbers[at] = last;
    return smallest;
  }
}
