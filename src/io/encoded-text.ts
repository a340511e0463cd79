// UTF-16 as UTF-8, while it is read: everything after this works on one encoding.
import { InputError } from '../errors.ts';
import { cutOut } from './inflate.ts';
import type { TextSource } from './text-source.ts';

/**
 * A text in UTF-16 with a byte order mark as a source of UTF-8 without one.
 * @throws InputError while reading, if the text ends within a character or has half of one
 */
export function fromUtf16(source: TextSource, encoding: 'utf-16le' | 'utf-16be'): TextSource {
  const broken = () => new InputError(source.name, `no ${encoding.toUpperCase()} text`, 'a text in UTF-8');
  return {
    name: source.name,
    // Of western text: half of the bytes are zero.
    size: Math.ceil(source.size / 2),
    open: (from = 0, to = Number.POSITIVE_INFINITY) => cutOut(encoded(), from, to),
  };
  async function* encoded(): AsyncGenerator<Uint8Array, void, void> {
    const decoder = new TextDecoder(encoding, { fatal: true });
    const encoder = new TextEncoder();
    try {
      for await (const piece of source.open()) yield encoder.encode(decoder.decode(piece, { stream: true }));
      yield encoder.encode(decoder.decode());
    } catch (error) {
      throw error instanceof TypeError ? broken() : error;
    }
  }
}
