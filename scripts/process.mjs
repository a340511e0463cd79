// Child processes that share our terminal and receive our signals, and the paths of tools that npm installed.
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));
const windows = process.platform === 'win32';

/** A tool of node_modules/.bin. @param {string} name */
export const tool = (name) => join(root, 'node_modules', '.bin', windows ? `${name}.cmd` : name);

/**
 * Run npm: the one that runs this script, if any.
 * @param {string[]} args
 */
export function npm(args) {
  const script = process.env.npm_execpath;
  return script?.endsWith('.js') ? run(process.execPath, [script, ...args]) : run(windows ? 'npm.cmd' : 'npm', args);
}

/**
 * Run a command to its end on our terminal, forwarding our signals to it.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, timeout?: number, output?: 'stdout' | 'stderr' }} [options]
 *   `output`: where its stdout goes
 * @returns {Promise<number>} its exit status; 127 if it could not be started, 128 + n if signal n ended it
 */
export function run(command, args, { cwd = root, env, timeout, output = 'stdout' } = {}) {
  return new Promise((resolve) => {
    const shell = windows && command.endsWith('.cmd');
    const child = spawn(command, args, { cwd, env, timeout, shell, stdio: [0, output === 'stdout' ? 1 : 2, 2] });
    /** @param {NodeJS.Signals} signal */
    const forward = (signal) => {
      // Ctrl-C at a terminal has reached the child already; a second signal would make it exit at once.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    };
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of signals) process.on(signal, forward);
    /** @param {number} status */
    const done = (status) => {
      for (const signal of signals) process.off(signal, forward);
      resolve(status);
    };
    child.once('error', (error) => {
      console.error(`${command}: ${error.message}`);
      done(127);
    });
    child.once('exit', (code, signal) => done(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}
