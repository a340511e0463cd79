// Pacing: work is put together into submits that are large enough to be worth one and short enough for the display.
import type { Gpu } from './adapter.ts';
import type { Program } from './program.ts';

/** Milliseconds of GPU time that a submit is made for: the page's own drawing waits no longer than two of them. */
const TARGET = 20;
/** Submits under way at once: while the GPU is at one, the next is ready. */
const IN_FLIGHT = 2;
/** Submits for the very first replay, of which nothing is known. */
const UNKNOWN = 4;

/**
 * Takes work piece by piece and submits it in turn. How much goes into a submit is learnt from how long the last ones
 * took; it changes when work is submitted, never what is done, nor its order.
 */
export class Pace {
  /** Submits made so far. */
  submits = 0;
  private encoder: GPUCommandEncoder | undefined;
  private readonly inFlight: Promise<void>[] = [];
  /** Units in the encoder that is open. */
  private units = 0;
  /** Milliseconds that a unit of work takes; undefined until the first submit is done. */
  private unit: number | undefined;
  private doneAt = 0;

  /** @param before called before each submit, to write what its commands read */
  constructor(
    private readonly gpu: Gpu,
    private readonly before: () => void = () => {},
  ) {}

  /** Add small commands to the submit in the making. */
  encode(encode: (encoder: GPUCommandEncoder) => void): void {
    this.encoder ??= this.gpu.device.createCommandEncoder();
    encode(this.encoder);
  }

  /**
   * Add sections of a program: as several submits where one would take too long.
   * @param units their share of the work, in whatever the caller counts
   */
  async replay(program: Program, units: number, ...sections: readonly string[]): Promise<void> {
    if (this.unit === undefined && this.units > 0) await this.submit();
    const parts = this.unit === undefined ? UNKNOWN : Math.max(1, Math.ceil((units * this.unit) / TARGET));
    for (let part = 0; part < parts; part++) {
      if (this.units > 0 && this.isFull(units / parts)) await this.submit();
      this.encode((encoder) => program.replayPart(encoder, part, parts, sections));
      this.units += units / parts;
    }
  }

  /** Whether so many units more would make the open submit too long. Until something is known, every piece goes alone. */
  private isFull(more: number): boolean {
    return this.unit === undefined || (this.units + more) * this.unit > TARGET;
  }

  /** Submit what was added, and wait only if too much is under way already. */
  async submit(): Promise<void> {
    const { encoder, units } = this;
    if (!encoder) return;
    this.before();
    this.encoder = undefined;
    this.units = 0;
    const { queue } = this.gpu.device;
    queue.submit([encoder.finish()]);
    this.submits++;
    const begun = performance.now();
    const done = queue.onSubmittedWorkDone().then(() => this.learn(begun, units));
    // A lost device rejects; whoever reads the results is told why.
    this.inFlight.push(done.catch(() => {}));
    // What comes after the first is made to its measure.
    while (this.inFlight.length >= (this.unit === undefined ? 1 : IN_FLIGHT)) await this.inFlight.shift();
  }

  private learn(begun: number, units: number): void {
    const now = performance.now();
    if (units > 0) {
      const each = (now - Math.max(begun, this.doneAt)) / units;
      // The last few count: clocks and other work on the GPU change.
      this.unit = this.unit === undefined ? each : this.unit + (each - this.unit) / 4;
    }
    this.doneAt = now;
  }
}
