// Which memory token holds what is told of whom.
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { Holders, HoldersRequest as Told } from '../inference/holders.ts';

export type { Holders };

export interface HoldersRequest extends Told {
  readonly model: ModelSource;
  readonly task?: string;
  readonly materials?: Materials;
  readonly seed: number;
}

export type HoldersEvent =
  | { readonly type: 'holders-begin'; readonly model: ModelFacts; readonly task: string }
  /** Documents read so far. */
  | { readonly type: 'holders-reading'; readonly documents: number }
  /** Without `found` if it was stopped. */
  | { readonly type: 'holders-end'; readonly found?: Holders };
