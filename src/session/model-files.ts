// A model given as files: a checkpoint of ours is read, a published model is imported. Either way it is in memory once.
import type { ModelSource } from '../experiment/document-request.ts';
import type { OnFileProgress } from '../experiment/workspace.ts';
import { recogniseFile } from '../io/recognise.ts';
import { readSafetensorsHeader } from '../io/safetensors-header.ts';
import { bytesOf, fileSource, type TextSource } from '../io/text-source.ts';
import { type Imported, importModel } from '../models/formats/import.ts';

type ModelFiles = Extract<ModelSource, { kind: 'files' }>;

/** All bytes of a file. */
async function wholeFile(source: TextSource): Promise<Uint8Array<ArrayBuffer>> {
  const { buffer } = await bytesOf(source, 0, source.size);
  return new Uint8Array(buffer);
}

/** The file itself, if it is a checkpoint of ours. */
async function ownCheckpoint([only, second]: readonly TextSource[]): Promise<Uint8Array<ArrayBuffer> | undefined> {
  if (!only || second || (await recogniseFile(only)).kind !== 'safetensors') return undefined;
  const length = Number((await bytesOf(only, 0, 8)).getBigUint64(0, true));
  const head = new Uint8Array((await bytesOf(only, 0, Math.min(only.size, 8 + length))).buffer);
  const { metadata } = readSafetensorsHeader(head, only.name);
  return Object.hasOwn(metadata, 'rmt_config') ? wholeFile(only) : undefined;
}

/** @throws InputError for anything that is no complete model */
export function importFiles(
  { name, files, options = {} }: Pick<ModelFiles, 'name' | 'files' | 'options'>,
  reading: OnFileProgress,
): Promise<Imported> {
  const sources = files.map((file) => ('open' in file ? file : fileSource(file)));
  return importModel({ files: sources, ...options, onProgress: (done, total) => reading(name, done / total) });
}

/** The bytes of a checkpoint. @throws InputError for anything that is no complete model */
export async function checkpointOfFiles(source: ModelFiles, reading: OnFileProgress): Promise<Uint8Array<ArrayBuffer>> {
  const sources = source.files.map((file) => ('open' in file ? file : fileSource(file)));
  // With a number of memory tokens, memory is put around a checkpoint of ours.
  const own = source.options?.memory === undefined ? await ownCheckpoint(sources) : undefined;
  return own ?? (await importFiles(source, reading)).bytes;
}
