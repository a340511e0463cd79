// A program: dispatches recorded once, their buffers planned by lifetime, then replayed without allocating.
import { bytesOf, type DType, elements, type Shape, type Storage, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { type Kernel, type Params, pipelineOf, sizeValues } from './kernel.ts';
import { Profile } from './profile.ts';
import { type SizeSlice, SizeSlices } from './sizes.ts';

export type Workgroups = readonly [x: number, y?: number, z?: number];

interface Dispatch {
  readonly section: string;
  readonly kernel: Kernel;
  readonly params: Params;
  readonly tensors: readonly Tensor[];
  /** Where its sizes are in the program's uniform buffer; undefined if its kernel has none, or they are immediates. */
  readonly sizes: SizeSlice | undefined;
  /** Its sizes, if they are immediates. */
  readonly immediates: Uint32Array<ArrayBuffer> | undefined;
  readonly workgroups: readonly [number, number, number];
}

/** A dispatch, without where its sizes are. */
export type RecordedDispatch = Omit<Dispatch, 'sizes' | 'immediates'>;

interface Ready {
  readonly dispatch: Dispatch;
  readonly pipeline: GPUComputePipeline;
  readonly bindGroup: GPUBindGroup;
  readonly workgroups: readonly [number, number, number];
}

/** The cost of a plan, before anything is allocated. */
export interface Plan {
  readonly dispatches: number;
  /** Bytes of the planned transient buffers and of the sizes. */
  readonly bytes: number;
  /** Bytes needed if no two tensors shared a buffer. */
  readonly unshared: number;
  readonly buffers: number;
  /** The part of `bytes` taken by the uniform buffer that holds the dispatches' sizes. */
  readonly sizes: number;
}

interface Slot {
  bytes: number;
  freeAfter: number;
  readonly members: Storage[];
}

const ALIGNMENT = 256;

/**
 * Spread `count` workgroups over two dimensions when one is too small.
 * Kernels compute their index as `wg.x + wg.y * groups.x` and return when it is out of range.
 */
export function grid(count: number, limit = 65535): [number, number] {
  if (count <= limit) return [count, 1];
  const y = Math.ceil(count / limit);
  return [Math.ceil(count / y), y];
}

export class Program {
  private readonly dispatches: Dispatch[] = [];
  private readonly transient = new Set<Storage>();
  private readonly kept = new Set<Storage>();
  private readonly constants: { readonly storage: Storage; readonly data: Float32Array<ArrayBuffer> }[] = [];
  private readonly sizes = new SizeSlices();
  private current = 'main';
  private readonly ready = new Map<string, Ready[]>();
  /** The sections once started, each until its dispatches can be replayed. */
  private coming: Map<string, Promise<void>> | undefined;
  private buffers: GPUBuffer[] = [];

  constructor(
    readonly gpu: Gpu,
    readonly label: string,
  ) {}

  /** A tensor that lives from its first to its last use in this program; its buffer may be shared with others. */
  tensor(label: string, shape: Shape, dtype: DType = 'f32'): Tensor {
    const storage: Storage = { label, bytes: Math.max(16, elements(shape) * 4), buffer: undefined };
    this.transient.add(storage);
    return { label, shape, dtype, storage, offset: 0 };
  }

  /** A tensor of constant numbers, which gets no gradient. */
  constant(label: string, shape: Shape, data: Float32Array<ArrayBuffer>): Tensor {
    const storage: Storage = { label, bytes: Math.max(16, data.byteLength), buffer: undefined };
    this.constants.push({ storage, data });
    return { label, shape, dtype: 'f32', storage, offset: 0, constant: true };
  }

  /** Keep `tensor` alive through the whole program, so that it can be read after a replay. */
  keep(tensor: Tensor): Tensor {
    this.kept.add(tensor.storage);
    return tensor;
  }

  /** Assign the dispatches recorded from now on to section `name`, which can be replayed by that name. */
  section(name: string): void {
    this.current = name;
  }

  get currentSection(): string {
    return this.current;
  }

  /** Record one dispatch. `tensors` are keyed by the kernel's binding names. */
  dispatch(kernel: Kernel, tensors: Readonly<Record<string, Tensor>>, params: Params, workgroups: Workgroups): void {
    if (this.coming) throw new Error(`program ${this.label}: recorded after it was finished`);
    const bound = [...kernel.reads, ...kernel.writes].map((name) => {
      const tensor = tensors[name];
      if (!tensor) throw new Error(`kernel ${kernel.name}: nothing is bound to '${name}'`);
      return tensor;
    });
    const values = sizeValues(kernel, params, this.gpu.isPlanning);
    const { immediates } = this.gpu;
    const [x, y = 1, z = 1] = workgroups;
    if (x === 0 || y === 0 || z === 0) return;
    this.dispatches.push({
      section: this.current,
      kernel,
      params,
      tensors: bound,
      sizes: immediates ? undefined : this.sizes.sliceOf(values),
      immediates: immediates && values.length > 0 ? new Uint32Array(values) : undefined,
      workgroups: [x, y, z],
    });
  }

  /** Number of dispatches by section. */
  counts(): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { section } of this.dispatches) counts[section] = (counts[section] ?? 0) + 1;
    return counts;
  }

  /** Every dispatch as it was recorded, for computing its cost. */
  get recorded(): readonly RecordedDispatch[] {
    return this.dispatches;
  }

  /** Assign every transient tensor a slot: two tensors share one if their lifetimes do not overlap. */
  private layOut(): Slot[] {
    const lives = new Map<Storage, { first: number; last: number }>();
    this.dispatches.forEach(({ tensors }, i) => {
      for (const { storage } of tensors) {
        if (!this.transient.has(storage)) continue;
        const life = lives.get(storage);
        if (life) life.last = i;
        else lives.set(storage, { first: i, last: i });
      }
    });
    for (const storage of this.kept) {
      const life = lives.get(storage);
      if (life) {
        life.first = -1;
        life.last = Number.POSITIVE_INFINITY;
      }
    }
    const slots: Slot[] = [];
    for (const [storage, { first, last }] of [...lives].sort((a, b) => a[1].first - b[1].first)) {
      // Best fit: the smallest free slot that is large enough, else the largest free one, grown.
      let best: Slot | undefined;
      for (const slot of slots) {
        if (slot.freeAfter >= first) continue;
        if (!best) best = slot;
        else if (
          slot.bytes >= storage.bytes
            ? best.bytes < storage.bytes || slot.bytes < best.bytes
            : best.bytes < storage.bytes && slot.bytes > best.bytes
        )
          best = slot;
      }
      if (!best) {
        best = { bytes: 0, freeAfter: -1, members: [] };
        slots.push(best);
      }
      best.bytes = Math.max(best.bytes, Math.ceil(storage.bytes / ALIGNMENT) * ALIGNMENT);
      best.freeAfter = last;
      best.members.push(storage);
    }
    return slots;
  }

  /** What this program will allocate. Nothing is allocated yet. */
  plan(): Plan {
    const slots = this.layOut();
    const sizes = this.sizes.bytes;
    return {
      dispatches: this.dispatches.length,
      bytes: slots.reduce((sum, slot) => sum + slot.bytes, sizes),
      unshared: slots.reduce((sum, slot) => sum + slot.members.reduce((s, member) => s + member.bytes, 0), sizes),
      buffers: slots.length,
      sizes,
    };
  }

  /**
   * Allocate the planned buffers and create every pipeline and bind group. After this, `replay` creates nothing.
   * @throws Error naming the kernel if its WGSL or bindings are invalid; RangeError if there is not enough memory
   */
  async finish(): Promise<this> {
    await this.start();
    try {
      await this.until();
    } catch (error) {
      this.release();
      throw error;
    }
    return this;
  }

  /**
   * Like `finish`, but resolves as soon as the buffers are allocated: the pipelines are created in the order of their
   * dispatches, and a section can be replayed after `until`.
   * @throws RangeError if there is not enough memory
   */
  async start(): Promise<this> {
    const { gpu } = this;
    const slots = this.layOut();
    const allocated = gpu.guarded(`program ${this.label}`, () => this.allocate(slots));
    const pipelines = this.dispatches.map(({ kernel, params }) => pipelineOf(gpu, kernel, params));
    this.coming = new Map();
    for (const { section } of this.dispatches)
      if (!this.coming.has(section)) this.coming.set(section, this.bind(section, pipelines, allocated));
    // Avoid an unhandled rejection when nobody awaits a section yet.
    for (const section of this.coming.values()) section.catch(() => {});
    try {
      await allocated;
    } catch (error) {
      // Free what was allocated before the failure.
      this.release();
      throw error;
    }
    return this;
  }

  /** Whether these sections can be replayed. */
  canReplay(sections: readonly string[]): boolean {
    return sections.every((section) => this.ready.has(section) || !this.coming?.has(section));
  }

  /** Wait until the pipelines of these sections are created, by default of all. @throws Error as `finish` does */
  async until(sections: readonly string[] = [...(this.coming?.keys() ?? [])]): Promise<void> {
    await Promise.all(sections.map((section) => this.coming?.get(section)));
  }

  /** @returns the uniform buffer of the sizes */
  private allocate(slots: readonly Slot[]): GPUBuffer | undefined {
    const { gpu } = this;
    for (const slot of slots) {
      const label =
        slot.members.length === 1
          ? `${this.label}: ${slot.members[0]?.label}`
          : `${this.label}: shared by ${slot.members.length}`;
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const buffer = gpu.allocate(label, slot.bytes, usage);
      this.buffers.push(buffer);
      for (const member of slot.members) member.buffer = buffer;
    }
    for (const { storage, data } of this.constants) {
      const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST;
      storage.buffer = gpu.allocate(`${this.label}: ${storage.label}`, storage.bytes, usage);
      this.buffers.push(storage.buffer);
      gpu.device.queue.writeBuffer(storage.buffer, 0, data);
    }
    return this.allocateSizes();
  }

  /** Wait for the pipelines of a section, and bind its tensors. */
  private async bind(
    section: string,
    pipelines: readonly Promise<GPUComputePipeline>[],
    allocated: Promise<GPUBuffer | undefined>,
  ): Promise<void> {
    const { gpu } = this;
    const uniform = await allocated;
    const own = this.dispatches.flatMap((dispatch, i) => {
      const pipeline = pipelines[i];
      return dispatch.section === section && pipeline ? [{ dispatch, pipeline }] : [];
    });
    const created = await Promise.all(own.map(({ pipeline }) => pipeline));
    const list = await gpu.guarded(`program ${this.label}`, () =>
      own.map(({ dispatch }, i): Ready => {
        const { kernel, tensors, sizes, workgroups } = dispatch;
        const pipeline = created[i] as GPUComputePipeline;
        const bindings = tensors.map(bindingOf);
        tensors.forEach(({ label }, k) => {
          gpu.checkBinding(label, bindings[k]?.size ?? 0);
        });
        const bindGroup = gpu.device.createBindGroup({
          label: kernel.name,
          layout: pipeline.getBindGroupLayout(0),
          entries: [...bindings, ...(uniform && sizes ? [{ buffer: uniform, ...sizes }] : [])].map(
            (resource, binding) => ({ binding, resource }),
          ),
        });
        return { dispatch, pipeline, bindGroup, workgroups };
      }),
    );
    this.ready.set(section, list);
  }

  /** The filled uniform buffer of the dispatches' sizes; undefined if there are none. */
  private allocateSizes(): GPUBuffer | undefined {
    const { gpu, sizes } = this;
    if (sizes.bytes === 0) return undefined;
    const usage = GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST;
    const buffer = gpu.allocate(`${this.label}: sizes`, sizes.bytes, usage);
    this.buffers.push(buffer);
    gpu.device.queue.writeBuffer(buffer, 0, sizes.data);
    return buffer;
  }

  /** Encode the dispatches of the named sections, in order, as one compute pass. */
  replay(encoder: GPUCommandEncoder, ...sections: readonly string[]): void {
    this.replayPart(encoder, 0, 1, sections);
  }

  /** Encode one of `parts` parts of the named sections; all of them in order make up a replay. */
  replayPart(encoder: GPUCommandEncoder, part: number, parts: number, sections: readonly string[]): void {
    const { ready } = this;
    if (!this.coming || !this.canReplay(sections))
      throw new Error(`program ${this.label}: replayed before it was finished`);
    const all = sections.reduce((sum, section) => sum + (ready.get(section)?.length ?? 0), 0);
    const [first, end] = [Math.floor((all * part) / parts), Math.floor((all * (part + 1)) / parts)];
    if (parts > 1 && first === end) return;
    const profile = Profile.of(this.gpu);
    const pass = profile?.timed ? undefined : encoder.beginComputePass({ label: sections.join(' ') });
    let at = 0;
    for (const section of sections) {
      for (const entry of ready.get(section) ?? []) {
        const inside = at >= first && at < end;
        at++;
        if (!inside) continue;
        const { dispatch, pipeline, bindGroup, workgroups } = entry;
        const timestampWrites = profile?.note(this.label, dispatch);
        // Timestamps exist only per pass, so a timed dispatch gets its own.
        const own =
          pass ??
          encoder.beginComputePass({ label: dispatch.kernel.name, ...(timestampWrites && { timestampWrites }) });
        own.setPipeline(pipeline);
        own.setBindGroup(0, bindGroup);
        if (dispatch.immediates) own.setImmediates(0, dispatch.immediates);
        own.dispatchWorkgroups(workgroups[0], workgroups[1], workgroups[2]);
        if (!pass) own.end();
      }
    }
    pass?.end();
  }

  /** Release the planned buffers. */
  release(): void {
    for (const buffer of this.buffers) this.gpu.release(buffer);
    this.buffers = [];
    for (const storage of this.transient) storage.buffer = undefined;
    for (const { storage } of this.constants) storage.buffer = undefined;
  }
}

function bindingOf(tensor: Tensor): GPUBufferBinding {
  const { buffer } = tensor.storage;
  if (!buffer) throw new Error(`tensor '${tensor.label}' has no buffer`);
  return { buffer, offset: tensor.offset, size: Math.max(16, Math.ceil(bytesOf(tensor) / 16) * 16) };
}
