// One WebGPU device with the adapter's full limits, the facts about it, and the only place where buffers are made.
import { AdapterError, DeviceLostError } from '../../errors.ts';
import type { Storage } from '../tensor.ts';
import type { AdapterFacts } from './facts.ts';
import { defaultTuning, type Tuning, type TuningSource } from './tuning.ts';

export type { AdapterFacts } from './facts.ts';

/** All that an adapter says of itself, whether it is used or not. */
export interface AdapterOffer {
  readonly info: Readonly<Record<string, string>>;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** Limits worth raising from WebGPU's defaults to what the adapter has. */
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

/** The named values of one of WebGPU's objects, whose attributes stand on its prototype. */
function valuesOf(object: object): [name: string, value: unknown][] {
  const names = new Set<string>();
  for (const name in object) names.add(name);
  return [...names].map((name): [string, unknown] => [name, Reflect.get(object, name)]);
}

function offerOf(adapter: GPUAdapter): AdapterOffer {
  const limits = valuesOf(adapter.limits).filter((entry): entry is [string, number] => typeof entry[1] === 'number');
  const info = valuesOf(adapter.info).flatMap(([name, value]): [string, string][] =>
    ['string', 'number', 'boolean'].includes(typeof value) && value !== '' ? [[name, String(value)]] : [],
  );
  return {
    info: Object.fromEntries(info),
    features: [...adapter.features].sort(),
    limits: Object.fromEntries(limits),
  };
}

/** A device, its facts, and an account of the bytes allocated on it. */
export class Gpu {
  /** Bytes of the buffers alive now. */
  bytes = 0;
  /** The most `bytes` has been. */
  peakBytes = 0;
  private failure: Error | undefined;
  private readonly watchers = new Set<(reason: Error) => void>();
  /** The kernels' variants. Set it before anything is recorded. */
  tuning: Tuning;
  /** How `tuning` was come by. */
  tuningSource: TuningSource = 'facts';
  /** Variants that are left out because they lost the device when they were tried, in words. */
  lostVariants: readonly string[] = [];
  /** Time the variants again, on a device of their own, and use the winners for what is recorded from then on; absent where facts suffice. */
  retune: ((isStopped: () => boolean) => Promise<void>) | undefined;
  readonly pipelines = new Map<string, Promise<GPUComputePipeline>>();

  protected constructor(
    readonly device: GPUDevice,
    readonly facts: AdapterFacts,
    readonly offer: AdapterOffer,
  ) {
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
    const { info } = adapter;
    const name = `${info.vendor} ${info.architecture} ${info.description}`.toLowerCase();
    const facts: AdapterFacts = {
      vendor: info.vendor,
      architecture: info.architecture,
      description: info.description || info.device,
      software: info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|software/.test(name),
      features: [...device.features].sort(),
      limits: Object.fromEntries(wantedLimits.map((limit) => [limit, device.limits[limit]])),
    };
    return new Gpu(device, facts, offerOf(adapter));
  }

  /** The same device for what is recorded with other variants of the kernels; bytes are counted here. */
  withTuning(tuning: Tuning): Gpu {
    return Object.create(this, {
      tuning: { value: tuning },
      allocate: { value: this.allocate.bind(this) },
      release: { value: this.release.bind(this) },
    });
  }

  /** One line that names the adapter. */
  get name(): string {
    const { vendor, architecture, description, software } = this.facts;
    const parts = [vendor, architecture, description].filter((part, i, all) => part && all.indexOf(part) === i);
    return `${parts.join(' ') || 'unnamed adapter'}${software ? ' (software)' : ''}`;
  }

  private fail(error: Error): void {
    if (this.failure) return;
    this.failure = error;
    for (const watch of this.watchers) watch(error);
    // A device that is only forgotten keeps its memory until it is garbage collected. Not from within its own callback,
    // though: Dawn holds its lock while it reports an error.
    setTimeout(() => this.device.destroy());
  }

  /** @throws the first error the device reported, if it reported one */
  check(): void {
    if (this.failure) throw this.failure;
  }

  /** Call `watch` when the device fails, just before it is destroyed; returns how to stop. */
  onFailure(watch: (reason: Error) => void): () => void {
    this.watchers.add(watch);
    return () => this.watchers.delete(watch);
  }

  /** Make a buffer and count its bytes. Call inside `guarded`. */
  allocate(label: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer {
    const size = Math.max(16, Math.ceil(bytes / 16) * 16);
    const limit = this.device.limits.maxBufferSize;
    if (size > limit) this.tooLarge(label, size, limit);
    const buffer = this.device.createBuffer({ label, size, usage });
    this.bytes += size;
    this.peakBytes = Math.max(this.peakBytes, this.bytes);
    return buffer;
  }

  /** Nothing is ever run: see `PlanningGpu`. */
  get isPlanning(): boolean {
    return false;
  }

  /** A buffer is larger than the adapter takes. */
  protected tooLarge(label: string, bytes: number, limit: number): void {
    throw new RangeError(
      `buffer '${label}': ${bytes} bytes (expected at most ${limit}, the adapter's maxBufferSize; use a smaller model, batch or segment)`,
    );
  }

  /** Give a buffer back. */
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
   * Run `make` inside error scopes, so that validation errors and lack of memory are thrown here and not lost.
   * It must not wait for anything: the device has one stack of scopes, which others would come between.
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
