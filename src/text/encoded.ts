// A text as token ids, with the place of each token.

export interface Encoded {
  readonly ids: Int32Array;
  /** What the offsets refer to: the text in normal form, as far as the unit has one. */
  readonly text: string;
  /** [start, end) of each token in `text`, one after the other. The bytes of a character share its offsets. */
  readonly offsets: Int32Array;
}
