// A gzip archive as a source of what it contains, inflated while it is read.
import { InputError } from '../errors.ts';
import { cutOut, inflated } from './inflate.ts';
import { bytesOf, type TextSource } from './text-source.ts';

/** Bytes of the shortest archive: header, an empty block, checksum and size. */
const shortest = 20;
/** A smaller archive is inflated to know its size. */
const small = 2 ** 20;
/** How much a text shrinks, about. */
const usualRatio = 3;

/**
 * What a gzip archive contains, checked by its checksum while it is read. Its size is a good guess where the archive is
 * large: it states its size modulo 4 GB, and only that of its last part.
 * @throws InputError if it is too short to be one, or, then or while reading, if it is damaged
 */
export async function gunzipped(source: TextSource): Promise<TextSource> {
  const broken = (found: string) => new InputError(source.name, found, 'an undamaged gzip archive');
  if (source.size < shortest) throw broken(`${source.size} bytes of a gzip archive`);
  const content = () => inflated(source.open(), 'gzip', (reason) => broken(`cannot be inflated: ${reason}`));
  let size = 0;
  if (source.size < small) for await (const piece of content()) size += piece.length;
  else {
    const stated = (await bytesOf(source, source.size - 4, source.size)).getUint32(0, true);
    size = stated > source.size ? stated : usualRatio * source.size;
  }
  return {
    name: source.name.replace(/\.gz$/i, '').replace(/\.tgz$/i, '.tar'),
    size,
    open: (from = 0, to = Number.POSITIVE_INFINITY) => cutOut(content(), from, to),
  };
}
