// A run that was trained in its folder for PyTorch, read and checked as a whole before anything is kept of it.
import { InputError } from '../errors.ts';
import { openCheckpoint } from '../experiment/workspace.ts';
import { contradiction } from '../train/progress.ts';
import { openTraining } from '../train/resume.ts';
import { checkFolderConfig, contentOf, type ReturnedFiles } from './returned-files.ts';
import { type ReturnedMetrics, readReturnedMetrics } from './returned-metrics.ts';

export interface ReturnedRun {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly model: string;
  readonly step: number;
  readonly metrics: ReturnedMetrics | undefined;
}

/**
 * Read a returned run.
 * @throws InputError naming the file: a configuration that was edited, metrics with gaps, a missing vocabulary
 */
export async function readReturnedRun(files: ReturnedFiles): Promise<ReturnedRun> {
  const { name } = files.checkpoint;
  const bytes = await contentOf(files.checkpoint);
  const { checkpoint, where } = openCheckpoint(bytes, name);
  const { config: stored } = checkpoint.blueprint;
  if (files.config) await checkFolderConfig(files.config, stored);
  if (!checkpoint.vocabulary && !checkpoint.tokenizer)
    throw new InputError(where, 'no vocabulary', 'vocabulary.json in the folder when train.py runs');
  const { config, progress } = openTraining({ name, bytes });
  const [step, stage, stageStep] = [Number(progress['step']), Number(progress['stage']), Number(progress['stageStep'])];
  const wrong = contradiction(config, { step, stage, stageStep });
  if (wrong) throw new InputError(`${where}: training.progress.${wrong.field}`, wrong.found, wrong.expected);
  const metrics = files.metrics && new TextDecoder().decode(await contentOf(files.metrics));
  return {
    bytes,
    model: stored.model_type,
    step,
    metrics: metrics === undefined ? undefined : readReturnedMetrics(metrics, 'metrics.jsonl', config, step),
  };
}
