// A published model is read once, to check it and to say what becomes of it.
import type { ImportOptions, ImportReport } from '../experiment/import-options.ts';
import type { UserFile } from '../experiment/materials.ts';

export type { ImportOptions, ImportReport };

export interface ImportRequest {
  readonly name: string;
  readonly files: readonly UserFile[];
  readonly options: ImportOptions;
}

export interface ImportEvent {
  readonly type: 'import-end';
  readonly report: ImportReport;
  /** The size of the checkpoint that it becomes. */
  readonly bytes: number;
  readonly answers: 'class' | 'tokens';
}
