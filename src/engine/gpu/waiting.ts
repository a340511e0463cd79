// Waiting for the GPU. Chrome resolves a promise when the work is done. Firefox looks only every 100 ms, and whenever
// something is submitted (Mozilla bug 1870699): there, empty submits while something is awaited bring the answer sooner.

/** An idle queue that takes this many milliseconds to answer looks only now and then. */
const LATE = 25;
/**
 * Its answers are timed this often, unless two in a row come within so many milliseconds. A busy core delays some, and so
 * shortens the next on a grid: the middle one counts.
 */
const TRIES = 3;
const SOON = 1;
/** Empty submits are kept if an answer comes within this share of the time. */
const HELPS = 3 / 4;
/** Milliseconds until the first empty submit; later ones wait this share of the waiting time so far, up to a maximum. */
const FIRST = 1;
const SHARE = 1 / 8;
const LONGEST = 10;

/** What a wait needs of a device. */
export type WaitingDevice = { readonly queue: Pick<GPUQueue, 'submit' | 'onSubmittedWorkDone'> };

export class Waiting {
  /** Milliseconds from the end of the work to its resolved promise. */
  latency = 0;
  /** Empty submits are made while something is awaited. */
  nudges = false;
  private pending = 0;
  /** When something was last awaited, or arrived. */
  private waitingSince = 0;
  private scheduled = false;
  private channel: MessageChannel | undefined;

  constructor(private readonly device: WaitingDevice) {}

  /** Measure how late an idle queue answers, and decide whether empty submits help. */
  async measure(): Promise<void> {
    this.nudges = false;
    // The first wait ends at an arbitrary point of a grid, so that the next takes a whole period.
    await this.done();
    const alone = await this.idle();
    this.latency = alone[0] ?? 0;
    const typical = alone[alone.length >> 1] ?? 0;
    if (typical < LATE) return;
    this.nudges = true;
    const [nudged = typical] = await this.idle();
    this.nudges = nudged < HELPS * typical;
    this.latency = this.nudges ? nudged : typical;
  }

  /** Milliseconds that an idle queue takes to report that its work is done, several times, shortest first. */
  private async idle(): Promise<number[]> {
    const times: number[] = [];
    for (let soon = 0; times.length < TRIES && soon < 2; ) {
      const started = performance.now();
      await this.done();
      const time = performance.now() - started;
      times.push(time);
      soon = time < SOON ? soon + 1 : 0;
    }
    return times.sort((a, b) => a - b);
  }

  /** Milliseconds of GPU time since `started`, when everything submitted since then has been awaited. */
  taken(started: number): number {
    return Math.max(0, performance.now() - started - this.latency);
  }

  /** Everything submitted so far has been computed. */
  done(): Promise<void> {
    return this.until(this.device.queue.onSubmittedWorkDone());
  }

  /** Await a promise that the GPU resolves. */
  async until<T>(promise: Promise<T>): Promise<T> {
    if (!this.nudges) return promise;
    if (this.pending++ === 0) this.waitingSince = performance.now();
    this.schedule();
    try {
      return await promise;
    } finally {
      this.waitingSince = performance.now();
      if (--this.pending === 0) this.close();
    }
  }

  private schedule(): void {
    if (this.scheduled || this.pending === 0) return;
    this.scheduled = true;
    const waited = performance.now() - this.waitingSince;
    setTimeout(() => this.nudge(), Math.min(LONGEST, Math.max(FIRST, waited * SHARE)));
  }

  private nudge(): void {
    this.scheduled = false;
    if (this.pending === 0) return;
    this.device.queue.submit([]);
    // Browsers delay a timer that was set by a chain of timers by at least 4 ms; a message breaks the chain.
    if (!this.channel) {
      this.channel = new MessageChannel();
      this.channel.port1.onmessage = () => this.schedule();
    }
    this.channel.port2.postMessage(undefined);
  }

  /** An open channel would keep a process alive. */
  private close(): void {
    this.channel?.port1.close();
    this.channel = undefined;
  }
}
