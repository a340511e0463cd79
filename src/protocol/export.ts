// A run as a folder for PyTorch, in one zip archive. It needs no GPU.
import type { RunConfig } from '../experiment/config.ts';
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import type { NamedBytes } from '../experiment/starting-model.ts';
import type { FolderFacts } from '../torch/folder-facts.ts';

export type { FolderFacts };

export interface ExportRequest {
  /** The folder's name in the archive. */
  readonly folder: string;
  /** A checkpoint whose run continues; without one, the run begins with the fresh weights of its seed. */
  readonly file?: NamedBytes;
  /** The model whose weights a new run starts from. */
  readonly from?: ModelSource;
  readonly config: RunConfig;
  readonly materials?: Materials;
  /** Samples for training; all that the run still reads by default, at most 100,000. */
  readonly samples?: number;
}

export interface ExportEvent {
  readonly type: 'export-end';
  readonly zip: Uint8Array<ArrayBuffer>;
  readonly facts: FolderFacts;
}
