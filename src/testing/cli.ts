// The command line in tests: as a user starts it, `node scripts/rmt.mjs …`, or its commands in the process of the test.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { vi } from 'vitest';
import { type OpenDevice, openDevice } from '../cli/device.ts';
import { main } from '../cli/main.ts';

const program = fileURLToPath(new URL('../../scripts/rmt.mjs', import.meta.url));

/** What a command left. */
export interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  /** Lines of stderr, without the one that names the adapter and what Dawn and its Vulkan loader print by themselves. */
  readonly errors: readonly string[];
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Called with each line of stdout as it comes. */
  readonly onLine?: (line: string, child: ReturnType<typeof spawn>) => void;
}

/** Lines of stderr without those that Dawn, its Vulkan loader and the choice of the adapter leave there. */
const errorsIn = (stderr: string) =>
  stderr.split('\n').filter((line) => line !== '' && !/^(Warning:|adapter: | {4}at .*dawn)/.test(line));

/** Start one command as a process, and run it to its end. */
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

/** One device for all commands of this process, and one more for those that compute from f16. */
const opened = new Map<boolean, ReturnType<OpenDevice>>();
const openOnce: OpenDevice = (half = false, retune = false) => {
  const known = retune ? undefined : opened.get(half);
  const device = known ?? openDevice(half, retune);
  opened.set(half, device);
  return device;
};

/**
 * Run one command in this process: what it computes, writes and refuses, without the start of a process. One at a time, as
 * they share the folder and the streams of the process.
 */
export async function command(words: readonly string[], { cwd }: { readonly cwd?: string } = {}): Promise<Outcome> {
  if (running) throw new Error('command: another one runs in this process (expected one at a time)');
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
    const status = await main(words, openOnce);
    return { status, stdout: stdout?.text() ?? '', errors: errorsIn(stderr?.text() ?? '') };
  } finally {
    stdout?.restore();
    stderr?.restore();
    process.chdir(before);
    running = false;
  }
}

/** A fresh folder, and how to remove it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'rmt-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
