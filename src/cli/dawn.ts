// Dawn in Node: one for the life of the process, and waiting for it that leaves the processor to others.
import { create, globals } from 'webgpu';

/** Of the time that a promise of the GPU has been waited for, the share that may be slept away at once; and the most. */
const SHARE = 1 / 16;
const LONGEST = 1;

/**
 * As long as Dawn's addon owes a promise it polls in every turn of Node's event loop: one core is busy with waiting, and
 * where a software adapter computes on the same cores, it gets a third less of them. So between two polls the thread
 * sleeps, a little at first and for a millisecond at most.
 */
class Naps {
  private owed = 0;
  /** When the last promise was settled, or the first one made. */
  private since = 0;
  /** One nap is due at a time, however often the last promise is settled and another made. */
  private due = false;
  private readonly bed = new Int32Array(new SharedArrayBuffer(4));

  /** Sleep between polls until `promise` is settled. */
  during<T>(promise: Promise<T>): Promise<T> {
    if (this.owed++ === 0) this.since = performance.now();
    this.plan();
    return promise.finally(() => {
      this.owed--;
      this.since = performance.now();
    });
  }

  private plan(): void {
    if (this.due || this.owed === 0) return;
    this.due = true;
    setImmediate(() => {
      this.due = false;
      if (this.owed > 0) Atomics.wait(this.bed, 0, 0, Math.min(LONGEST, (performance.now() - this.since) * SHARE));
      this.plan();
    });
  }
}

type Waiting = (...args: unknown[]) => Promise<unknown>;

function open(): GPU {
  Object.assign(globalThis, globals);
  const naps = new Naps();
  for (const [of, name] of [
    [GPUQueue.prototype, 'onSubmittedWorkDone'],
    [GPUBuffer.prototype, 'mapAsync'],
    [GPUDevice.prototype, 'createComputePipelineAsync'],
  ] as const) {
    const waits = Reflect.get(of, name) as Waiting;
    Reflect.set(of, name, function (this: unknown, ...args: unknown[]) {
      return naps.during(waits.apply(this, args));
    });
  }
  return create([]);
}

/** Dropping what `create` returns crashes Node: it is held here. */
export const dawn = open();
