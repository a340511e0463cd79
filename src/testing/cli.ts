// Runs the command line in tests: as a process, `node scripts/rmt.mjs …`, or as a command inside the test's process.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { type OpenDevice, openDevice } from '../cli/device.ts';
import { main } from '../cli/main.ts';

const program = fileURLToPath(new URL('../../scripts/rmt.mjs', import.meta.url));

/** The outcome of a command. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  /** Lines of stderr, without the adapter's name and the messages of Dawn and its Vulkan loader. */
  readonly errors: readonly string[];
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line of stdout as it is written. */
  readonly onLine?: (line: string, child: ReturnType<typeof spawn>) => void;
}

/** Lines of stderr, without the adapter's name and the messages of Dawn and its Vulkan loader. */
const errorsIn = (stderr: string) =>
  stderr.split('\n').filter((line) => line !== '' && !/^(Warning:|adapter: | {4}at .*dawn)/.test(line));

/** Run one command as a process until it exits. */
export function rmt(words: readonly string[], { cwd, env, onLine }: CommandOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...words], {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr, seen] = ['', '', 0];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      for (let end = stdout.indexOf('\n', seen); end >= 0; end = stdout.indexOf('\n', seen)) {
        onLine?.(stdout.slice(seen, end), child);
        seen = end + 1;
      }
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      resolve({ status, stdout, errors: errorsIn(stderr) });
    });
  });
}

let running = false;

/** One device for all commands of this process, and a second one for commands in half precision. */
const opened = new Map<boolean, ReturnType<OpenDevice>>();
const openOnce: OpenDevice = (half = false, retune = false) => {
  const known = retune ? undefined : opened.get(half);
  const device = known ?? openDevice(half, retune);
  opened.set(half, device);
  return device;
};

/**
 * Run one command in this process, which saves starting one. Only one command can run at a time, because they share the
 * process's folder and streams.
 */
export async function command(
  words: readonly string[],
  { cwd, open = openOnce }: { readonly cwd?: string; readonly open?: OpenDevice } = {},
): Promise<Outcome> {
  if (running) throw new Error('command: another one is running in this process (expected one at a time)');
  running = true;
  const before = process.cwd();
  if (cwd !== undefined) process.chdir(cwd);
  const [stdout, stderr] = (['stdout', 'stderr'] as const).map((name) => {
    let text = '';
    const spy = vi.spyOn(process[name], 'write').mockImplementation((piece) => {
      text += String(piece);
      return true;
    });
    return { text: () => text, restore: () => spy.mockRestore() };
  });
  try {
    const status = await main(words, open);
    return { status, stdout: stdout?.text() ?? '', errors: errorsIn(stderr?.text() ?? '') };
  } finally {
    stdout?.restore();
    stderr?.restore();
    process.chdir(before);
    running = false;
  }
}

/** A new temporary folder, and a function that removes it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'rmt-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
