// Pieces as text: what each of them contributes, for display. Plain data, so that the page needs no tokenizer for it.
import { byteOf } from './byte-characters.ts';

/** How pieces show where words begin. */
export const pieceStyles = ['wordpiece', 'bytes', 'metaspace'] as const;
export type PieceStyle = (typeof pieceStyles)[number];

const byteToken = /^<0x([0-9A-F]{2})>$/;
const metaspaceMark = '▁';

/** Marks without a space before them, and those without one after them. */
const closes = /^[.,?!;:%)\]}’”…]$/;
const opens = /^[([{“‘$#]$/;

function wordPieces(pieces: readonly string[]): string[] {
  return pieces.map((piece, k) => {
    if (piece.startsWith('##') && piece.length > 2) return piece.slice(2);
    const before = pieces[k - 1];
    // An apostrophe joins what stands around it: do n ' t is shown as don't.
    const joins = piece === "'" || before === "'" || piece === '-' || before === '-';
    return k === 0 || closes.test(piece) || opens.test(before ?? '') || joins ? piece : ` ${piece}`;
  });
}

/** Bytes are decoded as UTF-8: a character stands at its last byte, and what is no UTF-8 is the replacement character. */
function decoded(pieces: readonly string[], bytesOf: (piece: string) => readonly number[] | string): string[] {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  const texts = pieces.map((piece) => {
    const found = bytesOf(piece);
    return typeof found === 'string'
      ? `${decoder.decode()}${found}`
      : decoder.decode(Uint8Array.from(found), { stream: true });
  });
  const cut = decoder.decode();
  const last = texts.pop();
  return last === undefined ? texts : [...texts, last + cut];
}

const bytePieces = (pieces: readonly string[]) =>
  decoded(pieces, (piece) => {
    const bytes = Array.from(piece, byteOf);
    // An added token is no bytes.
    return bytes.every((byte) => byte !== undefined) ? bytes : piece;
  });

function metaspacePieces(pieces: readonly string[]): string[] {
  const texts = decoded(pieces, (piece) => {
    const [, hexadecimal] = byteToken.exec(piece) ?? [];
    return hexadecimal === undefined ? piece.replaceAll(metaspaceMark, ' ') : [Number.parseInt(hexadecimal, 16)];
  });
  return texts.map((text, k) => (k === 0 && text.startsWith(' ') ? text.slice(1) : text));
}

const styles = { wordpiece: wordPieces, bytes: bytePieces, metaspace: metaspacePieces } as const;

/** What each piece contributes to the text, in order; joined, they are the text. */
export const spellPieces = (pieces: readonly string[], style: PieceStyle): string[] => styles[style](pieces);
