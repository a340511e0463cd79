// What a folder for PyTorch holds, for its README and for reports.

export interface FolderFacts {
  readonly model: string;
  readonly task: string;
  readonly parameters: number;
  /** The step after which the run continues; 0 from its beginning. */
  readonly step: number;
  /** Steps that are left if no stage ends early. */
  readonly steps: number;
  readonly samples: number;
  /** Samples that the run still reads; more than `samples` are read again. */
  readonly reads: number;
  readonly validationSamples: number;
  /** Whether it begins in the middle of a stage, with AdamW's moments. */
  readonly hasMoments: boolean;
}
