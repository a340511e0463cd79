// A safetensors file whose tensors are read one at a time, when they are needed: a model is never in memory twice.
import { InputError } from '../errors.ts';
import type { FileTensor } from './file-tensor.ts';
import { recogniseFile, wrongKind } from './recognise.ts';
import { locate } from './safetensors-entries.ts';
import { HEADER_LENGTH_BYTES, MAX_HEADER_BYTES, readSafetensorsHeader } from './safetensors-header.ts';
import { bytesOf, type TextSource } from './text-source.ts';

/**
 * The tensors of a safetensors file in the order of their bytes, and its metadata. Only the header is read.
 * @throws InputError if it is another kind of file, or one that the Python library refuses
 * @see https://huggingface.co/docs/safetensors, section Format
 */
export async function openSafetensors(
  source: TextSource,
): Promise<{ tensors: ReadonlyMap<string, FileTensor>; metadata: Readonly<Record<string, string>> }> {
  const where = source.name;
  const kind = await recogniseFile(source);
  if (kind.kind !== 'safetensors') throw wrongKind(where, kind, 'a safetensors file');
  const length = Number((await bytesOf(source, 0, HEADER_LENGTH_BYTES)).getBigUint64(0, true));
  const end = HEADER_LENGTH_BYTES + length;
  if (length > MAX_HEADER_BYTES)
    throw new InputError(where, `a header of ${length} bytes`, `at most ${MAX_HEADER_BYTES}, as in a safetensors file`);
  if (end > source.size)
    throw new InputError(where, `a header of ${length} bytes in a file of ${source.size}`, 'the whole file');
  const header = readSafetensorsHeader(new Uint8Array((await bytesOf(source, 0, end)).buffer), where);
  const tensors = new Map(
    locate(header, source.size, where).map(({ name, dtype, shape, begin, end: last }) => {
      const bytes = async () => new Uint8Array((await bytesOf(source, end + begin, end + last)).buffer);
      return [name, { dtype, shape, bytes }];
    }),
  );
  return { tensors, metadata: header.metadata };
}
