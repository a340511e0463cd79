// One WebGPU device with the adapter's full limits, the facts about it, and the only place that creates buffers.
import { AdapterError, DeviceLostError } from '../../errors.ts';
import type { Storage } from '../tensor.ts';
import type { AdapterFacts } from './facts.ts';
import { defaultTuning, type Tuning, type TuningSource } from './tuning.ts';
import { Waiting } from './waiting.ts';

export type { AdapterFacts } from './facts.ts';

/** Everything an adapter reports about itself, used or not. */
export interface AdapterOffer {
  readonly info: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Limits raised from WebGPU's defaults to what the adapter supports. */
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupsPerDimension',
] as const;

const wantedFeatures = ['timestamp-query', 'subgroups', 'shader-f16'] as const;

/** The named values of a WebGPU object, whose attributes are on its prototype. */
function valuesOf(object: object): [name: string, value: unknown][] {
  const names = new Set<string>();
  for (const name in object) names.add(name);
  return [...names].map((name): [string, unknown] => [name, Reflect.get(object, name)]);
}

/** `GPUAdapter.info` is newer than WebGPU: before Chrome 127 there is a method instead, and no adapter has to have either. */
interface EarlierAdapter {
  readonly info?: GPUAdapterInfo;
  requestAdapterInfo?(): Promise<GPUAdapterInfo>;
  readonly isFallbackAdapter?: boolean;
}

type Info = Partial<GPUAdapterInfo>;

async function infoOf(adapter: EarlierAdapter): Promise<Info> {
  if (adapter.info) return adapter.info;
  // Names are optional: an adapter that refuses them computes all the same.
  const info: Info = (await adapter.requestAdapterInfo?.().catch(() => undefined)) ?? {};
  const { vendor = '', architecture = '', device = '', description = '' } = info;
  return { vendor, architecture, device, description, isFallbackAdapter: adapter.isFallbackAdapter === true };
}

function offerOf(adapter: GPUAdapter, reported: Info): AdapterOffer {
  const limits = valuesOf(adapter.limits).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const info = valuesOf(reported).flatMap(([name, value]): [string, string][] =>
    ['string', 'number', 'boolean'].includes(typeof value) && value !== '' ? [[name, String(value)]] : [],
  );
  return {
    info: Object.fromEntries(info),
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(limits),
  };
}

/** A request that exceeds the adapter's limits: a buffer, or the binding of a tensor. */
export interface Refusal {
  readonly label: string;
  readonly bytes: number;
  readonly limit: number;
  readonly limitName: 'maxBufferSize' | 'maxStorageBufferBindingSize';
}

/** Whether WGSL and device pass at least 64 bytes of immediates, more than any kernel's sizes. */
function hasImmediates({ wgslLanguageFeatures }: GPU, { limits }: GPUDevice): boolean {
  return (
    (wgslLanguageFeatures?.has('immediate_address_space') ?? false) &&
    limits.maxImmediateSize >= 64 &&
    'setImmediates' in GPUComputePassEncoder.prototype
  );
}

/** A device, its facts, and a count of the bytes allocated on it. */
export class Gpu {
  /** Bytes of the buffers currently allocated. */
  bytes = 0;
  /** The maximum `bytes` has reached. */
  peakBytes = 0;
  private failure: Error | undefined;
  private readonly watchers = new Set<(reason: Error) => void>();
  /** The kernels' variants. Set it before anything is recorded. */
  tuning: Tuning;
  /** Where `tuning` came from. */
  tuningSource: TuningSource = 'facts';
  /** Descriptions of the variants excluded because the device was lost when they were tried. */
  lostVariants: readonly string[] = [];
  /**
   * Time the variants again on a separate device, and use the fastest for everything recorded afterwards; undefined where
   * the facts determine the variants.
   */
  retune: ((isStopped: () => boolean) => Promise<void>) | undefined;
  /**
   * Whether sizes are passed as immediates, without a uniform buffer: `hasImmediates` of the adapter. Set it before anything
   * is recorded.
   */
  immediates = false;
  readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();
  /** How this device's promises are awaited. */
  readonly waiting: Waiting;

  protected constructor(
    readonly device: GPUDevice,
    readonly facts: AdapterFacts,
    readonly offer: AdapterOffer,
  ) {
    this.waiting = new Waiting(device);
    this.tuning = defaultTuning(facts, Number(offer.info['subgroupMaxSize']) || undefined);
    device.lost.then((info) => {
      this.fail(new DeviceLostError(`GPU device lost: ${info.message || info.reason || 'no reason given'}`));
    });
    device.onuncapturederror = (event) => this.fail(new Error(`WebGPU: ${event.error.message}`));
  }

  /**
   * Open the adapter.
   * @throws AdapterError if there is no WebGPU, no adapter, or no device
   */
  static async open(gpu: GPU | undefined): Promise<Gpu> {
    if (!gpu) throw new AdapterError('no-webgpu', 'adapter: this environment has no WebGPU (expected navigator.gpu)');
    const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
    if (!adapter)
      throw new AdapterError('no-adapter', 'adapter: WebGPU offers no adapter (expected a GPU or a software adapter)');
    const requiredLimits: Record<string, number> = {};
    for (const name of wantedLimits) requiredLimits[name] = adapter.limits[name];
    const requiredFeatures = wantedFeatures.filter((feature) => adapter.features.has(feature));
    let device: GPUDevice;
    try {
      device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
    } catch (error) {
      throw new AdapterError(
        'no-device',
        `adapter: ${error instanceof Error ? error.message : String(error)} (expected a device)`,
      );
    }
    const info = await infoOf(adapter);
    const { vendor = '', architecture = '', description = '' } = info;
    const name = `${vendor} ${architecture} ${description}`.toLowerCase();
    const facts: AdapterFacts = {
      vendor,
      architecture,
      description: description || (info.device ?? ''),
      software: info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software/.test(name),
      features: [...device.features].sort(),
      limits: Object.fromEntries(wantedLimits.map((limit) => [limit, device.limits[limit]])),
    };
    const opened = new Gpu(device, facts, offerOf(adapter, info));
    opened.immediates = hasImmediates(gpu, device);
    await opened.waiting.measure();
    return opened;
  }

  /** A view of this device that records with other kernel variants; bytes are still counted here. */
  withTuning(tuning: Tuning): Gpu {
    return Object.create(this, {
      tuning: { value: tuning },
      allocate: { value: this.allocate.bind(this) },
      release: { value: this.release.bind(this) },
    });
  }

  /** One line that identifies the adapter. */
  get name(): string {
    const { vendor, architecture, description, software } = this.facts;
    const parts = [vendor, architecture, description].filter((part, i, all) => part && all.indexOf(part) === i);
    return `${parts.join(' ') || 'unnamed adapter'}${software ? ' (software)' : ''}`;
  }

  private fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    for (const watch of this.watchers) watch(error);
    // Dropping the reference keeps the device's memory until garbage collection, so destroy it. Not inside its own
    // callback, though: Dawn holds its lock while it reports an error.
    setTimeout(() => this.device.destroy());
  }

  /** @throws the first error the device reported, if there was one */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** Call `watch` when the device fails, just before it is destroyed; returns a function that unsubscribes. */
  onFailure(watch: (reason: Error) => void): () => void {
    this.watchers.add(watch);
    return () => this.watchers.delete(watch);
  }

  /** Create a buffer and count its bytes. Call inside `guarded`. */
  allocate(label: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const limit = this.device.limits.maxBufferSize;
    if (size > limit) this.tooLarge({ label, bytes: size, limit, limitName: 'maxBufferSize' });
    const buffer = this.device.createBuffer({ label, size, usage });
    this.bytes += size;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    return buffer;
  }

  /** True for a device that allocates and runs nothing: see `PlanningGpu`. */
  get isPlanning(): boolean {
    return false;
  }

  /** Check the size of a binding before the device refuses it without naming the tensor. */
  checkBinding(label: string, bytes: number): void {
    const limit = this.device.limits.maxStorageBufferBindingSize;
    if (bytes > limit) this.tooLarge({ label, bytes, limit, limitName: 'maxStorageBufferBindingSize' });
  }

  /** Reject what exceeds the adapter's limits. */
  protected tooLarge({ label, bytes, limit, limitName }: Refusal): void {
    const what = limitName === 'maxBufferSize' ? 'buffer' : 'tensor';
    throw new RangeError(
      `${what} '${label}': ${bytes} bytes (expected at most ${limit}, the adapter's ${limitName}; use a smaller model, batch or segment)`,
    );
  }

  /** Destroy a buffer and stop counting its bytes. */
  release(buffer: GPUBuffer | undefined): void {
    if (!buffer) return;
    this.bytes -= buffer.size;
    buffer.destroy();
  }

  /** Storage that lives until it is released: parameters, memory, inputs and results. */
  storage(label: string, bytes: number): Storage {
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return { label, bytes, buffer: this.allocate(label, bytes, usage) };
  }

  /**
   * Run `make` inside error scopes, so that validation errors and out-of-memory errors are thrown here and not lost.
   * `make` must be synchronous: the device has one stack of scopes, and other callers would interleave with it.
   */
  async guarded<T>(what: string, make: () => T): Promise<T> {
    this.check();
    const { device } = this;
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('validation');
    let result: T;
    let thrown: unknown;
    try {
      result = make();
    } catch (error) {
      thrown = error;
    }
    const [validation, memory] = await Promise.all([device.popErrorScope(), device.popErrorScope()]);
    if (memory)
      throw new RangeError(
        `${what}: the GPU is out of memory (${memory.message}); use a smaller model, batch or segment`,
      );
    if (validation) throw new Error(`${what}: ${validation.message}`);
    if (thrown !== undefined) throw thrown;
    this.check();
    // biome-ignore lint/style/noNonNullAssertion: assigned unless `make` threw, which was rethrown above
    return result!;
  }

  destroy(): void {
    this.device.destroy();
  }
}
