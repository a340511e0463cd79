// A run that was trained in its folder for PyTorch, as a run of this browser.
import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import { readSafetensorsHeader } from '../../io/safetensors-header.ts';
import type { TextSource } from '../../io/text-source.ts';
import { checkFolderConfig, contentOf, type ReturnedFiles } from '../../torch/returned-files.ts';
import { readReturnedMetrics } from '../../torch/returned-metrics.ts';
import { contradiction, derivedProgress } from '../../train/progress.ts';
import { rmtConfigOf, trainingOf } from '../checkpoint-header.ts';
import { automaticName, nearestPreset } from '../compare.ts';
import { Curves } from './curves.ts';
import { checkWeights, type RunFromFile } from './file.ts';
import { newRunId, originSchema, validatedOf } from './record.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const trainingSchema = v.object({
  progress: v.object({ step: count, stage: count, stageStep: count }),
  data: v.optional(v.record(v.string(), v.object({ name: v.string() })), {}),
  origin: v.optional(originSchema),
});

const textOf = async (source: TextSource) => new TextDecoder().decode(await contentOf(source));

/**
 * Read a returned run and give it a new id.
 * @throws InputError naming the file and what is wrong with it
 */
export async function readReturned(files: ReturnedFiles): Promise<RunFromFile> {
  const { name } = files.checkpoint;
  const bytes = await contentOf(files.checkpoint);
  const { config } = trainingOf(name, bytes);
  const { metadata } = readSafetensorsHeader(bytes, name);
  if (files.config) await checkFolderConfig(files.config, rmtConfigOf(bytes) ?? {});
  if (metadata['vocabulary'] === undefined && metadata['tokenizer'] === undefined)
    throw new InputError(name, 'no vocabulary', 'vocabulary.json in the folder when train.py runs');
  const parsed = v.safeParse(trainingSchema, JSON.parse(metadata['training'] ?? '{}'));
  if (!parsed.success) throw new InputError(name, 'no progress of a run', 'a checkpoint that train.py saved');
  const { progress: at, data, origin } = parsed.output;
  const wrong = contradiction(config, at);
  if (wrong) throw new InputError(`${name}: progress.${wrong.field}`, wrong.found, wrong.expected);
  await checkWeights(name, bytes);

  const curves = new Curves();
  if (files.metrics) {
    const { name: where } = files.metrics;
    const { steps, validations } = readReturnedMetrics(await textOf(files.metrics), where, config, at.step);
    for (const step of steps) curves.step({ type: 'train-step', remaining: 0, ...step });
    for (const validation of validations) curves.validation({ type: 'validation', ...validation });
  }
  const preset = nearestPreset(config);
  const now = Date.now();
  return {
    bytes,
    curves: curves.data(),
    record: {
      id: newRunId(),
      name: `${automaticName(config, preset, origin)}, from PyTorch`,
      preset,
      config,
      ...(origin ? { origin } : {}),
      noise: undefined,
      files: Object.values(data).map((file) => file.name),
      created: now,
      saved: now,
      state: at.stage >= config.stages.length ? 'finished' : 'stopped',
      progress: { ...at, ...derivedProgress(config, at.stage) },
      validated: validatedOf(curves.data()),
      checkpoint: undefined,
      deleted: undefined,
    },
  };
}
