// The imports slice: published models opened from files. A worker reads each once, checks it, and says what becomes of it.
import { recognise } from '../../io/recognise.ts';
import { catalogue, type ModelEntry } from '../../models/catalogue.ts';
import type { ImportOptions, ImportReport } from '../../protocol/index.ts';
import { headOf, type ModelCard, rmtConfigOf } from '../checkpoint-header.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly imports: ImportsSlice;
  }
}

/** What is imported: files, and the choice that names them afterwards. */
interface Source {
  readonly choice: string;
  readonly name: string;
  readonly files: readonly File[];
}

export interface ImportsSlice {
  /** The model being imported, or the last one that was. */
  readonly source: Source | undefined;
  readonly options: ImportOptions;
  readonly status: 'idle' | 'reading' | 'done' | 'failed';
  readonly report: ImportReport | undefined;
  /** The size of the checkpoint that the model became. */
  readonly bytes: number;
  readonly problem: string | undefined;
  /**
   * Open a checkpoint, or the files of one published model.
   * @returns the choice that names it; undefined if it was refused or replaced by another one
   */
  open(files: readonly File[]): Promise<string | undefined>;
  /** Import files under a choice. @returns as `open` */
  begin(source: Source, options: ImportOptions): Promise<string | undefined>;
  /** Import the last model again with other options. */
  again(options: ImportOptions): Promise<string | undefined>;
  cancel(): void;
  dismiss(): void;
  readonly receive: (report: JobReport<'import'>) => void;
  lost(): void;
}

/** The memory that RMT-1M gives a pretrained model. */
export const usualMemory = 10;
export const usualOptions: ImportOptions = { memoryIfNone: usualMemory };

/** Whether files are a published model. One file that is neither that nor a checkpoint is refused by its header. */
async function arePublished([only, second]: readonly File[]): Promise<boolean> {
  if (!only || second) return true;
  const head = await headOf(only);
  const { kind } = recognise(head, only.size);
  return kind === 'torch-zip' || (kind === 'safetensors' && rmtConfigOf(head) === undefined);
}

/** The folder's name, if the files were dropped as one; else that of the weights. */
function nameOf(files: readonly File[]): string {
  const [folder] = files[0]?.webkitRelativePath?.split('/') ?? [];
  const largest = [...files].sort((a, b) => b.size - a.size)[0];
  return folder || (largest?.name ?? 'model');
}

function cardOfImport({ model, tokenizer }: ImportReport, answers: ModelCard['answers']): ModelCard {
  const entry: ModelEntry | undefined = Object.entries(catalogue).find(([id]) => id === model)?.[1];
  return {
    task: undefined,
    knobs: {},
    file: undefined,
    answers: entry?.answers ?? answers,
    trainedTo: undefined,
    readsText: tokenizer !== undefined,
  };
}

export function importsSlice({ jobs, get, change }: SliceTools<ImportsSlice>): ImportsSlice {
  /** Resolves the import in progress. */
  let settle: (choice: string | undefined) => void = () => {};
  const fail = (problem: string) => {
    change({ status: 'failed', problem: `${problem} The chosen model is unchanged.` });
    settle(undefined);
  };
  return {
    source: undefined,
    options: {},
    status: 'idle',
    report: undefined,
    bytes: 0,
    problem: undefined,
    async open(files) {
      const [first] = files;
      if (!first) return undefined;
      get().models.dismissProblem();
      if (get().imports.status === 'failed') get().imports.dismiss();
      if (!(await arePublished(files))) {
        const isOpened = await get().models.addFile(first);
        if (isOpened) get().imports.dismiss();
        return isOpened ? `file:${first.name}` : undefined;
      }
      const name = nameOf(files);
      return get().imports.begin({ choice: `file:${name}`, name, files }, usualOptions);
    },
    begin(source, options) {
      settle(undefined);
      change({ source, options, status: 'reading', report: undefined, problem: undefined });
      jobs.begin('import', { name: source.name, files: source.files, options });
      return new Promise((resolve) => {
        settle = resolve;
      });
    },
    async again(options) {
      const { source, begin } = get().imports;
      return source && begin(source, { ...usualOptions, ...options });
    },
    cancel() {
      jobs.drop('import');
      change({ status: 'idle', source: undefined });
      settle(undefined);
    },
    dismiss: () => change({ status: 'idle', source: undefined, report: undefined, problem: undefined }),
    receive(report) {
      if (report.type === 'failed') return fail(sentenceOf(report));
      const { source, options } = get().imports;
      if (!source) return;
      const { choice, name, files } = source;
      const card = cardOfImport(report.report, report.answers);
      get().models.add(choice, { name, files, options, card, config: report.report.config });
      change({ status: 'done', report: report.report, bytes: report.bytes });
      settle(choice);
    },
    lost() {},
  };
}
