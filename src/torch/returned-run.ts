// A run that was trained in its folder for PyTorch, read and checked as a whole before anything is kept of it.
import { InputError } from '../errors.ts';
import { openCheckpoint } from '../experiment/workspace.ts';
import { shown } from '../io/message.ts';
import { bytesOf, type TextSource } from '../io/text-source.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { blueprintOf } from '../models/index.ts';
import { contradiction } from '../train/progress.ts';
import { openTraining } from '../train/resume.ts';
import type { ReturnedFiles } from './returned-files.ts';
import { type ReturnedMetrics, readReturnedMetrics } from './returned-metrics.ts';

export interface ReturnedRun {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly model: string;
  readonly step: number;
  readonly metrics: ReturnedMetrics | undefined;
}

const contents = async (source: TextSource) => new Uint8Array((await bytesOf(source, 0, source.size)).buffer);

/** The model that the folder's config.json describes. */
function modelOfFolder(text: string, where: string): Blueprint {
  let config: Record<string, unknown>;
  try {
    config = JSON.parse(text);
  } catch {
    throw new InputError(where, 'not JSON', 'the configuration of the model');
  }
  const { architectures, id2label, label2id, transformers_version, dtype, rmt_model: id, ...fields } = config;
  return blueprintOf({ ...fields, model_type: id ?? fields['model_type'] }, where);
}

/**
 * Read a returned run.
 * @throws InputError naming the file: a configuration that was edited, metrics with gaps, a missing vocabulary
 */
export async function readReturnedRun(files: ReturnedFiles): Promise<ReturnedRun> {
  const { name } = files.checkpoint;
  const bytes = await contents(files.checkpoint);
  const { checkpoint, where } = openCheckpoint(bytes, name);
  const { config: stored } = checkpoint.blueprint;
  if (files.config) {
    const given = modelOfFolder(new TextDecoder().decode(await contents(files.config)), files.config.name).config;
    const field = Object.keys({ ...stored, ...given }).find((key) => String(stored[key]) !== String(given[key]));
    if (field !== undefined)
      throw new InputError(
        files.config.name,
        `${field} is ${shown(given[field])}`,
        `${shown(stored[field])}, as in ${name}: it was edited after the training; put it back`,
      );
  }
  if (!checkpoint.vocabulary && !checkpoint.tokenizer)
    throw new InputError(where, 'no vocabulary', 'vocabulary.json in the folder when train.py runs');
  const { config, progress } = openTraining({ name, bytes });
  const [step, stage, stageStep] = [Number(progress['step']), Number(progress['stage']), Number(progress['stageStep'])];
  const wrong = contradiction(config, { step, stage, stageStep });
  if (wrong) throw new InputError(`${where}: training.progress.${wrong.field}`, wrong.found, wrong.expected);
  const metrics = files.metrics && new TextDecoder().decode(await contents(files.metrics));
  return {
    bytes,
    model: stored.model_type,
    step,
    metrics: metrics === undefined ? undefined : readReturnedMetrics(metrics, 'metrics.jsonl', config, step),
  };
}
