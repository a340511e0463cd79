// Which parameters a run trains: all of them, or only those of some roles.

/**
 * What a parameter is for. `memory`: added by a memory. `head`: from the last hidden state to the answer; a head tied to
 * the word embedding is an embedding.
 */
export type Role = 'embedding' | 'layer' | 'head' | 'memory';

/** The choices of a run, by name: the roles it trains. */
export const trainedRoles = {
  all: ['embedding', 'layer', 'head', 'memory'],
  'memory-and-head': ['head', 'memory'],
  'all-but-embeddings': ['layer', 'head', 'memory'],
} as const satisfies Readonly<Record<string, readonly Role[]>>;
export type Trained = keyof typeof trainedRoles;

/** Whether a run trains the parameter of this name. */
export const trains = (model: { roleOf(name: string): Role }, trained: Trained, name: string): boolean =>
  (trainedRoles[trained] as readonly Role[]).includes(model.roleOf(name));
