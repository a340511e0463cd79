// A run in a comparison: what it is, with its validations and its evaluations.
import type { RunConfig } from '../experiment/config.ts';
import type { Validations } from './library/curves.ts';
import type { RunId, RunRecord } from './library/record.ts';

export interface ComparedRun {
  readonly id: RunId;
  readonly name: string;
  readonly config: RunConfig;
  readonly files: readonly string[];
  readonly origin: RunRecord['origin'];
  readonly validations: Validations;
  readonly evaluated?: RunRecord['evaluated'];
}

export const comparedOf = (record: RunRecord, validations: Validations): ComparedRun => {
  const { id, name, config, files, origin, evaluated } = record;
  return { id, name, config, files, origin, validations, ...(evaluated ? { evaluated } : {}) };
};
