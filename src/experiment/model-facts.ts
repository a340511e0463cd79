// What is known of a model when a run, stream or evaluation starts.

export interface ModelFacts {
  readonly name: string;
  /** The kind of model, for people. */
  readonly kind: string;
  /** One class for a sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly task: string | undefined;
  readonly parameters: number;
  /** Bytes of GPU memory planned for it, activations included. */
  readonly gpuBytes: number;
  readonly layers: number;
  readonly heads: number;
  readonly hiddenSize: number;
  readonly memTokens: number;
  /** Earlier inputs that each layer attends to; 0 without a cache. */
  readonly cacheSize: number;
  readonly segmentSize: number;
  /** Positions in a segment, those of memory and special tokens included. */
  readonly positions: number;
  /** Positions before the text. */
  readonly front: number;
  /** Sizes of the attention sent with a streamed segment; keys count the cache's entries first. */
  readonly looks: {
    readonly write?: { readonly rows: number; readonly columns: number };
    readonly read?: { readonly rows: number; readonly columns: number };
  };
  /** Of a classification task; empty for one that asks for a text. */
  readonly classes: readonly string[];
}
