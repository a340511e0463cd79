// A device that allocates nothing: requested allocations are counted, and those the adapter would refuse are recorded.
import { Gpu, type Refusal } from './adapter.ts';

const nothing = () => {};

/** A device with only the methods the engine needs to allocate and bind; nothing can run on it. */
function planningDevice(like: GPUDevice): GPUDevice {
  const { limits, features } = like;
  const made = {
    limits,
    features,
    lost: new Promise<never>(nothing),
    queue: { writeBuffer: nothing },
    pushErrorScope: nothing,
    popErrorScope: async () => null,
    createBuffer: ({ label = '', size }: GPUBufferDescriptor) => ({ label, size, destroy: nothing }),
    createBindGroup: () => ({}),
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
  private readonly found = new Map<string, Refusal>();

  constructor(like: Gpu) {
    super(planningDevice(like.device), like.facts, like.offer);
    this.tuning = like.tuning;
    this.immediates = like.immediates;
  }

  /** The refused requests, largest first. */
  get refusals(): readonly Refusal[] {
    return [...this.found.values()].sort((a, b) => b.bytes - a.bytes);
  }

  override get isPlanning(): boolean {
    return true;
  }

  protected override tooLarge(refusal: Refusal): void {
    this.found.set(`${refusal.label} ${refusal.limitName}`, refusal);
  }
}
