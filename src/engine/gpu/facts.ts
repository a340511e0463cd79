// The facts of an adapter: who made it, what it is, what it has.

/** What people and checkpoints are told of the adapter. */
export interface AdapterFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** A software adapter: correct, but hundreds of times slower than a GPU. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}
