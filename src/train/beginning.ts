// What a run begins with, before anything is allocated: its data, its model, and the weights if it has some already.
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import { type DataIdentities, type DataIdentity, identitiesOf, identityOfBytes } from '../experiment/data-identity.ts';
import type { Materials } from '../experiment/materials.ts';
import { checkStartingConfig, type NamedBytes, noiseWordsOf, startingWork } from '../experiment/starting-model.ts';
import {
  blueprintFor,
  type OnFileProgress,
  openCheckpoint,
  type TaskRecord,
  type Work,
  workOf,
} from '../experiment/workspace.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { arraysOf } from '../models/checkpoint.ts';
import { checkData, openTraining, readTraining, type SavedTraining } from './resume.ts';

export interface BeginningRequest {
  readonly materials?: Materials;
  /** A training checkpoint of the same run. */
  readonly resume?: NamedBytes | undefined;
  /** A checkpoint whose weights it starts from. */
  readonly from?: NamedBytes | undefined;
  /** Called with the progress of reading a user's file. */
  readonly reading?: OnFileProgress;
}

export interface Beginning {
  readonly work: Work;
  readonly blueprint: Blueprint;
  /** The state of the run to resume. */
  readonly saved: SavedTraining | undefined;
  /** The weights it starts from; undefined for fresh ones, and where it is resumed. */
  readonly weights: ReadonlyMap<string, Float32Array> | undefined;
  readonly record: TaskRecord;
  readonly data: DataIdentities;
  /** The model that it started from, if it did not start from fresh weights. */
  readonly origin: DataIdentity | undefined;
}

/** @throws InputError if the configuration, a file or the checkpoint cannot be used */
export async function beginningOf(
  config: RunConfig,
  { materials = {}, resume, from, reading = () => {} }: BeginningRequest = {},
): Promise<Beginning> {
  const opened = resume && openTraining(resume);
  // Before the text is read, which may take minutes.
  if (opened) checkData(opened, await identitiesOf(materials));
  // A run that started from a checkpoint is resumed with the words and the model in its own.
  const start = from ? openCheckpoint(from.bytes, from.name) : opened?.origin && opened;
  const own = start ?? opened;
  if (own && materials.tokenizer)
    throw new InputError(own.where, `a tokenizer, ${materials.tokenizer.name}`, 'none: it has its own pieces or words');
  if (start) checkStartingConfig(config, start.checkpoint, start.where);
  const work = start
    ? await startingWork(start.checkpoint, start.where, config, materials, reading)
    : await workOf(config, materials, reading, opened?.checkpoint.tokenizer);
  // A resumed run keeps the names its files had at the start.
  const data = opened?.data ?? (await identitiesOf(materials));
  const file = (data.text ?? data.stories ?? data.articles)?.name;
  return {
    work,
    blueprint: start?.checkpoint.blueprint ?? blueprintFor(config, work),
    saved: opened && readTraining(opened, config, work),
    weights: from && start ? arraysOf(start.checkpoint) : undefined,
    record: {
      id: work.task.id,
      knobs: work.material.knobs ?? {},
      noise_words: materials.noise ? 0 : start ? noiseWordsOf(start.checkpoint) : config.noise_words,
      ...(file === undefined ? {} : { file }),
      ...(work.task.kind === 'classification' && work.task.classesOf ? { classes: work.task.classes } : {}),
    },
    data,
    origin: from ? await identityOfBytes(from.name, from.bytes) : opened?.origin,
  };
}
