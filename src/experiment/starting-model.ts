// A run that starts from the weights of a checkpoint: the model's settings and words come from it, the rest from the run.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import type { Description } from '../models/formats/format.ts';
import { findTask } from '../tasks/index.ts';
import { units } from '../text/corpus.ts';
import { type KnobName, parseConfig, parseKnob, type RunConfig } from './config.ts';
import type { Materials } from './materials.ts';
import { type OnFileProgress, type Work, workOfCheckpoint } from './workspace.ts';

/** A file in memory. */
export interface NamedBytes {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Words of the built-in noise in the checkpoint's vocabulary; 0 if it was not trained on it. */
export function noiseWordsOf({ task }: Pick<Description, 'task'>): number {
  const words = typeof task === 'object' && task !== null && 'noise_words' in task ? task.noise_words : undefined;
  return typeof words === 'number' ? words : 0;
}

/** The knobs whose values the model determines. @throws InputError if one is outside a knob's range */
function knobsOfModel({ blueprint }: Description, where: string): Partial<RunConfig> {
  const found = Object.entries(blueprint.knobs);
  return Object.fromEntries(found.map(([name, value]) => [name, parseKnob(name, value, `${where}: ${name}`)]));
}

/**
 * The settings of a run that the model it starts from determines: those of the model, and of its vocabulary.
 * @throws InputError if one is outside a knob's range
 */
export function startingSettings(model: Description, where: string): Partial<RunConfig> {
  const words = noiseWordsOf(model);
  const unit = model.tokenizer === undefined ? unitOf(model) : 'words';
  return {
    ...knobsOfModel(model, where),
    ...(words > 0 ? { noise_words: words } : {}),
    ...(unit ? { unit } : {}),
    // The run makes no tokenizer of its own.
    tokenizer: 'words',
  };
}

/** What the text was split into that a vocabulary was made of, if a text was. */
function unitOf({ task }: Description): RunConfig['unit'] | undefined {
  const record = v.safeParse(v.object({ knobs: v.object({ unit: v.picklist(units) }) }), task);
  return record.success ? record.output.knobs.unit : undefined;
}

/**
 * A run's configuration with the settings of the model it starts from.
 * @throws InputError if a setting of the model is outside a knob's range, or does not suit the task
 */
export const startingConfig = (config: RunConfig, model: Description, where: string): RunConfig =>
  parseConfig({ ...config, ...startingSettings(model, where) }, where);

/** @throws InputError if the configuration describes another model than the checkpoint */
export function checkStartingConfig(config: RunConfig, checkpoint: Description, where: string): void {
  const model = knobsOfModel(checkpoint, where);
  for (const name of Object.keys(model) as KnobName[])
    if (String(model[name]) !== String(config[name]))
      throw new InputError(`${where}: ${name}`, String(model[name]), `${config[name]}, as configured for the run`);
}

/**
 * The work of a run that starts from a checkpoint: its task in the checkpoint's words.
 * @param samples whether samples will be drawn; otherwise no file is needed, and none is read
 * @throws InputError if the checkpoint has no vocabulary, too few classes, or lacks words of the task
 */
export function startingWork(
  checkpoint: Description,
  where: string,
  config: RunConfig,
  given: Materials = {},
  reading: OnFileProgress = () => {},
  samples = true,
): Promise<Work> {
  const task = findTask(config.task);
  const own = Object.entries(config).filter(([name]) => Object.hasOwn(task.knobs, name));
  const record = {
    id: task.id,
    knobs: Object.fromEntries(own.map(([name, value]) => [name, String(value)])),
    noise_words: given.noise ? 0 : noiseWordsOf(checkpoint),
  };
  return workOfCheckpoint({ ...checkpoint, task: record }, where, undefined, given, reading, { samples });
}
