// The seed of all property tests: fixed, so that a run can be repeated; FC_SEED=random or FC_SEED=<number> gives another.
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    readonly propertySeed: number;
  }
}

/** Seeds of fast-check are 32 bits. */
const most = 2 ** 31 - 1;

/**
 * The seed that FC_SEED requests; 1 by default.
 * @throws Error if it is neither `random` nor a whole number of 31 bits
 */
export function seedOf(asked: string | undefined): number {
  if (asked === 'random') return Math.floor(Math.random() * most);
  const seed = Number(asked || 1);
  if (!Number.isInteger(seed) || seed < 0 || seed > most)
    throw new Error(`FC_SEED: '${asked}' (expected random, or a whole number from 0 to ${most})`);
  return seed;
}

/** Run by Vitest before and after the tests of each project; the first project chooses the seed for all of them. */
export default function setup(project: TestProject): (() => void) | undefined {
  const { vitest } = project;
  const seed = seedOf(process.env['FC_SEED']);
  process.env['FC_SEED'] = String(seed);
  project.provide('propertySeed', seed);
  if (project !== vitest.projects[0]) return undefined;
  vitest.logger.error(`Property tests: FC_SEED=${seed}`);
  return () => {
    if (vitest.state.getCountOfFailedTests() > 0)
      vitest.logger.error(`Property tests ran with FC_SEED=${seed}: set it to repeat them.`);
  };
}
