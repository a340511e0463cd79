// What the visitor gives a task to be about: a noise text, a text to model, documents with labels; and how far a file is read.
import { type TaskId, tasks } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import type { Event, Materials } from '../train/protocol.ts';
import type { SliceTools } from './state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** Files as a browser gives them: handed to the worker as they are, read there piece by piece, never here. */
export interface Given {
  readonly noise?: Materials['noise'];
  readonly text?: File | undefined;
  readonly articles?: File | undefined;
  readonly labels?: File | undefined;
}

export interface MaterialsSlice {
  readonly given: Given;
  /** The file being read right now. */
  readonly reading: { readonly name: string; readonly share: number } | undefined;
  give(part: Given): void;
  progress(event: Of<'reading'>): void;
  /** Nothing is being read any more: a job began, or failed. */
  read(): void;
}

export function materialsSlice({ get, change }: SliceTools<MaterialsSlice>): MaterialsSlice {
  return {
    given: {},
    reading: undefined,
    give: (part) => change({ given: { ...get().materials.given, ...part } }),
    progress: ({ name, share }) => change({ reading: share < 1 ? { name, share } : undefined }),
    read() {
      if (get().materials.reading) change({ reading: undefined });
    },
  };
}

/** The part of what was given that a task takes: a session refuses the rest. */
export function materialsFor(task: string | undefined, given: Given): Materials | undefined {
  if (task === undefined || !Object.hasOwn(tasks, task)) return undefined;
  const { material }: Task = tasks[task as TaskId];
  const { noise, text, articles, labels } = given;
  if (material === 'noise' && noise) return { noise };
  if (material === 'text' && text) return { text };
  if (material === 'documents' && (articles || labels))
    return { ...(articles ? { articles } : {}), ...(labels ? { labels } : {}) };
  return undefined;
}

/** Names of the files among what a run was given, to ask for them again. */
export const fileNames = ({ text, articles, labels }: Materials): readonly string[] =>
  [text, articles, labels].flatMap((file) => (file ? [file.name] : []));
