// A long text in parts that a tokenizer splits as it would split the whole.

/** Characters of a part, about. */
const enough = 2 ** 16;

/**
 * Where the last white space of a text begins: no tokenizer joins what is before it with what is after it, since white
 * space belongs to the word that follows.
 */
export function lastGap(text: string): number {
  let at = text.length - 1;
  while (at > 0 && !/\s/.test(text.charAt(at))) at--;
  while (at > 0 && /\s/.test(text.charAt(at - 1))) at--;
  return at;
}

/** Cuts what `add` is given into parts; `rest` is the last one. */
export class Parts {
  private held = '';

  *add(text: string): Generator<string, void, void> {
    this.held += text;
    for (let from = 0; this.held.length >= enough; from = 0) {
      const part = this.held.slice(from, enough);
      // A stretch without white space is cut, but not within a character.
      const end = lastGap(part) || (/[\ud800-\udbff]$/.test(part) ? enough - 1 : enough);
      // White space at the end may go on.
      if (this.held.length === enough && end === enough) return;
      yield this.held.slice(0, end);
      this.held = this.held.slice(end);
    }
  }

  *rest(): Generator<string, void, void> {
    if (this.held !== '') yield this.held;
    this.held = '';
  }
}

/** The parts of a text in memory. */
export function* partsOf(text: string): Generator<string, void, void> {
  const parts = new Parts();
  for (let at = 0; at < text.length; at += enough) yield* parts.add(text.slice(at, at + enough));
  yield* parts.rest();
}
