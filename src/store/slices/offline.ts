// What is known of the page's own files: whether they are kept for use without a network, and whether newer ones wait.
import type { SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly offline: OfflineSlice;
  }
}

export interface OfflineSlice {
  /** Every part of the page is kept in the browser. */
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
