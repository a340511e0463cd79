// Facts about a model, known when a run, stream or evaluation starts.
import type { PieceStyle } from '../text/pieces/spelling.ts';

export interface ModelFacts {
  readonly name: string;
  /** The kind of model, for display. */
  readonly kind: string;
  /** One class per sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly task: string | undefined;
  /** Values of the task's own knobs; missing ones have their initial value, or were not recorded. */
  readonly knobs?: Readonly<Record<string, string>>;
  readonly parameters: number;
  /** Bytes of GPU memory planned for it, including activations. */
  readonly gpuBytes: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenSize: number;
  readonly memTokens: number;
  /** Earlier inputs that each layer attends to; 0 without a cache. */
  readonly cacheSize: number;
  readonly segmentSize: number;
  /** Positions in a segment, including memory and special tokens. */
  readonly positions: number;
  /** Positions before the text. */
  readonly front: number;
  /** Sizes of the attention sent with a streamed segment; keys count the cache's entries first. */
  readonly looks: {
    readonly write?: { readonly rows: number; readonly columns: number };
    readonly read?: { readonly rows: number; readonly columns: number };
  };
  /** Rows of each layer's associations, 6 · d_mem; absent in a model without them. */
  readonly associationRows?: number;
  /** How its words are written, if they are pieces of a tokenizer. */
  readonly pieces?: PieceStyle;
  /** The classes of a classification task; empty for a task with a text answer. */
  readonly classes: readonly string[];
}
