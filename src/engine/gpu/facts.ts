// The facts of an adapter: its vendor, its kind, and its capabilities.

/** The adapter description shown to people and stored in checkpoints. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A software adapter: correct, but hundreds of times slower than a GPU. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}
