// Byte-level tokenizers write each byte as one printable character: those that are printable as themselves, the others
// as characters from U+0100 on. Radford et al. 2019, GPT-2.

const isPrinted = (byte: number) => (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);

/** The character for each byte. */
export const byteAlphabet: readonly string[] = (() => {
  let next = 0x100;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(isPrinted(byte) ? byte : next++));
})();

const bytes: ReadonlyMap<string, number> = new Map(byteAlphabet.map((character, byte) => [character, byte]));

/** The byte a character stands for; undefined if it stands for none. */
export const byteOf = (character: string): number | undefined => bytes.get(character);

const encoder = new TextEncoder();

/** A text's UTF-8 as such characters. */
export const byteCharacters = (text: string): string =>
  Array.from(encoder.encode(text), (byte) => byteAlphabet[byte] ?? '').join('');
