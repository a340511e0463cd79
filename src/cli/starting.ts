// --from: the checkpoint whose weights a run starts from.
import { InputError } from '../errors.ts';
import { defaults, type KnobName, type RunConfig } from '../experiment/config.ts';
import { type NamedBytes, startingConfig } from '../experiment/starting-model.ts';
import { trainedWith } from '../experiment/starting-point.ts';
import { openCheckpoint } from '../experiment/workspace.ts';
import type { Checkpoint } from '../models/checkpoint.ts';
import { readBytes } from './arguments.ts';
import { configOf } from './configuration.ts';

export interface StartingModel {
  readonly file: NamedBytes;
  readonly checkpoint: Checkpoint;
  readonly where: string;
}

/** @throws InputError if the file is no checkpoint */
export function openStart(name: string, where = 'train: --from'): StartingModel {
  const file = { name, bytes: readBytes(where, name) };
  return { file, ...openCheckpoint(file.bytes, name) };
}

/**
 * The configuration of a run that starts from a model: the model's settings, and the others from a preset, a file or, by
 * default, the run that trained it; the initial values if nothing of ours did.
 * @throws InputError if it is not valid, or `--set` contradicts the model
 */
export function startingConfigOf(
  given: Parameters<typeof configOf>[1],
  start: StartingModel,
  command = 'train',
): RunConfig {
  const wanted = configOf(command, given, trainedWith(start.checkpoint, start.where) ?? defaults);
  const config = startingConfig(wanted, start.checkpoint, start.where);
  for (const set of given.set) {
    const name = set.slice(0, set.indexOf('=')) as KnobName;
    if (String(config[name]) !== String(wanted[name]))
      throw new InputError(`${command}: --set ${name}`, String(wanted[name]), `${config[name]}, as in ${start.where}`);
  }
  return config;
}
