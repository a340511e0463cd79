// node scripts/mutants.mjs [name …]: checks that a test fails when one sign or index of a kernel, or one line of the tape
// or the planner, is wrong. Run by hand. Each mutant is applied in a copy of the worktree, never in place.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gpuEnvironment } from './gpu-environment.mjs';
import { engineMutants } from './mutants/engine.mjs';
import { kernelMutants } from './mutants/kernels.mjs';
import { root } from './process.mjs';

/** Every mutant with the file that it changes, from the repository's root. */
const mutants = [
  ...kernelMutants.map(([name, ...rest]) => /** @type {const} */ ([`shaders/${name}.wgsl`, ...rest])),
  ...engineMutants.map(([name, ...rest]) => /** @type {const} */ ([`src/engine/${name}`, ...rest])),
];

const { env } = await gpuEnvironment();
const copy = mkdtempSync(join(tmpdir(), 'mutants-'));
const vitest = join(copy, 'node_modules/vitest/vitest.mjs');
/** Whether the tests pass. @param {string} file */
const passes = (file) =>
  spawnSync(process.execPath, [vitest, 'run', file, '--bail=1', '--reporter=dot'], { cwd: copy, env, timeout: 300_000 })
    .status === 0;

let survived = 0;
try {
  for (const part of ['src', 'shaders', 'vitest.config.ts', 'package.json', 'tsconfig.base.json', 'tsconfig.json'])
    cpSync(join(root, part), join(copy, part), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'), 'junction');
  const names = process.argv.slice(2);
  const chosen = mutants.filter(([name]) => names.length === 0 || names.some((part) => name.includes(part)));
  // Tests that fail without a mutant would catch anything.
  for (const file of new Set(chosen.map(([, , , test]) => test)))
    if (!passes(file)) throw new Error(`mutants: ${file} fails without a mutant (expected it to pass)`);
  for (const [name, from, to, test] of chosen) {
    const path = join(copy, name);
    const original = readFileSync(path, 'utf8');
    if (!original.includes(from)) throw new Error(`mutants: ${name} has no '${from}' (bring the list up to date)`);
    writeFileSync(
      path,
      original.replace(from, () => to),
    );
    const caught = !passes(test);
    writeFileSync(path, original);
    if (!caught) survived++;
    const [old, now] = [from, to || '(nothing)'].map((text) => text.replace(/\s+/g, ' ').trim());
    console.log(`${caught ? 'caught  ' : 'SURVIVED'}  ${name.padEnd(45)} ${old}  →  ${now}`);
  }
  console.log(`\n${chosen.length - survived} of ${chosen.length} mutants caught`);
} finally {
  rmSync(copy, { recursive: true, force: true });
}
process.exitCode = survived > 0 ? 1 : 0;
