// What a training checkpoint holds of a run, and whether a run may resume from it.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { type KnobName, knobNames, type RunConfig } from '../experiment/config.ts';
import { openCheckpoint, runConfigOf, type Work } from '../experiment/workspace.ts';
import { noPlateau, type Plateau, stepsOf, totalSteps } from './schedule.ts';

/** The state of a run at a checkpoint. */
export interface SavedTraining {
  readonly arrays: ReadonlyMap<string, Float32Array>;
  readonly step: number;
  readonly stage: number;
  readonly stageStep: number;
  readonly plateau: Plateau;
}

const plateauSchema = v.object({
  best: v.nullable(v.number()),
  waited: v.pipe(v.number(), v.integer(), v.minValue(0)),
  drops: v.pipe(v.number(), v.integer(), v.minValue(0)),
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

/** The state of the run in a training checkpoint, which must have the same configuration and words. */
export function readTraining(
  { name, bytes }: { readonly name: string; readonly bytes: Uint8Array },
  config: RunConfig,
  work: Work,
): SavedTraining {
  const { checkpoint, where } = openCheckpoint(bytes, name);
  const training = checkpoint.training as { config?: unknown; progress?: Record<string, unknown> } | undefined;
  if (![...checkpoint.tensors.keys()].some((key) => key.startsWith('optimizer.m.')) || !training?.progress)
    throw new InputError(where, 'no optimiser state', 'a training checkpoint');
  const saved = runConfigOf(training.config, `${where}: training.config`);
  const changed = knobNames.find((knob) => !staysTheSame(knob, saved, config));
  if (changed)
    throw new InputError(
      `${where}: ${changed}`,
      String(saved[changed]),
      `${config[changed]}, as configured for the resumed run`,
    );
  if (checkpoint.vocabulary?.join(' ') !== work.vocabulary.words.join(' '))
    throw new InputError(`${where}: vocabulary`, 'other words', 'those of the resumed run; supply the same noise text');
  const number = (key: string, most: number): number => {
    const value = training.progress?.[key];
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > most)
      throw new InputError(`${where}: training.progress.${key}`, String(value), `a whole number from 0 to ${most}`);
    return value;
  };
  const plateau = v.safeParse(v.optional(plateauSchema, noPlateau), training.progress['plateau']);
  if (!plateau.success)
    throw new InputError(`${where}: training.progress.plateau`, 'an invalid value', '{"best", "waited", "drops"}');
  return {
    plateau: plateau.output,
    arrays: new Map([...checkpoint.tensors].map(([key, { data }]) => [key, data])),
    step: number('step', totalSteps(config)),
    stage: number('stage', config.stages.length),
    stageStep: number('stageStep', Math.max(...config.stage_steps)),
  };
}

/** The run configuration inside a training checkpoint, as needed by `resume`. */
export function configOfCheckpoint(bytes: Uint8Array, name: string): RunConfig {
  const { checkpoint, where } = openCheckpoint(bytes, name);
  const training = checkpoint.training as { config?: unknown } | undefined;
  return runConfigOf(training?.config, `${where}: training.config`);
}
