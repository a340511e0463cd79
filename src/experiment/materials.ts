// What the user gives a task to be about, instead of what is built in.
import type { fileSource, TextSource } from '../io/text-source.ts';

/** A noise text of the user's; the built-in generator is used when there is none. */
export interface NoiseText {
  readonly name: string;
  readonly text: string;
}

/** A file that may be large: as a browser gives it, or as something that opens it. It is streamed, never held whole. */
export type UserFile = (Parameters<typeof fileSource>[0] & { readonly name: string }) | TextSource;

export interface Materials {
  readonly noise?: NoiseText | undefined;
  /** The text of language modelling. */
  readonly text?: UserFile | undefined;
  /** Documents to classify, and the classes they belong to. */
  readonly articles?: UserFile | undefined;
  readonly labels?: UserFile | undefined;
}
