// The data that the user supplies for a task, instead of the built-in data.
import type { fileSource, TextSource } from '../io/text-source.ts';

/** A user's noise text; without one, the built-in generator is used. */
export interface NoiseText {
  readonly name: string;
  readonly text: string;
}

/** A file that may be large, as a browser's File or as a source of bytes. It is streamed, never held as a whole. */
export type UserFile = (Parameters<typeof fileSource>[0] & { readonly name: string }) | TextSource;

export interface Materials {
  readonly noise?: NoiseText | undefined;
  /** The text for language modelling. */
  readonly text?: UserFile | undefined;
  /** Documents to classify, and their classes. */
  readonly articles?: UserFile | undefined;
  readonly labels?: UserFile | undefined;
}
