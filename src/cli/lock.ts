// The lock of a folder: one process at a time writes a run, and a lock whose process is gone is taken over.
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { isAlive, leftoversOf, removeLeftovers, temporaryName, undoAtExit } from './outputs.ts';

export const lockName = 'rmt.lock';

const holderSchema = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  host: v.string(),
  /** Tells two processes of the same number apart, where the system says when a process began. */
  began: v.optional(v.string()),
});
export type Holder = v.InferOutput<typeof holderSchema>;

export interface Lock {
  /** The process that was killed while it held the lock. */
  readonly deadHolder: Holder | undefined;
  /** @throws Error if another process took the lock over or it was removed */
  check(): void;
  release(): void;
}

/** When a process began: the boot and the ticks since then, on Linux. */
function beginningOf(pid: number): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    // The second field, the name, may contain spaces and brackets.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return `${boot} ${fields[19]}`;
  } catch {
    return undefined;
  }
}

/** The locks of this process. */
const held = new Set<string>();

function isGone({ pid, host, began }: Holder, file: string): boolean {
  // Whether a process of another machine is alive cannot be found out here.
  if (host !== hostname()) return false;
  if (!isAlive(pid) || (pid === process.pid && !held.has(resolve(file)))) return true;
  return began !== undefined && beginningOf(pid) !== began;
}

function holderIn(text: string): Holder | undefined {
  try {
    return v.parse(holderSchema, JSON.parse(text));
  } catch {
    return undefined;
  }
}

const read = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : '');

/** Create the lock with its contents in one operation; false if there is one already. */
function create(file: string, content: string): boolean {
  const beside = temporaryName(file);
  try {
    writeFileSync(beside, content);
    linkSync(beside, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    if (!['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error))) throw error;
    return createWithoutLinks(file, content);
  } finally {
    rmSync(beside, { force: true });
  }
}

function createWithoutLinks(file: string, content: string): boolean {
  try {
    const handle = openSync(file, 'wx');
    writeSync(handle, content);
    closeSync(handle);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

const oldOf = (file: string) => `${file}.old`;

/**
 * Move a dead process's lock away; a lock that somebody else renewed meanwhile is put back. Until the new lock is there, the
 * old one says that a run was killed here.
 */
function moveAway(file: string, dead: string): void {
  const aside = temporaryName(oldOf(file));
  try {
    renameSync(file, aside);
  } catch {
    return; // another process was faster
  }
  if (read(aside) === dead) return;
  try {
    linkSync(aside, file);
  } catch {}
  rmSync(aside, { force: true });
}

/**
 * Lock an existing folder.
 * @param where the folder in messages
 * @param what  what is written there, in messages
 * @throws InputError if another process holds it
 */
export function lockFolder(where: string, folder: string, what = 'a run'): Lock {
  const file = join(folder, lockName);
  const began = beginningOf(process.pid);
  const mine = `${JSON.stringify({ pid: process.pid, host: hostname(), ...(began ? { began } : {}) })}\n`;
  removeLeftovers(file);
  // Of a process that was killed while it took a lock over.
  const moved = leftoversOf(oldOf(file));
  let deadHolder = holderIn(moved.map(read).find((content) => content !== undefined) ?? '');
  for (let attempt = 0; attempt < 20; attempt++) {
    if (create(file, mine)) {
      held.add(resolve(file));
      for (const old of [...moved, temporaryName(oldOf(file))]) rmSync(old, { force: true });
      const release = () => {
        atExit.callOff();
        held.delete(resolve(file));
        if (read(file) === mine) rmSync(file, { force: true });
      };
      const atExit = undoAtExit(release);
      const check = () => {
        if (read(file) !== mine)
          throw new Error(`${where}: its lock '${file}' was taken or removed (expected one process for a run)`);
      };
      return { deadHolder, check, release };
    }
    const found = read(file);
    if (found === undefined) continue; // released just now
    const holder = holderIn(found);
    if (!holder) throw new InputError(where, `'${file}' is no lock of a run`, 'a folder for one run');
    if (!isGone(holder, file))
      throw new InputError(
        where,
        `process ${holder.pid} on ${holder.host} is writing ${what} there`,
        `another folder; if that process is gone, remove '${file}'`,
      );
    deadHolder = holder;
    moveAway(file, found);
  }
  throw new InputError(where, 'a lock that keeps changing', 'one process for a run');
}
