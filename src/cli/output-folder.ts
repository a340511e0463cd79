// A folder that a command writes: all of its files, or none.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { checkOutputs, type NamedFile, PendingFile } from './outputs.ts';

export interface FileToWrite {
  /** Its path in the folder, with / between the parts. */
  readonly name: string;
  /** Its bytes in order. */
  readonly pieces: readonly Uint8Array[];
}

/** @throws InputError if the folder holds anything that is not about to be replaced */
function checkFolder(folder: string, names: readonly string[]): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new InputError('export', `'${folder}' is not a directory`, 'a folder');
  const foreign = readdirSync(folder).find((name) => !names.includes(name));
  if (foreign !== undefined)
    throw new InputError('export', `'${folder}' holds '${foreign}'`, 'an empty folder, or an earlier export');
}

/**
 * Write a folder's files.
 * @param replaced further files of an earlier export that may be there
 * @returns the path and the bytes of each
 * @throws InputError if the folder holds anything else, or a file is an input
 */
export function writeFolder(
  folder: string,
  files: readonly FileToWrite[],
  inputs: readonly NamedFile[],
  replaced: readonly string[] = [],
): { readonly file: string; readonly bytes: number }[] {
  checkFolder(folder, [...files.map(({ name }) => name.split('/')[0] ?? name), ...replaced]);
  const outputs = files.map(({ name, pieces }) => ({ file: join(folder, name), pieces }));
  checkOutputs(
    outputs.map(({ file }) => ({ where: 'export', file })),
    inputs,
  );
  const pending: PendingFile[] = [];
  try {
    for (const { file, pieces } of outputs) {
      const one = new PendingFile(file);
      pending.push(one);
      for (const piece of pieces) one.write(piece);
    }
  } catch (error) {
    for (const one of pending) one.discard();
    throw error;
  }
  for (const one of pending) one.commit();
  return outputs.map(({ file, pieces }) => ({ file, bytes: pieces.reduce((sum, { length }) => sum + length, 0) }));
}
