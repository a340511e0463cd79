// The command line: dist/cli/rmt.js, built first where it is older than its source, run where Dawn finds an adapter.
// Nothing here writes to stdout, which belongs to the program.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { gpuEnvironment } from './gpu-environment.mjs';
import { root, run } from './process.mjs';

const program = join(root, 'dist/cli/rmt.js');

/** When a file, or anything in a folder, was last changed; 0 if it is not there. @param {string} path */
function changed(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return entry?.mtimeMs ?? 0;
  // A folder's own time tells of files that went away.
  return readdirSync(path, { recursive: true, encoding: 'utf8' }).reduce(
    (newest, name) => Math.max(newest, statSync(join(path, name), { throwIfNoEntry: false })?.mtimeMs ?? 0),
    entry.mtimeMs,
  );
}

function outdated() {
  const built = changed(program);
  return ['src', 'shaders', 'package.json', 'vite.cli.config.ts'].some(
    (source) => changed(join(root, source)) >= built,
  );
}

/** Build aside and rename, so that a process starting meanwhile finds the old program or the new one, never a part. */
async function build() {
  if (!existsSync(join(root, 'node_modules/vite')))
    throw new Error("node_modules: no packages (expected 'npm install' first)");
  const started = new Date(); // the program's time: what is changed while we build makes it outdated again
  const outDir = join(root, `dist/cli-${process.pid}`);
  const { build } = await import('vite');
  try {
    await build({ root, configFile: join(root, 'vite.cli.config.ts'), logLevel: 'silent', build: { outDir } });
    utimesSync(join(outDir, 'rmt.js'), started, started);
    mkdirSync(join(root, 'dist/cli'), { recursive: true });
    renameSync(join(outDir, 'rmt.js'), program);
  } finally {
    rmSync(outDir, { recursive: true, force: true });
  }
}

try {
  if (outdated()) await build();
  const { env } = await gpuEnvironment();
  const status = await run(process.execPath, [program, ...process.argv.slice(2)], { cwd: process.cwd(), env });
  process.exitCode = status;
} catch (error) {
  console.error(`rmt: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
