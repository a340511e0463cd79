// rmt data: the samples of a run as a file, batch by batch as the trainer draws them.
import { InputError } from '../errors.ts';
import { workOf } from '../experiment/workspace.ts';
import { trainingSamples, validationSamples } from '../torch/draw.ts';
import { integer, needed, options, printJson } from './arguments.ts';
import { configOf, configurationOptions } from './configuration.ts';
import { materialFiles, materialOptions, runMaterials } from './materials.ts';
import { checkOutputs, PendingFile } from './outputs.ts';
import { Progress } from './progress.ts';

export async function data(words: readonly string[]): Promise<void> {
  const given = options('data', words, {
    ...configurationOptions,
    tokenizer: 'text',
    split: 'text',
    samples: 'text',
    segments: 'text',
    out: 'text',
    ...materialOptions,
    json: 'flag',
  });
  const split = needed('data', 'split', given.split);
  if (split !== 'train' && split !== 'validation')
    throw new InputError('data: --split', `'${split}'`, 'train or validation');
  const count = integer('data: --samples', needed('data', 'samples', given.samples), 1, 10_000_000);
  const out = needed('data', 'out', given.out);
  if (!/\.(jsonl|safetensors)$/.test(out))
    throw new InputError('data: --out', `'${out}'`, 'a file that ends in .jsonl or .safetensors');
  if (given.segments !== undefined && split === 'train')
    throw new InputError('data: --segments', 'given for training', '--set stages=N with --set segments_drawn=fixed');
  const config = configOf('data', given);
  const segments =
    given.segments === undefined ? (config.stages.at(-1) ?? 1) : integer('data: --segments', given.segments, 1, 65_536);
  const inputs = [
    ...(given.config === undefined ? [] : [{ where: '--config', file: given.config }]),
    ...materialFiles(given),
  ];
  checkOutputs([{ where: 'data: --out', file: out }], inputs);

  const progress = new Progress(given.json);
  const work = await workOf(config, await runMaterials(given), (name, share) =>
    progress.show(share, `reading ${name}`),
  );
  const table =
    split === 'train'
      ? await trainingSamples(work, config, count, (share) => progress.show(share, 'drawing'))
      : validationSamples(work, config, count, [segments]);
  progress.end();
  const file = new PendingFile(out);
  let bytes = 0;
  for (const piece of out.endsWith('.jsonl') ? table.jsonLines() : table.safetensors()) {
    file.write(piece);
    bytes += typeof piece === 'string' ? Buffer.byteLength(piece) : piece.length;
  }
  file.commit();
  const report = { file: out, split, samples: table.samples, bytes };
  if (given.json) printJson(report);
  else process.stdout.write(`${out}: ${table.samples} samples for ${split}, ${bytes} bytes\n`);
}
