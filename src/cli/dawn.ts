// Dawn in Node: one instance for the life of the process, and waiting for it without using a core.
import { create, globals } from 'webgpu';

/** A sleep lasts this share of the waiting time so far, up to a maximum in milliseconds. */
const SHARE = 1 / 16;
const LONGEST = 1;

/**
 * While a promise is pending, Dawn's addon polls in every turn of Node's event loop. This keeps one core busy, and a
 * software adapter computing on the same cores gets a third less of them. So between two polls the thread
 * sleeps, briefly at first and for at most a millisecond.
 */
class PollSleeper {
  private readonly pending = new Set<Promise<unknown>>();
  /** When the last promise was settled, or the first one created. */
  private since = 0;
  /** Whether a sleep is scheduled: at most one at a time. */
  private isScheduled = false;
  /** Never notified, so that waiting on it only times out. */
  private readonly cell = new Int32Array(new SharedArrayBuffer(4));

  /** Sleep between polls until `promise` is settled. */
  during<T>(promise: Promise<T>): Promise<T> {
    if (this.pending.size === 0) this.since = performance.now();
    this.pending.add(promise);
    this.schedule();
    return promise.finally(() => {
      this.pending.delete(promise);
      this.since = performance.now();
    });
  }

  /** Until what is pending now is settled, or for `longest` milliseconds. */
  async settled(longest: number): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, longest).unref());
    await Promise.race([Promise.allSettled(this.pending), late]);
  }

  private schedule(): void {
    if (this.isScheduled || this.pending.size === 0) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      if (this.pending.size > 0)
        Atomics.wait(this.cell, 0, 0, Math.min(LONGEST, (performance.now() - this.since) * SHARE));
      this.schedule();
    });
  }
}

type Waiting = (...args: unknown[]) => Promise<unknown>;

const sleeper = new PollSleeper();

/** Until the kernels being compiled and the results awaited are there: a process that exits before may crash. */
export const settled = () => sleeper.settled(10_000);

function open(): GPU {
  Object.assign(globalThis, globals);
  for (const [of, name] of [
    [GPUQueue.prototype, 'onSubmittedWorkDone'],
    [GPUBuffer.prototype, 'mapAsync'],
    [GPUDevice.prototype, 'createComputePipelineAsync'],
  ] as const) {
    const waits = Reflect.get(of, name) as Waiting;
    Reflect.set(of, name, function (this: unknown, ...args: unknown[]) {
      return sleeper.during(waits.apply(this, args));
    });
  }
  // Dawn hides f16 on NVIDIA's Vulkan driver; only --half uses it.
  return create(['enable-dawn-features=vulkan_enable_f16_on_nvidia']);
}

/** Held for the life of the process: dropping the result of `create` crashes Node. */
export const dawn = open();
