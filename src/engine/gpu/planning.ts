// A device that allocates nothing: requested allocations are counted, and those the adapter would refuse are recorded.
import { Gpu } from './adapter.ts';

/** A request that exceeds the adapter's limits. */
export interface Refusal {
  readonly label: string;
  readonly bytes: number;
  readonly limit: number;
  readonly limitName: 'maxBufferSize' | 'maxStorageBufferBindingSize';
}

const nothing = () => {};

/** A device with only the methods the engine needs to allocate and bind; nothing can run on it. */
function planningDevice(like: GPUDevice, refuse: (refusal: Refusal) => void): GPUDevice {
  const { limits, features } = like;
  const made = {
    limits,
    features,
    lost: new Promise<never>(nothing),
    queue: { writeBuffer: nothing },
    pushErrorScope: nothing,
    popErrorScope: async () => null,
    createBuffer: ({ label = '', size }: GPUBufferDescriptor) => ({ label, size, destroy: nothing }),
    createBindGroup({ entries }: GPUBindGroupDescriptor) {
      const limit = limits.maxStorageBufferBindingSize;
      for (const { resource } of entries) {
        const { buffer, size = 0 } = resource as GPUBufferBinding;
        if (size > limit) refuse({ label: buffer.label, bytes: size, limit, limitName: 'maxStorageBufferBindingSize' });
      }
      return {};
    },
    createBindGroupLayout: () => ({}),
    createPipelineLayout: () => ({}),
    createShaderModule: () => ({ getCompilationInfo: async () => ({ messages: [] }) }),
    createComputePipelineAsync: async () => ({ getBindGroupLayout: () => ({}) }),
  };
  return made as unknown as GPUDevice;
}

/**
 * Stands in for `like`: the same limits, facts and kernels, but no memory. It counts what would be allocated on the
 * real device.
 */
export class PlanningGpu extends Gpu {
  private readonly found: Map<string, Refusal>;

  constructor(like: Gpu) {
    const found = new Map<string, Refusal>();
    super(
      planningDevice(like.device, (refusal) => found.set(`${refusal.label} ${refusal.limitName}`, refusal)),
      like.facts,
      like.offer,
    );
    this.found = found;
    this.tuning = like.tuning;
  }

  /** The refused requests, largest first. */
  get refusals(): readonly Refusal[] {
    return [...this.found.values()].sort((a, b) => b.bytes - a.bytes);
  }

  override get isPlanning(): boolean {
    return true;
  }

  protected override tooLarge(label: string, bytes: number, limit: number): void {
    this.found.set(`${label} maxBufferSize`, { label, bytes, limit, limitName: 'maxBufferSize' });
  }
}
