// The list of mutants that scripts/mutants.mjs tries by hand.
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

type Mutant = readonly [file: string, from: string, to: string, test: string];
const listOf = async (part: string, list: string): Promise<readonly Mutant[]> =>
  ((await import(`../scripts/mutants/${part}.mjs`)) as Record<string, readonly Mutant[]>)[list] ?? [];

it('names what is in the kernels and in the engine, and tests that exist', async () => {
  const kernels = await listOf('kernels', 'kernelMutants');
  const engine = await listOf('engine', 'engineMutants');
  expect(kernels.length + engine.length).toBeGreaterThan(200);
  const stale = [
    ...kernels.map(([name, from, , test]) => [`shaders/${name}.wgsl`, from, test] as const),
    ...engine.map(([name, from, , test]) => [`src/engine/${name}`, from, test] as const),
  ].filter(([file, from, test]) => !readFileSync(file, 'utf8').includes(from) || !readFileSync(test, 'utf8'));
  expect(stale).toEqual([]);
});
