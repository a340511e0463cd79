/** A piece and the part [from, to) of the word that it stands for; the bytes of a character share its part. */
export interface Piece {
  readonly id: number;
  readonly from: number;
  readonly to: number;
}
