// What a training checkpoint holds of a run, and whether a run may resume from it.
import * as v from 'valibot';
import type { LossHistory } from '../analysis/suspicion.ts';
import { InputError } from '../errors.ts';
import { type KnobName, knobNames, type RunConfig } from '../experiment/config.ts';
import {
  checkSameData,
  type DataIdentities,
  type DataIdentity,
  type DataRole,
  parseIdentities,
  parseIdentity,
} from '../experiment/data-identity.ts';
import { writtenVocabulary } from '../experiment/vocabularies.ts';
import { openCheckpoint, runConfigOf, type Work } from '../experiment/workspace.ts';
import { arraysOf } from '../models/checkpoint.ts';
import { specsOf } from '../models/parameters.ts';
import { trains } from '../models/trained.ts';
import { contradiction } from './progress.ts';
import { noPlateau, type Plateau, stepsOf, totalSteps } from './schedule.ts';

/** The state of a run at a checkpoint. */
export interface SavedTraining {
  readonly arrays: ReadonlyMap<string, Float32Array>;
  readonly step: number;
  readonly stage: number;
  readonly stageStep: number;
  readonly plateau: Plateau;
  /** Missing in checkpoints written before it was kept. */
  readonly history: LossHistory | undefined;
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const plateauSchema = v.object({ best: v.nullable(finite), waited: count, drops: count });
const historySchema = v.object({
  first: finite,
  stage: count,
  steps: count,
  smooth: finite,
  lowest: v.nullable(finite),
  above: v.object({ start: count, best: count }),
  diverged: v.exactOptional(v.object({ from: count, until: v.nullable(count) })),
});

/**
 * Whether a knob is unchanged. Stages may have been appended: the finished part is then the beginning of the longer
 * run, to the bit, since a stage does not depend on later ones.
 */
function staysTheSame(knob: KnobName, saved: RunConfig, config: RunConfig): boolean {
  const stages = saved.stages.map((_, stage) => stage);
  if (knob === 'stages') return stages.every((stage) => saved.stages[stage] === config.stages[stage]);
  if (knob === 'stage_steps') return stages.every((stage) => stepsOf(saved, stage) === stepsOf(config, stage));
  return String(saved[knob]) === String(config[knob]);
}

/** The first knob that makes a configuration another run than the saved one; undefined if it is the same. */
export const changedKnob = (saved: RunConfig, config: RunConfig): KnobName | undefined =>
  knobNames.find((knob) => !staysTheSame(knob, saved, config));

/** A training checkpoint that was read, and whose configuration is valid. */
export interface OpenedTraining {
  readonly config: RunConfig;
  readonly where: string;
  readonly checkpoint: ReturnType<typeof openCheckpoint>['checkpoint'];
  readonly progress: Readonly<Record<string, unknown>>;
  /** The user's data that the run was trained on; checkpoints written before it was recorded have only file names. */
  readonly data: DataIdentities | undefined;
  /** The model that the run started from; undefined if it started from fresh weights. */
  readonly origin: DataIdentity | undefined;
}

/** @throws InputError if it is no training checkpoint, or holds no valid configuration of a run */
export function openTraining({ name, bytes }: { readonly name: string; readonly bytes: Uint8Array }): OpenedTraining {
  const { checkpoint, where } = openCheckpoint(bytes, name);
  const training = checkpoint.training as
    | { config?: unknown; progress?: Record<string, unknown>; data?: unknown; origin?: unknown }
    | undefined;
  if (![...checkpoint.tensors.keys()].some((key) => key.startsWith('optimizer.m.')) || !training?.progress)
    throw new InputError(where, 'no optimiser state', 'a training checkpoint');
  return {
    config: runConfigOf(training.config, `${where}: training.config`),
    where,
    checkpoint,
    progress: training.progress,
    data: training.data === undefined ? undefined : parseIdentities(training.data, `${where}: training.data`),
    origin: training.origin === undefined ? undefined : parseIdentity(training.origin, `${where}: training.origin`),
  };
}

/** The user's file that the run read, by its role, if that is known. */
function rolesOf({ checkpoint, config, data }: OpenedTraining): Partial<Record<DataRole, string>> {
  if (data) return Object.fromEntries(Object.entries(data).map(([role, { name }]) => [role, name]));
  const { task } = checkpoint;
  const record = (typeof task === 'object' && task !== null ? task : {}) as { file?: unknown; noise_words?: unknown };
  const file = typeof record.file === 'string' ? record.file : undefined;
  return {
    ...(record.noise_words === 0 ? { noise: 'its noise text' } : {}),
    ...(file === undefined ? {} : config.task === 'documents' ? { articles: file, labels: file } : { text: file }),
  };
}

/** The data that a run needs again and that was not given: its role and name. */
export function missingData(
  opened: OpenedTraining,
  given: Readonly<Partial<Record<DataRole, unknown>>>,
): { readonly role: DataRole; readonly name: string } | undefined {
  for (const [role, name] of Object.entries(rolesOf(opened)) as [DataRole, string][])
    if (given[role] === undefined) return { role, name };
  return undefined;
}

/** @throws InputError unless the data given is that of the run */
export function checkData(opened: OpenedTraining, given: DataIdentities): void {
  const { data, where } = opened;
  if (data) {
    checkSameData(data, given, where);
    return;
  }
  const missing = missingData(opened, given);
  if (missing)
    throw new InputError(
      `${where}: ${missing.role}`,
      `no ${missing.role}`,
      `'${missing.name}', which the run was trained on, again`,
    );
  // What an earlier version recorded: whether there was a file, not which one.
  const roles = rolesOf(opened);
  for (const [role, { name }] of Object.entries(given) as [DataRole, { name: string }][])
    if (roles[role] === undefined)
      throw new InputError(`${where}: ${role}`, `'${name}'`, `no ${role}, because the run was trained without one`);
}

/** The state of the run in a training checkpoint, which must have the same configuration and words. */
export function readTraining(
  { where, checkpoint, config: saved, progress }: OpenedTraining,
  config: RunConfig,
  work: Work,
): SavedTraining {
  const changed = changedKnob(saved, config);
  if (changed)
    throw new InputError(
      `${where}: ${changed}`,
      String(saved[changed]),
      `${config[changed]}, as configured for the resumed run`,
    );
  const { vocabulary, tokenizer } = writtenVocabulary(work.vocabulary);
  if (checkpoint.tokenizer !== tokenizer || checkpoint.vocabulary?.join(' ') !== vocabulary?.join(' '))
    throw new InputError(`${where}: vocabulary`, 'other words', 'those of the resumed run; supply the same noise text');
  const { blueprint, tensors } = checkpoint;
  for (const { name } of specsOf(blueprint.parameters()))
    if (trains(blueprint, config.trained, name) && !tensors.has(`optimizer.m.${name}`))
      throw new InputError(where, `'optimizer.m.${name}' is missing`, `it, as the run trains ${config.trained}`);
  const number = (key: string, most: number): number => {
    const value = progress[key];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
      throw new InputError(`${where}: training.progress.${key}`, String(value), `a whole number from 0 to ${most}`);
    return value;
  };
  const plateau = v.safeParse(v.optional(plateauSchema, noPlateau), progress['plateau']);
  if (!plateau.success)
    throw new InputError(`${where}: training.progress.plateau`, 'an invalid value', '{"best", "waited", "drops"}');
  const history = v.safeParse(v.optional(historySchema), progress['history']);
  if (!history.success)
    throw new InputError(`${where}: training.progress.history`, 'an invalid value', 'the losses of the run so far');
  const done = {
    step: number('step', totalSteps(config)),
    stage: number('stage', config.stages.length),
    stageStep: number('stageStep', Math.max(...config.stage_steps)),
  };
  const wrong = contradiction(saved, done);
  if (wrong) throw new InputError(`${where}: training.progress.${wrong.field}`, wrong.found, wrong.expected);
  return {
    ...done,
    plateau: plateau.output,
    history: history.output,
    arrays: arraysOf(checkpoint),
  };
}
