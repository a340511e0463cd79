// rmt export: a checkpoint as a folder for other programs.
import { InputError } from '../errors.ts';
import { openCheckpoint } from '../experiment/workspace.ts';
import { type Destination, exportModel } from '../models/formats/export.ts';
import { places } from '../tasks/facts.ts';
import { officialReasoning } from '../tasks/label-order.ts';
import { needed, options, printJson, readBytes } from './arguments.ts';
import { exportToTorch, torchOptions } from './export-torch.ts';
import { writeFolder } from './output-folder.ts';

/** Whether the rows of the head are to be in the order of the official script, and whether that was asked for. */
function ordersLabels(given: string | undefined, to: Destination, task: unknown): boolean {
  if (given !== undefined && given !== 'official-reasoning')
    throw new InputError('export: --labels', `'${given}'`, 'official-reasoning');
  const isReasoning = typeof task === 'object' && task !== null && 'id' in task && task.id === 'reasoning';
  return given !== undefined || (to === 'official' && isReasoning);
}

const kinds = { checkpoint: 'text', to: 'text', labels: 'text', json: 'flag' } as const;

export async function exportCheckpoint(words: readonly string[]): Promise<void> {
  const given = options('export', words, { ...kinds, ...torchOptions }, 'DIR');
  const file = needed('export', 'checkpoint', given.checkpoint);
  const to = needed('export', 'to', given.to);
  if (to !== 'hf' && to !== 'official' && to !== 'torch')
    throw new InputError('export: --to', `'${to}'`, 'hf, official or torch');
  const folder = given.operand;
  if (folder === undefined || folder === '') throw new InputError('export', 'no DIR', 'the folder to write');
  // There, --labels are those of documents.
  if (to === 'torch') return exportToTorch({ ...given, checkpoint: file, folder });
  const only = Object.keys(torchOptions).find((name) => {
    const value = given[name as keyof typeof torchOptions];
    return name !== 'labels' && (Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false);
  });
  if (only !== undefined) throw new InputError(`export: --${only}`, `given for ${to}`, '--to torch');
  const { checkpoint } = openCheckpoint(readBytes('checkpoint', file), file);
  const isOrdered = ordersLabels(given.labels, to, checkpoint.task) && checkpoint.blueprint.answers === 'class';
  const labels = officialReasoning.map((place) => [places.indexOf(place), place] as const);
  const { files, notes } = exportModel(checkpoint, to, isOrdered ? labels : undefined);

  const sizes = writeFolder(folder, files, [{ where: '--checkpoint', file }], ['README.md', 'tokenizer.json']);
  if (given.json) printJson({ files: sizes, notes });
  else
    process.stdout.write(
      `${[...sizes.map(({ file: each, bytes }) => `${each}: ${bytes} bytes`), ...notes].join('\n')}\n`,
    );
}
