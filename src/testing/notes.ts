// Notes in memory, for tests: two pages with the same notes are one browser before and after a reload.
import type { Notes } from '../store/state.ts';

export function memoryNotes(): Notes {
  const kept = new Map<string, string>();
  return {
    recall: (name) => JSON.parse(kept.get(name) ?? 'null') ?? undefined,
    keep(name, value) {
      if (value === undefined) kept.delete(name);
      else kept.set(name, JSON.stringify(value));
    },
  };
}
