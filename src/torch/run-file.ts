// run.json: the run that a folder for PyTorch continues, and what goes back into its checkpoints.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import type { DataIdentities, DataIdentity } from '../experiment/data-identity.ts';
import type { TaskRecord } from '../experiment/workspace.ts';
import type { Position } from '../train/batches.ts';
import type { Plateau } from '../train/schedule.ts';

export const runFormat = 'rmt-playground run for PyTorch';
export const runVersion = 1;

export interface RunFile {
  readonly run: RunConfig;
  /** Where the run begins. */
  readonly start: Position & { readonly plateau?: Plateau };
  readonly task: TaskRecord;
  /** The user's data and the model that the run started from, as the checkpoint has them. */
  readonly origin: { readonly data?: DataIdentities; readonly origin?: DataIdentity };
  /** Parameters that are not trained. */
  readonly frozen: readonly string[];
  /** The file that says what the token ids stand for. */
  readonly vocabulary: 'vocabulary.json' | 'tokenizer.json';
}

export const writeRunFile = (file: RunFile): string =>
  `${JSON.stringify({ format: runFormat, version: runVersion, ...file }, null, 2)}\n`;

const stated = v.object({ format: v.literal(runFormat), version: v.number() });

/** Whether this is a run.json. */
export const isRunFile = (json: unknown): boolean => v.is(v.object({ format: v.literal(runFormat) }), json);

/** @throws InputError if it is of another version */
export function checkRunFile(json: unknown, where: string): void {
  const found = v.safeParse(stated, json);
  if (!found.success) throw new InputError(where, 'JSON of another form', 'the run.json of a folder for PyTorch');
  if (found.output.version !== runVersion)
    throw new InputError(
      where,
      `version ${found.output.version}`,
      `${runVersion}: export the folder again with this version, or import its checkpoint alone`,
    );
}
