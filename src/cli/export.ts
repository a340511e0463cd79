// rmt export: a checkpoint as a folder for other programs.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { openCheckpoint } from '../experiment/workspace.ts';
import { type Destination, exportModel } from '../models/formats/export.ts';
import { places } from '../tasks/facts.ts';
import { officialReasoning } from '../tasks/label-order.ts';
import { needed, options, printJson, readBytes } from './arguments.ts';
import { checkOutputs, PendingFile } from './outputs.ts';

/** @throws InputError if the folder holds anything that is not about to be replaced */
function checkFolder(folder: string, names: readonly string[]): void {
  if (!existsSync(folder)) return;
  if (!statSync(folder).isDirectory()) throw new InputError('export', `'${folder}' is not a directory`, 'a folder');
  const foreign = readdirSync(folder).find((name) => !names.includes(name));
  if (foreign !== undefined)
    throw new InputError('export', `'${folder}' holds '${foreign}'`, 'an empty folder, or an earlier export');
}

/** Whether the rows of the head are to be in the order of the official script, and whether that was asked for. */
function ordersLabels(given: string | undefined, to: Destination, task: unknown): boolean {
  if (given !== undefined && given !== 'official-reasoning')
    throw new InputError('export: --labels', `'${given}'`, 'official-reasoning');
  const isReasoning = typeof task === 'object' && task !== null && 'id' in task && task.id === 'reasoning';
  return given !== undefined || (to === 'official' && isReasoning);
}

export async function exportCheckpoint(words: readonly string[]): Promise<void> {
  const kinds = { checkpoint: 'text', to: 'text', labels: 'text', json: 'flag' } as const;
  const given = options('export', words, kinds, 'DIR');
  const file = needed('export', 'checkpoint', given.checkpoint);
  const to = needed('export', 'to', given.to);
  if (to !== 'hf' && to !== 'official') throw new InputError('export: --to', `'${to}'`, 'hf or official');
  const folder = given.operand;
  if (folder === undefined || folder === '') throw new InputError('export', 'no DIR', 'the folder to write');
  const { checkpoint } = openCheckpoint(readBytes('checkpoint', file), file);
  const isOrdered = ordersLabels(given.labels, to, checkpoint.task) && checkpoint.blueprint.answers === 'class';
  const labels = officialReasoning.map((place) => [places.indexOf(place), place] as const);
  const { files, notes } = exportModel(checkpoint, to, isOrdered ? labels : undefined);

  checkFolder(folder, [...files.map(({ name }) => name), 'README.md', 'tokenizer.json']);
  const outputs = files.map(({ name, pieces }) => ({ file: join(folder, name), pieces }));
  checkOutputs(
    outputs.map(({ file: each }) => ({ where: 'export', file: each })),
    [{ where: '--checkpoint', file }],
  );
  const pending: PendingFile[] = [];
  try {
    for (const { file: each, pieces } of outputs) {
      const one = new PendingFile(each);
      pending.push(one);
      for (const piece of pieces) one.write(piece);
    }
  } catch (error) {
    for (const one of pending) one.discard();
    throw error;
  }
  for (const one of pending) one.commit();
  const sizes = outputs.map(({ file: each, pieces }) => ({
    file: each,
    bytes: pieces.reduce((sum, { length }) => sum + length, 0),
  }));
  if (given.json) printJson({ files: sizes, notes });
  else
    process.stdout.write(
      `${[...sizes.map(({ file: each, bytes }) => `${each}: ${bytes} bytes`), ...notes].join('\n')}\n`,
    );
}
