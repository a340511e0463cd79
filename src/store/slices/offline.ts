// The offline slice: whether the page is cached for offline use, and whether a newer version is ready.
import type { SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly offline: OfflineSlice;
  }
}

export interface OfflineSlice {
  /** Whether every part of the page is cached. */
  readonly kept: boolean;
  /** Switch to the newer version of the page that is ready, if there is one. It takes over when the page reloads. */
  readonly update: (() => void) | undefined;
  found(part: Partial<Pick<OfflineSlice, 'kept' | 'update'>>): void;
}

export const offlineSlice = ({ change }: SliceTools<OfflineSlice>): OfflineSlice => ({
  kept: false,
  update: undefined,
  found: change,
});
