// rmt export --to torch: a run as a folder for PyTorch.
import { trainedWith } from '../experiment/starting-point.ts';
import { takeHome } from '../torch/take-home.ts';
import { integer, type Options, printJson } from './arguments.ts';
import { configOf, configurationOptions } from './configuration.ts';
import { materialFiles, materialOptions, materialsOf } from './materials.ts';
import { writeFolder } from './output-folder.ts';
import { Progress } from './progress.ts';
import { openStart, startingConfigOf } from './starting.ts';

export const torchOptions = {
  ...configurationOptions,
  samples: 'text',
  'from-start': 'flag',
  ...materialOptions,
} as const;

interface Given extends Options<typeof torchOptions> {
  readonly checkpoint: string;
  readonly folder: string;
  readonly json: boolean;
}

export async function exportToTorch(given: Given): Promise<void> {
  const { checkpoint, folder, json } = given;
  const samples = given.samples === undefined ? undefined : integer('export: --samples', given.samples, 1, 10_000_000);
  const start = openStart(checkpoint, 'checkpoint');
  const isFresh = given['from-start'];
  const config = isFresh
    ? configOf('export', given, trainedWith(start.checkpoint, start.where))
    : startingConfigOf(given, start, 'export');
  const inputs = [
    { where: '--checkpoint', file: checkpoint },
    ...(given.config === undefined ? [] : [{ where: '--config', file: given.config }]),
    ...materialFiles(given),
  ];
  const progress = new Progress(json);
  const { files, facts } = await takeHome({
    file: start.file,
    config,
    isFresh,
    materials: await materialsOf(given),
    samples,
    onProgress: (share) => progress.show(share, 'drawing samples'),
    reading: (name, share) => progress.show(share, `reading ${name}`),
  });
  progress.end();
  const sizes = writeFolder(folder, files, inputs);
  if (json) return printJson({ files: sizes, ...facts });
  const { step, steps, validationSamples } = facts;
  process.stdout.write(
    `${folder}: ${facts.model} on ${facts.task}, ${facts.parameters.toLocaleString('en')} parameters; ${step === 0 ? '' : `after step ${step}, `}${steps} steps to train\n` +
      `${facts.samples} samples for training${facts.samples < facts.reads ? `, of ${facts.reads} that the run reads` : ''}, ${validationSamples} for validation\n` +
      `its README.md says how to start\n`,
  );
}
