// The folder of a training run: its lock, its checkpoint and its metrics.
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { InputError } from '../errors.ts';
import { readBytes } from './arguments.ts';
import { type Lock, lockFolder, lockName } from './lock.ts';
import {
  checkOutputs,
  createFolder,
  LineLog,
  type NamedFile,
  removeLeftovers,
  replaceFile,
  undoAtExit,
} from './outputs.ts';

const checkpointIn = (folder: string) => join(folder, 'checkpoint.safetensors');
const metricsIn = (folder: string) => join(folder, 'metrics.jsonl');

/** The step of a line of metrics; undefined if it is none. */
function stepOf(line: string): number | undefined {
  try {
    const { type, step } = JSON.parse(line) as { type?: unknown; step?: unknown };
    return ['step', 'validation', 'suspicions'].includes(String(type)) && typeof step === 'number' ? step : undefined;
  } catch {
    return undefined;
  }
}

/** The lines of a run's metrics; the last one may have been cut off. @throws InputError if they are something else */
function metricLines(where: string, file: string): string[] {
  if (!existsSync(file)) return [];
  const lines = new TextDecoder().decode(readBytes(where, file)).split('\n');
  const cut = lines.pop();
  const foreign = lines.findIndex((line) => stepOf(line) === undefined);
  // Nothing but the beginning of a line, which no run of ours leaves alone.
  if (foreign >= 0 || (lines.length === 0 && cut !== '' && !cut?.startsWith('{"type":')))
    throw new InputError(
      where,
      `'${file}' holds other data in line ${Math.max(1, foreign + 1)}`,
      'a new folder, or one with the metrics of a run',
    );
  return lines;
}

/** The last validation in the metrics of a folder, if there is one. */
export function lastValidation(
  folder: string,
): { readonly segments: number; readonly accuracy: number; readonly loss: number } | undefined {
  const lines = metricLines(`train: --out ${folder}`, metricsIn(folder)).map((line) => JSON.parse(line));
  return lines.findLast(({ type }) => type === 'validation');
}

export class RunFolder {
  readonly checkpointFile: string;
  private readonly metricsFile: string;
  private metrics: LineLog | undefined;

  private constructor(
    folder: string,
    private readonly where: string,
    private readonly lock: Lock,
    /** The checkpoint to resume from. */
    readonly resume: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> } | undefined,
    private readonly leave: () => void,
  ) {
    this.checkpointFile = checkpointIn(folder);
    this.metricsFile = metricsIn(folder);
  }

  /**
   * Lock a folder for a run, after everything in it was checked.
   * @param resume continue the run in it
   * @param inputs the files that the run reads, which it must not overwrite
   * @throws InputError if it is in use, holds other data, or holds a run that is not to be resumed
   */
  static open(folder: string, resume: boolean, inputs: readonly NamedFile[]): RunFolder {
    const where = `train: --out ${folder}`;
    const [checkpoint, metrics] = [checkpointIn(folder), metricsIn(folder)];
    checkOutputs(
      [checkpoint, metrics, join(folder, lockName)].map((file) => ({ where: 'train: --out', file })),
      inputs,
    );
    // Before anything is created.
    if (resume && !existsSync(checkpoint)) readBytes('train: --resume', checkpoint);
    const created = createFolder(folder);
    const atExit = undoAtExit(() => created.removeIfEmpty());
    let lock: Lock | undefined;
    const leave = () => {
      lock?.release();
      atExit.callOff();
      created.removeIfEmpty();
    };
    try {
      lock = lockFolder(where, folder);
      if (!resume && existsSync(checkpoint))
        throw new InputError(where, 'already contains a run', 'a new folder, or --resume to continue that run');
      const lines = metricLines(where, metrics);
      // A run that was killed before its first checkpoint begins again; any other may be all that is left of a run.
      if (!resume && lines.length > 0 && !lock.deadHolder)
        throw new InputError(
          where,
          `the metrics of a run without its checkpoint ('${metrics}')`,
          'a new folder, or that file moved away',
        );
      // Now, while the lock is known to be of a killed run, which another attempt would not know any more.
      if (!resume) rmSync(metrics, { force: true });
      const from = resume ? { name: checkpoint, bytes: readBytes('train: --resume', checkpoint) } : undefined;
      for (const file of [checkpoint, metrics]) removeLeftovers(file, true);
      return new RunFolder(folder, where, lock, from, leave);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** What to say about a run that was killed in this folder. */
  get notice(): string | undefined {
    const { deadHolder } = this.lock;
    return deadHolder && `${this.where}: took over the lock of process ${deadHolder.pid}, which is gone`;
  }

  get hasCheckpoint(): boolean {
    return existsSync(this.checkpointFile);
  }

  /** Begin the metrics after a step; lines of later steps are written again. */
  beginMetrics(step: number): void {
    const kept = this.resume
      ? metricLines(this.where, this.metricsFile).filter((line) => (stepOf(line) ?? Number.POSITIVE_INFINITY) <= step)
      : [];
    this.metrics = new LineLog(this.metricsFile, kept.map((line) => `${line}\n`).join(''));
  }

  append(line: string): void {
    this.metrics?.append(line);
  }

  /** Save a checkpoint; the metrics up to it are on disk before it is. */
  save(bytes: Uint8Array): void {
    this.lock.check();
    this.metrics?.sync();
    replaceFile(this.checkpointFile, bytes);
  }

  close(): void {
    this.metrics?.close();
    // A run that ended before its first step leaves nothing.
    if (this.metrics?.isEmpty && !this.hasCheckpoint) rmSync(this.metricsFile);
    this.leave();
  }
}
