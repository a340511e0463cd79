import type { RunConfig } from './config.ts';

export interface Preset {
  readonly title: string;
  readonly description: string;
  /** Checked like any other input when the preset is used. */
  readonly config: Partial<RunConfig>;
}
