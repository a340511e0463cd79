// The real command line as a user starts it: `node scripts/rmt.mjs …` in a folder of its own.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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

/** Run one command to its end. */
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
      const lines = stderr.split('\n').filter((line) => line !== '');
      resolve({ status, stdout, errors: lines.filter((line) => !/^(Warning:|adapter: | {4}at .*dawn)/.test(line)) });
    });
  });
}

/** A fresh folder, and how to remove it. */
export function temporaryFolder(): { readonly folder: string; remove(): void } {
  const folder = mkdtempSync(join(tmpdir(), 'rmt-'));
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
