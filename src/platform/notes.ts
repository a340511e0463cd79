// Small notes that outlast a reload: of this tab (session storage), or of this browser (local storage).
import type { Notes } from '../store/state.ts';

/** Private windows may refuse to store, and a note may be too large; the page works without it. */
export const notesIn = (storage: () => Storage): Notes => ({
  recall(name) {
    try {
      return JSON.parse(storage().getItem(`rmt-playground: ${name}`) ?? 'null') ?? undefined;
    } catch {
      return undefined;
    }
  },
  keep(name, value) {
    try {
      if (value === undefined) storage().removeItem(`rmt-playground: ${name}`);
      else storage().setItem(`rmt-playground: ${name}`, JSON.stringify(value));
    } catch {
      // See above.
    }
  },
});
