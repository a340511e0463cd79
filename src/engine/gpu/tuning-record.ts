// What is stored about an adapter's kernels: the chosen variants, and those that lost the device, by kernel version.
import * as v from 'valibot';
import type { ContestKey } from './contests.ts';

/** Where the record of an adapter is stored between visits. */
export interface TuningMemory {
  recall(adapter: string): Promise<unknown>;
  keep(adapter: string, record: unknown): Promise<void>;
}

const entrySchema = v.object({ version: v.string(), choice: v.optional(v.string()), lost: v.array(v.string()) });
/** One contest. `lost` includes the candidate under trial, in case nothing can be written afterwards. */
interface Entry {
  readonly version: string;
  choice?: string | undefined;
  lost: string[];
}

export class TuningRecord {
  private constructor(
    private readonly memory: TuningMemory,
    private readonly adapter: string,
    private readonly entries: ReadonlyMap<ContestKey, Entry>,
  ) {}

  /** Load the record of an adapter. Entries for other kernel versions and unreadable entries are dropped. */
  static async recall(
    memory: TuningMemory,
    adapter: string,
    versions: ReadonlyMap<ContestKey, string>,
  ): Promise<TuningRecord> {
    const found = await memory.recall(adapter).catch(() => undefined);
    const of = (key: ContestKey): unknown =>
      typeof found === 'object' && found !== null ? Reflect.get(found, key) : undefined;
    const entries = [...versions].map(([key, version]): [ContestKey, Entry] => {
      const parsed = v.safeParse(entrySchema, of(key));
      return [key, parsed.success && parsed.output.version === version ? parsed.output : { version, lost: [] }];
    });
    return new TuningRecord(memory, adapter, new Map(entries));
  }

  choice(key: ContestKey): string | undefined {
    return this.entries.get(key)?.choice;
  }

  isLost(key: ContestKey, candidate: string): boolean {
    return this.entries.get(key)?.lost.includes(candidate) ?? false;
  }

  /** Every candidate that lost the device, with its contest. */
  get lost(): readonly string[] {
    return [...this.entries].flatMap(([key, { lost }]) => lost.map((candidate) => `${candidate} (${key})`));
  }

  /** Store the candidate before it is tried: if the device is lost, the next visit excludes it. */
  async begin(key: ContestKey, candidate: string): Promise<void> {
    this.entries.get(key)?.lost.push(candidate);
    await this.save();
  }

  /** Record that the candidate did not lose the device. */
  survived(key: ContestKey, candidate: string): void {
    const entry = this.entries.get(key);
    if (entry) entry.lost = entry.lost.filter((name) => name !== candidate);
  }

  async choose(key: ContestKey, candidate: string): Promise<void> {
    const entry = this.entries.get(key);
    if (entry) entry.choice = candidate;
    await this.save();
  }

  /** Without storage (a private window, a read-only disk) the next visit measures again. */
  async save(): Promise<void> {
    await this.memory.keep(this.adapter, Object.fromEntries(this.entries)).catch(() => {});
  }
}
