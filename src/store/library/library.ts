// The library of runs: what is saved and in which order, so that a crash, a full disk or another tab never loses a run.
import type * as v from 'valibot';
import type { Suspicion, TrainProgress } from '../../protocol/index.ts';
import { automaticName, nearestPreset } from '../compare.ts';
import { messageOf } from '../error-text.ts';
import type { CurvesData } from './curves.ts';
import {
  formerSchema,
  noCurves,
  parseCurves,
  parseRecord,
  parseWith,
  type RunId,
  type RunRecord,
  validatedOf,
} from './record.ts';
import { memoryStorage, type Release, type RunStorage, type Space } from './storage.ts';

/** A run in the list, or the reason why it cannot be read. */
export type RunEntry =
  | { readonly id: RunId; readonly record: RunRecord; readonly isStored: boolean }
  | { readonly id: RunId; readonly record: undefined; readonly problem: string };

/** The parts of a run that are saved together and must match. */
export interface SavedState {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly progress: TrainProgress;
  readonly curves: CurvesData;
  readonly suspicions?: readonly Suspicion[];
}

export interface OpenedRun {
  readonly record: RunRecord;
  readonly curves: CurvesData;
  /** Undefined if nothing was saved yet. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** How long a deleted run stays in the bin, and the minimum age at which a file without a run is removed. */
const BIN = 24 * 3600_000;
const ORPHAN = 3600_000;

export const isFull = (error: unknown) => error instanceof Error && error.name === 'QuotaExceededError';

export class RunLibrary {
  /** Runs of this tab that could not be stored yet. */
  private readonly unstored = new Map<RunId, RunRecord>();
  /** The newest state of each run to be saved once the current write ends. */
  private readonly waiting = new Map<RunId, SavedState>();
  /** Runs that this tab holds or requests, with the function that releases them. */
  private readonly claims = new Map<RunId, Promise<Release | undefined>>();
  private readonly releases = new Map<RunId, Promise<void>>();
  private tail: Promise<unknown> = Promise.resolve();

  constructor(private storage: RunStorage) {}

  /** Call `changed` when another tab changed something. */
  listen(changed: () => void): void {
    this.storage.listen(changed);
  }

  /**
   * Prepare the library: migrate the run of an earlier version, remove old runs from the bin, and remove files that no
   * run refers to. Returns the reason if runs can be kept for this visit only.
   */
  async open(): Promise<string | undefined> {
    try {
      await this.storage.records();
    } catch (error) {
      this.storage = memoryStorage();
      return messageOf(error);
    }
    // Either may fail on a full disk; the next visit tries again.
    await this.takeOverFormer().catch(() => {});
    await this.tidy().catch(() => {});
    return undefined;
  }

  /** All runs, newest first, unreadable ones last. */
  async entries(): Promise<RunEntry[]> {
    const entries: RunEntry[] = [];
    const found = await this.storage.records();
    for (const [id, stored] of found)
      try {
        entries.push({ id, record: readRecord(stored, id), isStored: true });
      } catch (error) {
        entries.push({ id, record: undefined, problem: messageOf(error) });
      }
    for (const [id, record] of this.unstored) if (!found.has(id)) entries.push({ id, record, isStored: false });
    const age = ({ record }: RunEntry) => record?.created ?? Number.NEGATIVE_INFINITY;
    return entries.sort((a, b) => age(b) - age(a) || a.id.localeCompare(b.id));
  }

  /** Runs held by other tabs. */
  async elsewhere(): Promise<ReadonlySet<RunId>> {
    const locked = await this.storage.locked();
    return new Set([...locked].filter((id) => !this.claims.has(id) && !this.releases.has(id)));
  }

  /** Resolves once no tab holds the run. */
  released = (id: RunId): Promise<void> => this.storage.released(id);

  /** Claim a run for this tab. Returns false if another tab holds it. */
  async claim(id: RunId): Promise<boolean> {
    await this.releases.get(id);
    const asked = this.claims.get(id);
    if (asked) return (await asked) !== undefined;
    const claim = this.storage.lock(id);
    this.claims.set(id, claim);
    const isMine = (await claim) !== undefined;
    if (isMine) this.storage.announce();
    else this.claims.delete(id);
    return isMine;
  }

  /** Release a run; resolves once other tabs can claim it. */
  async release(id: RunId): Promise<void> {
    const claim = this.claims.get(id);
    if (!claim) return this.releases.get(id);
    this.claims.delete(id);
    const releasing = claim.then((release) => release?.());
    this.releases.set(id, releasing);
    await releasing;
    if (this.releases.get(id) === releasing) this.releases.delete(id);
    this.storage.announce();
  }

  /** Add a new run; if it cannot be stored now, it is stored with its first checkpoint. */
  begin(record: RunRecord, curves: CurvesData = noCurves): Promise<void> {
    this.unstored.set(record.id, record);
    return this.next(() => this.change(record.id, (found) => found ?? record, curves));
  }

  /**
   * Save a checkpoint with the curves up to it. The new file is complete before the record refers to it, and the old file is
   * removed only after that. Of several waiting states, only the newest is written.
   */
  save(id: RunId, state: SavedState): Promise<void> {
    this.waiting.set(id, state);
    return this.next(async () => {
      const newest = this.waiting.get(id);
      this.waiting.delete(id);
      if (newest) await this.withRoom(() => this.write(id, newest));
    });
  }

  /** Change the record of a run, if it still exists. */
  async edit(id: RunId, change: (record: RunRecord) => RunRecord): Promise<void> {
    await this.next(() => this.change(id, (found) => found && change(found)));
  }

  /** Add an imported run. */
  async add(record: RunRecord, curves: CurvesData, bytes: Uint8Array<ArrayBuffer> | undefined): Promise<void> {
    await this.next(() =>
      this.withRoom(async () => {
        const file = bytes && fileName(record.id, record.progress.step);
        if (bytes && file) await this.storage.write(file, bytes);
        try {
          const checkpoint = bytes && file ? { file, bytes: bytes.length } : undefined;
          await this.storage.update(record.id, () => ({ ...record, checkpoint }), curves);
        } catch (error) {
          if (file) await this.storage.discard(file).catch(() => {});
          throw error;
        }
      }),
    );
    this.storage.announce();
  }

  /**
   * A run with its curves and checkpoint.
   * @throws Error if something is missing or unreadable
   */
  async read(id: RunId): Promise<OpenedRun> {
    // Another tab may replace the checkpoint just looked up with a newer one.
    for (let attempt = 0; ; attempt++) {
      const stored = (await this.storage.records()).get(id);
      if (stored === undefined) throw new Error(`The run ${id} is not in this browser. Choose one from the Runs view.`);
      const record = readRecord(stored, id);
      const [curves, bytes] = await Promise.all([
        this.storage.curves(id),
        record.checkpoint ? this.storage.read(record.checkpoint.file) : undefined,
      ]);
      if (record.checkpoint && bytes?.length !== record.checkpoint.bytes) {
        if (attempt < 2) continue;
        throw new Error(
          `The checkpoint of “${record.name}” is ${bytes ? `damaged (${bytes.length} of ${record.checkpoint.bytes} bytes)` : 'missing from the storage of this browser'}. Its settings can be used for a new run; other runs are not affected.`,
        );
      }
      return {
        record,
        curves: parseCurves(curves ?? noCurves, `The run “${record.name}” cannot be read: curves`),
        bytes,
      };
    }
  }

  /** The curves only. */
  async curves(id: RunId): Promise<CurvesData> {
    return parseCurves((await this.storage.curves(id)) ?? noCurves, 'curves');
  }

  /** Remove permanently. */
  async remove(id: RunId): Promise<void> {
    await this.next(() => this.erase(id));
    this.storage.announce();
  }

  space = (): Promise<Space | undefined> => this.storage.space();
  persist = (): Promise<boolean> => this.storage.persist();

  /** One write at a time. */
  private next<T>(work: () => Promise<T>): Promise<T> {
    const result = this.tail.then(work);
    this.tail = result.catch(() => {});
    return result;
  }

  private async change(
    id: RunId,
    change: (found: RunRecord | undefined) => RunRecord | undefined,
    curves?: CurvesData,
  ) {
    await this.storage.update(
      id,
      (found) => change(found === undefined ? this.unstored.get(id) : readRecord(found, id)),
      curves,
    );
    this.unstored.delete(id);
    this.storage.announce();
  }

  private async write(id: RunId, { bytes, progress, curves, suspicions = [] }: SavedState): Promise<void> {
    const file = fileName(id, progress.step);
    let before: string | undefined;
    let isKept = false;
    try {
      await this.storage.write(file, bytes);
      await this.change(
        id,
        (found) => {
          if (!found) return undefined;
          before = found.checkpoint?.file;
          isKept = true;
          const checkpoint = { file, bytes: bytes.length };
          return { ...found, progress, checkpoint, suspicions, validated: validatedOf(curves), saved: Date.now() };
        },
        curves,
      );
    } catch (error) {
      await this.storage.discard(file).catch(() => {});
      const record = this.unstored.get(id);
      if (record) this.unstored.set(id, { ...record, progress, validated: validatedOf(curves) });
      throw error;
    }
    // If the run was removed meanwhile, the new file is the useless one.
    const useless = isKept ? before : file;
    if (useless !== undefined) await this.storage.discard(useless).catch(() => {});
  }

  /** On a full disk, empty the bin and retry. */
  private async withRoom(work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isFull(error) || (await this.emptyBin(Number.POSITIVE_INFINITY)) === 0) throw error;
      await work();
    }
  }

  private async erase(id: RunId): Promise<void> {
    this.unstored.delete(id);
    await this.storage.remove(id);
    for (const { name } of await this.storage.files()) if (ownerOf(name) === id) await this.storage.discard(name);
  }

  /** Remove runs put into the bin before `before`. Returns their number. */
  private async emptyBin(before: number): Promise<number> {
    let removed = 0;
    const elsewhere = await this.elsewhere();
    for (const { id, record } of await this.entries())
      if (record?.deleted !== undefined && record.deleted < before && !elsewhere.has(id)) {
        await this.erase(id);
        removed++;
      }
    return removed;
  }

  private async tidy(): Promise<void> {
    await this.emptyBin(Date.now() - BIN);
    const entries = await this.entries();
    // Files of unreadable runs stay: another version of the page may read them.
    const unreadable = new Set(entries.flatMap(({ id, record }) => (record ? [] : [id])));
    const named = new Set(entries.map(({ record }) => record?.checkpoint?.file));
    for (const { name, modified } of await this.storage.files())
      if (!named.has(name) && !unreadable.has(ownerOf(name)) && modified < Date.now() - ORPHAN)
        await this.storage.discard(name);
  }

  private async takeOverFormer(): Promise<void> {
    const former = await this.storage.former();
    if (former === undefined) return;
    let parsed: v.InferOutput<typeof formerSchema>;
    try {
      parsed = parseWith(formerSchema, former, 'the last run of an earlier version');
    } catch {
      // It is listed as unreadable and can be deleted.
      await this.storage.update('last-run', () => former);
      return this.storage.forgetFormer();
    }
    const { bytes, config, progress, noise, files, saved } = parsed;
    const preset = nearestPreset(config);
    const record: RunRecord = {
      id: `former-${Math.round(saved)}`,
      name: automaticName(config, preset),
      preset,
      config,
      noise,
      files,
      created: saved,
      saved,
      state: progress.step === progress.steps ? 'finished' : 'stopped',
      progress,
      validated: undefined,
      checkpoint: undefined,
      deleted: undefined,
    };
    await this.add(record, noCurves, bytes);
    await this.storage.forgetFormer();
  }
}

/** Each checkpoint gets a new file name: the previous file stays intact until the record refers to the new one. */
const fileName = (id: RunId, step: number) => `${id}.${step}-${Date.now().toString(36)}.safetensors`;
const ownerOf = (file: string): RunId => file.split('.')[0] ?? '';

/** A record, under its own id. */
function readRecord(stored: unknown, id: RunId): RunRecord {
  const record = parseRecord(stored, `run ${id}`);
  if (record.id !== id) throw new Error(`run ${id}: id: found '${record.id}' (expected '${id}')`);
  return record;
}
