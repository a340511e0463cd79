// The files a command writes: all are checked before any is opened, and each is complete or absent, whatever happens.
import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { InputError } from '../errors.ts';
import { quoted } from '../io/message.ts';

/** A file named on the command line, and where. */
export interface NamedFile {
  /** As in messages: `forward: --out`. */
  readonly where: string;
  readonly file: string;
}

const writable = 'a writable path';

/** The file itself, if a link leads to it. */
const target = (file: string) => (existsSync(file) ? realpathSync(file) : resolve(file));

function isSameFile(one: string, other: string): boolean {
  if (target(one) === target(other)) return true;
  const [a, b] = [one, other].map((file) => statSync(file, { bigint: true, throwIfNoEntry: false }));
  // Hard links have different paths; some file systems number no files.
  return a !== undefined && b !== undefined && a.ino !== 0n && a.ino === b.ino && a.dev === b.dev;
}

/** @throws InputError if the file is not a regular one, or its folder is not a writable directory */
function checkPlace({ where, file }: NamedFile): void {
  try {
    lstatSync(file, { throwIfNoEntry: false });
  } catch (error) {
    // ENOTDIR is told below, with the part of the path that is no folder.
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code !== 'ENOTDIR') throw new InputError(where, `${quoted(file)} is no possible path (${code})`, writable);
  }
  // Anything else, such as a device, would be replaced by a regular file.
  if (existsSync(file) && !statSync(file).isFile())
    throw new InputError(where, `'${file}' is not a regular file`, writable);
  let folder = dirname(target(file));
  while (!existsSync(folder)) folder = dirname(folder);
  if (!statSync(folder).isDirectory()) throw new InputError(where, `'${folder}' is not a directory`, writable);
  try {
    accessSync(folder, constants.W_OK);
  } catch {
    throw new InputError(where, `'${folder}' cannot be written`, writable);
  }
}

/**
 * Check before any work that all outputs can be written, and that none is an input or another output. Creates nothing.
 * @throws InputError naming the output
 */
export function checkOutputs(outputs: readonly NamedFile[], inputs: readonly NamedFile[] = []): void {
  for (const [k, output] of outputs.entries()) {
    checkPlace(output);
    const same = [...inputs, ...outputs.slice(0, k)].find(({ file }) => isSameFile(file, output.file));
    if (same)
      throw new InputError(output.where, `'${output.file}', which is also ${same.where}`, 'a file that is not in use');
  }
}

function cannotWrite(file: string, error: unknown): Error {
  const found = error instanceof Error ? error.message : String(error);
  return new Error(`writing ${file}: ${found} (expected ${writable})`);
}

/** What to remove if the process exits now. */
const unfinished = new Set<() => void>();
process.on('exit', () => {
  for (const remove of unfinished) remove();
});

/** Undo something when the process exits, unless that is called off before. */
export function undoAtExit(undo: () => void): { callOff(): void } {
  unfinished.add(undo);
  return { callOff: () => void unfinished.delete(undo) };
}

// The host is in the name, because a folder may be shared between machines.
const host = hostname().replace(/[^\w-]/g, '_') || 'host';
/** The name under which this process writes a file before it takes its place. */
export const temporaryName = (file: string) => `${file}.${host}.${process.pid}.tmp`;

/** Whether a process of this machine exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // It belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

/**
 * What killed processes left beside a file.
 * @param isOurs whether nobody else can be writing this file, so that leftovers of any machine are dead
 */
export function leftoversOf(file: string, isOurs = false): string[] {
  const folder = dirname(target(file));
  if (!existsSync(folder)) return [];
  const base = basename(target(file));
  return readdirSync(folder).flatMap((name) => {
    const [, machine, pid] =
      (name.startsWith(`${base}.`) && /^(?:([\w-]+)\.)?(\d+)\.tmp$/.exec(name.slice(base.length + 1))) || [];
    if (pid === undefined) return [];
    const isDead = isOurs || (machine === host && Number(pid) !== process.pid && !isAlive(Number(pid)));
    return isDead ? [join(folder, name)] : [];
  });
}

/** Remove what killed processes left beside a file. */
export function removeLeftovers(file: string, isOurs = false): void {
  for (const left of leftoversOf(file, isOurs)) rmSync(left, { force: true });
}

/** A renamed file survives a loss of power only once its folder is on disk; not every system can open a folder. */
function syncFolder(folder: string): void {
  try {
    const handle = openSync(folder, 'r');
    try {
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
  } catch {}
}

/** Create a folder; removes the new ones again if nothing was put into them. */
export function createFolder(folder: string): { removeIfEmpty(): void } {
  const made: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) made.push(at);
  mkdirSync(folder, { recursive: true });
  return {
    removeIfEmpty() {
      for (const each of made)
        try {
          rmdirSync(each);
        } catch {
          return; // something is in it
        }
    },
  };
}

/** A file that is written beside its place and takes it when it is complete. */
export class PendingFile {
  private readonly place: string;
  private readonly temporary: string;
  private handle: number | undefined;
  private folder: ReturnType<typeof createFolder> | undefined;
  private readonly atExit: ReturnType<typeof undoAtExit>;

  /** @throws Error if it cannot be created */
  constructor(private readonly file: string) {
    this.place = target(file);
    this.temporary = temporaryName(this.place);
    this.atExit = undoAtExit(() => this.discard());
    this.attempt(() => {
      this.folder = createFolder(dirname(this.place));
      removeLeftovers(file);
      this.handle = openSync(this.temporary, 'w');
    });
  }

  /** @throws Error if the disk is full, for example; the file is discarded */
  write(content: Uint8Array | string): void {
    this.attempt(() => writeAll(this.open, typeof content === 'string' ? Buffer.from(content) : content));
  }

  /** Replace the file that was there before. */
  commit(): void {
    this.attempt(() => {
      const { open } = this;
      // Otherwise a loss of power could leave the new name with empty contents.
      fsyncSync(open);
      this.handle = undefined;
      closeSync(open);
      renameSync(this.temporary, this.place);
      this.atExit.callOff();
      syncFolder(dirname(this.place));
    });
  }

  discard(): void {
    this.atExit.callOff();
    const { handle } = this;
    this.handle = undefined;
    if (handle !== undefined) closeSync(handle);
    try {
      rmSync(this.temporary, { force: true });
    } finally {
      this.folder?.removeIfEmpty();
    }
  }

  private get open(): number {
    if (this.handle === undefined) throw new Error('the file is already closed');
    return this.handle;
  }

  private attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      try {
        this.discard();
      } catch {}
      throw cannotWrite(this.file, error);
    }
  }
}

function writeAll(handle: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(handle, bytes, at);
}

/** Replace a file by complete contents. */
export function replaceFile(file: string, content: Uint8Array | string): void {
  const pending = new PendingFile(file);
  pending.write(content);
  pending.commit();
}

/** A file that grows line by line and can be read meanwhile. */
export class LineLog {
  private readonly handle: number;
  /** Bytes of complete lines. */
  private size: number;

  /** Begin with these contents. */
  constructor(
    private readonly file: string,
    content: string,
  ) {
    const bytes = Buffer.from(content);
    replaceFile(file, bytes);
    this.size = bytes.length;
    this.handle = this.attempt(() => openSync(file, 'a'));
  }

  /** @throws Error if the disk is full, for example; no part of the line remains then */
  append(line: string): void {
    this.attempt(() => {
      const bytes = Buffer.from(`${line}\n`);
      try {
        writeAll(this.handle, bytes);
        this.size += bytes.length;
      } catch (error) {
        ftruncateSync(this.handle, this.size);
        throw error;
      }
    });
  }

  /** Wait until all lines are on disk. */
  sync(): void {
    this.attempt(() => fsyncSync(this.handle));
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  close(): void {
    closeSync(this.handle);
  }

  private attempt<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw cannotWrite(this.file, error);
    }
  }
}
