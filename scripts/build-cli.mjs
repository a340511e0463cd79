// Builds dist/cli/rmt.js in a temporary folder and renames it, so that a process started meanwhile finds a complete file.
import { mkdirSync, renameSync, rmSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'vite';
import { root } from './process.mjs';

const started = new Date(); // the time stamp of the result: a change during the build makes it outdated
const outDir = join(root, `dist/cli-${process.pid}`);
try {
  await build({ root, configFile: join(root, 'vite.cli.config.ts'), logLevel: 'silent', build: { outDir } });
  utimesSync(join(outDir, 'rmt.js'), started, started);
  mkdirSync(join(root, 'dist/cli'), { recursive: true });
  renameSync(join(outDir, 'rmt.js'), join(root, 'dist/cli/rmt.js'));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(outDir, { recursive: true, force: true });
}
