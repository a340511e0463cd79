// The materials slice: the user's noise text, text to model, or documents with labels, and the progress of reading a file.

import { InputError } from '../../errors.ts';
import type { RunConfig } from '../../experiment/config.ts';
import type { FileProgress, Materials } from '../../protocol/index.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import { type Task, takesNoise } from '../../tasks/task.ts';
import { beginsAsStories } from '../../text/babi.ts';
import { longestNoise } from '../../text/text-noise.ts';
import { sentenceOf } from '../error-text.ts';
import type { SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly materials: MaterialsSlice;
  }
}

/** File objects passed to the worker, which reads them in pieces; the page never reads them. */
export interface Given {
  readonly noise?: Materials['noise'];
  readonly text?: File | undefined;
  readonly stories?: File | undefined;
  readonly articles?: File | undefined;
  readonly labels?: File | undefined;
  readonly tokenizer?: Materials['tokenizer'];
}

export interface MaterialsSlice {
  readonly given: Given;
  /** The file being read right now. */
  readonly reading: { readonly name: string; readonly share: number } | undefined;
  /** Why the last file was refused. */
  readonly problem: string | undefined;
  give(part: Given): void;
  /** Accept a file in the role that its content has for this task; a file of another kind is refused. */
  giveFile(file: File, task: TaskId): Promise<void>;
  /** Accept the files of a tokenizer for new runs. */
  giveTokenizer(files: readonly File[]): Promise<void>;
  progress(report: FileProgress): void;
  /** Reading is over: a job began or failed. */
  read(): void;
  /** A refused file is a matter of the action before: a job began. */
  dismissProblem(): void;
  lost(): void;
}

export function materialsSlice({ get, change }: SliceTools<MaterialsSlice>): MaterialsSlice {
  return {
    given: {},
    reading: undefined,
    problem: undefined,
    give: (part) => change({ given: { ...get().materials.given, ...part }, problem: undefined }),
    async giveFile(file, task) {
      const { give } = get().materials;
      const { material, title }: Task = tasks[task];
      if (material === 'none') return change({ problem: `${title} reads no files, so ${file.name} is not used.` });
      try {
        // Loaded with the first file: most visits open none.
        const { holdsLabels, openText, readWholeText } = await import('../../text/open-text.ts');
        if (material === 'documents') return give((await holdsLabels(file)) ? { labels: file } : { articles: file });
        if (material === 'stories' && beginsAsStories(await beginningOf(file))) return give({ stories: file });
        if (takesNoise(tasks[task])) return give({ noise: await readWholeText(file, longestNoise) });
        await openText(file);
        give({ text: file });
      } catch (error) {
        change({ problem: `${sentenceOf(error)} The file is not used, and nothing has changed.` });
      }
    },
    async giveTokenizer(files) {
      const name = files.map((file) => file.name).join(', ');
      try {
        const { tokenizerJsonOf } = await import('../../text/tokenizer-files.ts');
        const text = await tokenizerJsonOf(files);
        if (text === undefined)
          throw new InputError(name, 'no tokenizer', 'tokenizer.json, vocab.txt, or vocab.json with merges.txt');
        get().materials.give({ tokenizer: { name, text } });
      } catch (error) {
        change({ problem: `${sentenceOf(error)} The file is not used, and nothing has changed.` });
      }
    },
    progress: ({ name, share }) => change({ reading: share < 1 ? { name, share } : undefined }),
    read() {
      if (get().materials.reading) change({ reading: undefined });
    },
    dismissProblem() {
      if (get().materials.problem !== undefined) change({ problem: undefined });
    },
    lost: () => get().materials.read(),
  };
}

/** The beginning of a file, as text. */
const beginningOf = async (file: File) => new TextDecoder().decode(await file.slice(0, 1024).arrayBuffer());

/** The given materials that a task uses; a session refuses others. */
export function materialsFor(task: string | undefined, given: Given): Materials | undefined {
  if (task === undefined || !Object.hasOwn(tasks, task)) return undefined;
  const { material }: Task = tasks[task as TaskId];
  const { noise, text, stories, articles, labels } = given;
  if (material === 'noise' && noise) return { noise };
  if (material === 'stories' && (stories || noise))
    return { ...(stories ? { stories } : {}), ...(noise ? { noise } : {}) };
  if (material === 'text' && text) return { text };
  if (material === 'documents' && (articles || labels))
    return { ...(articles ? { articles } : {}), ...(labels ? { labels } : {}) };
  return undefined;
}

/** What a new run uses: the given materials of its task, and its tokenizer. */
export function materialsForRun({ task, tokenizer: kind }: RunConfig, given: Given): Materials | undefined {
  const materials = materialsFor(task, given);
  const { tokenizer } = given;
  return kind === 'file' && tokenizer && tasks[task].material !== 'none' ? { ...materials, tokenizer } : materials;
}

/** The names of a run's files, to ask for them again. */
export const fileNames = ({ text, stories, articles, labels }: Materials): readonly string[] =>
  [text, stories, articles, labels].flatMap((file) => (file ? [file.name] : []));
