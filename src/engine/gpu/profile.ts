// A profile of a device's replays by kernel: dispatch counts, bytes bound and, on request, time.
import { bytesOf, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import type { Kernel, Params } from './kernel.ts';

/** A recorded dispatch, as reported by a program. */
export interface Observed {
  readonly section: string;
  readonly kernel: Kernel;
  readonly params: Params;
  readonly tensors: readonly Tensor[];
}

/** All dispatches of one specialised kernel in one section of a program. */
export interface KernelUse {
  readonly kernel: string;
  readonly program: string;
  readonly section: string;
  readonly params: Params;
  readonly dispatches: number;
  /**
   * Bytes of everything bound, counting each binding once per dispatch: a lower bound on memory traffic without caches.
   */
  readonly bytes: number;
  /** Time between the timestamps around the dispatches; undefined if only counting was requested. */
  readonly nanoseconds: number | undefined;
}

export interface ProfileOptions {
  /** Put every dispatch into its own pass with timestamps around it. Needs the feature `timestamp-query`. */
  readonly timed: boolean;
  /**
   * Bytes of a binding that a dispatch actually accesses, if fewer than all (a table of which few rows are read).
   */
  readonly touched?: (tensor: Tensor) => number;
}

/** WebGPU's limit for one set; each dispatch takes two. */
const QUERIES = 4096;

const active = new WeakMap<Gpu, Profile>();

interface Sum {
  readonly use: Omit<KernelUse, 'dispatches' | 'nanoseconds'>;
  dispatches: number;
  bytes: number;
  nanoseconds: number;
}

/** Watches every replay on a device from `start` to `stop`; one profile at a time. */
export class Profile {
  private readonly sums = new Map<string, Sum>();
  private readonly sets: GPUQuerySet[] = [];
  /** The kernel sum that each pair of queries belongs to. */
  private readonly owners: Sum[] = [];

  private constructor(
    private readonly gpu: Gpu,
    private readonly options: ProfileOptions,
  ) {}

  /** The active profile, if there is one. */
  static of(gpu: Gpu): Profile | undefined {
    return active.get(gpu);
  }

  /** Whether the adapter can time dispatches. */
  static canTime(gpu: Gpu): boolean {
    return gpu.device.features.has('timestamp-query');
  }

  /** @throws Error if a profile is already active, or the adapter has no timestamps */
  static start(gpu: Gpu, options: ProfileOptions): Profile {
    if (active.has(gpu)) throw new Error('profile: already active, expected one at a time');
    if (options.timed && !Profile.canTime(gpu))
      throw new Error(`profile: ${gpu.name} has no 'timestamp-query' (expected the feature)`);
    const profile = new Profile(gpu, options);
    active.set(gpu, profile);
    return profile;
  }

  get timed(): boolean {
    return this.options.timed;
  }

  /**
   * Count a dispatch that is being encoded.
   * @returns where its pass writes its timestamps, if it is timed
   */
  note(program: string, { section, kernel, params, tensors }: Observed): GPUComputePassTimestampWrites | undefined {
    const key = `${program} ${section} ${kernel.name} ${JSON.stringify(params)}`;
    let sum = this.sums.get(key);
    if (!sum) {
      sum = {
        use: { kernel: kernel.name, program, section, params, bytes: 0 },
        dispatches: 0,
        bytes: 0,
        nanoseconds: 0,
      };
      this.sums.set(key, sum);
    }
    const { touched = bytesOf } = this.options;
    sum.dispatches++;
    sum.bytes += tensors.reduce((bytes, tensor) => bytes + touched(tensor), 0);
    if (!this.timed) return undefined;
    const index = (2 * this.owners.length) % QUERIES;
    if (index === 0)
      this.sets.push(this.gpu.device.createQuerySet({ label: 'profile', type: 'timestamp', count: QUERIES }));
    this.owners.push(sum);
    const querySet = this.sets.at(-1) as GPUQuerySet;
    return { querySet, beginningOfPassWriteIndex: index, endOfPassWriteIndex: index + 1 };
  }

  /** Stop watching and wait for the encoded commands, which must have been submitted. */
  async stop(): Promise<KernelUse[]> {
    active.delete(this.gpu);
    try {
      for (const [i, set] of this.sets.entries()) await this.collect(set, i * (QUERIES / 2));
    } finally {
      for (const set of this.sets) set.destroy();
    }
    return [...this.sums.values()].map(({ use, dispatches, bytes, nanoseconds }) => ({
      ...use,
      dispatches,
      bytes,
      nanoseconds: this.timed ? nanoseconds : undefined,
    }));
  }

  /** Add up the times of one set. */
  private async collect(set: GPUQuerySet, first: number): Promise<void> {
    const { gpu } = this;
    const owners = this.owners.slice(first, first + QUERIES / 2);
    const bytes = owners.length * 16;
    const [resolved, readable] = await gpu.guarded('profile', () => [
      gpu.allocate('timestamps', bytes, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC),
      gpu.allocate('timestamps', bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST),
    ]);
    if (!resolved || !readable) return;
    const encoder = gpu.device.createCommandEncoder();
    encoder.resolveQuerySet(set, 0, owners.length * 2, resolved, 0);
    encoder.copyBufferToBuffer(resolved, 0, readable, 0, bytes);
    gpu.device.queue.submit([encoder.finish()]);
    try {
      await gpu.waiting.until(readable.mapAsync(GPUMapMode.READ));
      const times = new BigUint64Array(readable.getMappedRange(0, bytes));
      owners.forEach((sum, i) => {
        const [begin = 0n, end = 0n] = [times[2 * i], times[2 * i + 1]];
        // Clocks may be reset between two timestamps: such a dispatch counts as zero time instead of centuries.
        if (end > begin) sum.nanoseconds += Number(end - begin);
      });
      readable.unmap();
    } finally {
      gpu.release(resolved);
      gpu.release(readable);
    }
    gpu.check();
  }
}
