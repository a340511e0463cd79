// The data that the user supplies for a task, instead of the built-in data.
import type { UserFile } from '../text/open-text.ts';

export type { UserFile };

/** A user's noise text; without one, the built-in generator is used. */
export interface NoiseText {
  readonly name: string;
  readonly text: string;
}

export interface Materials {
  readonly noise?: NoiseText | undefined;
  /** The text for language modelling. */
  readonly text?: UserFile | undefined;
  /** Documents to classify, and their classes. */
  readonly articles?: UserFile | undefined;
  readonly labels?: UserFile | undefined;
}
