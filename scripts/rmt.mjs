// The command line: dist/cli/rmt.js, rebuilt if it is older than its source, run in the environment where Dawn finds an
// adapter. Nothing here writes to stdout, which belongs to the program.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gpuEnvironment } from './gpu-environment.mjs';
import { root, run } from './process.mjs';

const program = join(root, 'dist/cli/rmt.js');

/** When a file, or anything in a folder, was last changed; 0 if it is not there. @param {string} path */
function changed(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry?.isDirectory()) return entry?.mtimeMs ?? 0;
  // The time of the folder itself changes when files are removed.
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

async function build() {
  if (!existsSync(join(root, 'node_modules/vite')))
    throw new Error("node_modules: no packages (expected 'npm install' first)");
  const status = await run(process.execPath, [join(root, 'scripts/build-cli.mjs')], { output: 'stderr' });
  if (status !== 0) throw new Error('build: failed (see the messages above)');
}

/** The parent process, and its parent if the parent is npm's shell. */
function ancestry() {
  const shell = process.ppid;
  try {
    const [, name, , parent] = /\((.*)\) (\S+) (\d+)/s.exec(readFileSync(`/proc/${shell}/stat`, 'utf8')) ?? [];
    return name === 'sh' || name === 'dash' ? `${shell} ${parent}` : `${shell}`;
  } catch {
    return `${shell}`;
  }
}

/** npm passes SIGTERM to its shell only and SIGKILL to no process: a training run would continue unnoticed after npm ended. */
function endWithNpm() {
  const before = ancestry();
  const watch = setInterval(() => {
    if (ancestry() === before) return;
    clearInterval(watch);
    process.kill(process.pid, 'SIGTERM');
  }, 1000).unref();
}

try {
  if (process.env.npm_lifecycle_event) endWithNpm();
  if (outdated()) await build();
  const { env } = await gpuEnvironment();
  if (env.LD_LIBRARY_PATH !== process.env.LD_LIBRARY_PATH) {
    // A library path counts only for a new process.
    process.exitCode = await run(process.execPath, [program, ...process.argv.slice(2)], { cwd: process.cwd(), env });
  } else {
    for (const name of ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES'])
      if (env[name] === undefined) delete process.env[name];
      else process.env[name] = env[name];
    process.argv[1] = program;
    await import(pathToFileURL(program).href);
  }
} catch (error) {
  console.error(`rmt: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}
