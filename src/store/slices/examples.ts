// Samples that the last validation of the run on show judged, to be read.
import type { Event } from '../../protocol/index.ts';
import type { SliceTools } from '../state.ts';

type Examples = Extract<Event, { type: 'examples' }>;

export interface ExamplesSlice {
  readonly latest: Examples | undefined;
  take(event: Examples): void;
  /** Another run began, or one went on: its own will come. */
  forget(): void;
}

export function examplesSlice({ change }: SliceTools<ExamplesSlice>): ExamplesSlice {
  return {
    latest: undefined,
    take: (latest) => change({ latest }),
    forget: () => change({ latest: undefined }),
  };
}
