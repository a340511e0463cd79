// The data that the user supplies for a task, instead of the built-in data.
import type { UserFile } from '../text/open-text.ts';

export type { UserFile };

/** A text in memory. */
export interface NoiseText {
  readonly name: string;
  readonly text: string;
}

export interface Materials {
  /** Without one, the built-in generator is used. */
  readonly noise?: NoiseText | undefined;
  /** The text for language modelling. */
  readonly text?: UserFile | undefined;
  /** Stories of bAbI, as published. */
  readonly stories?: UserFile | undefined;
  /** Documents to classify, and their classes. */
  readonly articles?: UserFile | undefined;
  readonly labels?: UserFile | undefined;
  /** A tokenizer for a new run: the text of its tokenizer.json. */
  readonly tokenizer?: NoiseText | undefined;
}
