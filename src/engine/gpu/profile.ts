// What a device's replays consist of, kernel by kernel: how often, how many bytes are bound, and where asked how long it takes.
import { bytesOf, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import type { Kernel, Params } from './kernel.ts';

/** A recorded dispatch, as a program hands it over. */
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
  /** Bytes of everything bound, each binding once a dispatch: what must move at least, if nothing stays in a cache. */
  readonly bytes: number;
  /** Time between the timestamps around the dispatches; undefined where only counting was asked for. */
  readonly nanoseconds: number | undefined;
}

export interface ProfileOptions {
  /** Put every dispatch into a pass of its own with timestamps around it. Needs the feature `timestamp-query`. */
  readonly timed: boolean;
  /** Bytes that a dispatch really touches of a binding, where it is fewer than the whole (a table of which few rows are read). */
  readonly touched?: (tensor: Tensor) => number;
}

/** WebGPU allows no more in one set; two for each dispatch. */
const QUERIES = 4096;

const active = new WeakMap<Gpu, Profile>();

interface Sum {
  readonly use: Omit<KernelUse, 'dispatches' | 'nanoseconds'>;
  dispatches: number;
  bytes: number;
  nanoseconds: number;
}

/** Watches every replay on a device from `start` to `stop`; one at a time. */
export class Profile {
  private readonly sums = new Map<string, Sum>();
  private readonly sets: GPUQuerySet[] = [];
  /** For each pair of queries, whose time it is. */
  private readonly owners: Sum[] = [];

  private constructor(
    private readonly gpu: Gpu,
    private readonly options: ProfileOptions,
  ) {}

  /** The profile that is on, if one is. */
  static of(gpu: Gpu): Profile | undefined {
    return active.get(gpu);
  }

  /** Whether the adapter can time dispatches. */
  static canTime(gpu: Gpu): boolean {
    return gpu.device.features.has('timestamp-query');
  }

  /** @throws Error if one is on already, or timestamps are asked for where there are none */
  static start(gpu: Gpu, options: ProfileOptions): Profile {
    if (active.has(gpu)) throw new Error('profile: one is on already');
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
   * Take note of a dispatch that is being encoded.
   * @returns where its pass is to write its timestamps, if it is timed
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

  /** Stop watching, and wait for what was encoded: it must have been submitted. */
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

  /** Add up one set's times. */
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
      await readable.mapAsync(GPUMapMode.READ);
      const times = new BigUint64Array(readable.getMappedRange(0, bytes));
      owners.forEach((sum, i) => {
        const [begin = 0n, end = 0n] = [times[2 * i], times[2 * i + 1]];
        // Clocks may be reset between two timestamps: such a dispatch is told as nothing rather than as centuries.
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
