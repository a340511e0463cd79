// Pacing: work is grouped into submits large enough to amortise their overhead and short enough not to block the
// display.
import type { Gpu } from './adapter.ts';
import type { Program } from './program.ts';

/** Target GPU time of a submit in milliseconds: the page's own drawing waits for at most two of them. */
const TARGET = 20;
/** Submits in flight at once: the next is queued while the GPU runs one. */
const IN_FLIGHT = 2;
/** Number of submits for the very first replay, whose duration is unknown. */
const UNKNOWN = 4;
/** A replay is split into at most so many: smaller ones save the display nothing and cost a wait each. */
const MOST_PARTS = 64;

/**
 * Takes work piece by piece and submits it in order. The size of a submit is adapted to how long the last ones took;
 * this changes when work is submitted, never what is computed or in which order.
 */
export class Pace {
  /** Submits made so far. */
  submits = 0;
  private encoder: GPUCommandEncoder | undefined;
  private readonly inFlight: Promise<void>[] = [];
  /** Units in the open encoder. */
  private units = 0;
  /** Milliseconds per unit of work; undefined until the first submit is done. */
  private unit: number | undefined;
  private doneAt = 0;

  /** @param before called before each submit, to write the data its commands read */
  constructor(
    private readonly gpu: Gpu,
    private readonly before: () => void = () => {},
  ) {}

  /** Add small commands to the current submit. */
  encode(encode: (encoder: GPUCommandEncoder) => void): void {
    this.encoder ??= this.gpu.device.createCommandEncoder();
    encode(this.encoder);
  }

  /**
   * Add sections of a program, split into several submits if one would take too long.
   * @param units their share of the work, in units of the caller's choice
   */
  async replay(program: Program, units: number, ...sections: readonly string[]): Promise<void> {
    if (!program.canReplay(sections)) {
      // What is here already is computed while the pipelines are created.
      await this.submit();
      await program.until(sections);
    }
    if (this.unit === undefined && this.units > 0) await this.submit();
    const parts =
      this.unit === undefined ? UNKNOWN : Math.min(MOST_PARTS, Math.max(1, Math.ceil((units * this.unit) / TARGET)));
    for (let part = 0; part < parts; part++) {
      if (this.units > 0 && this.isFull(units / parts)) await this.submit();
      this.encode((encoder) => program.replayPart(encoder, part, parts, sections));
      this.units += units / parts;
    }
  }

  /**
   * Whether this many more units would make the open submit too long. Until the unit time is known, every piece is
   * submitted alone.
   */
  private isFull(more: number): boolean {
    return this.unit === undefined || (this.units + more) * this.unit > TARGET;
  }

  /** Submit what was added, and wait only if too many submits are in flight. */
  async submit(): Promise<void> {
    const { encoder, units } = this;
    if (!encoder) return;
    this.before();
    this.encoder = undefined;
    this.units = 0;
    const { device, waiting } = this.gpu;
    device.queue.submit([encoder.finish()]);
    this.submits++;
    const begun = performance.now();
    const done = waiting.done().then(() => this.learn(begun, units));
    // A lost device rejects; the reason reaches whatever reads the results.
    this.inFlight.push(done.catch(() => {}));
    // Measure the first submit before sizing the next ones.
    while (this.inFlight.length >= (this.unit === undefined ? 1 : IN_FLIGHT)) await this.inFlight.shift();
  }

  private learn(begun: number, units: number): void {
    const now = performance.now();
    if (units > 0) {
      // A submit on an idle queue is reported late by the latency; after another one, both reports are.
      const late = begun > this.doneAt ? this.gpu.waiting.latency : 0;
      const each = Math.max(0, now - Math.max(begun, this.doneAt) - late) / units;
      // A moving average, because clocks and other GPU load change.
      this.unit = this.unit === undefined ? each : this.unit + (each - this.unit) / 4;
    }
    this.doneAt = now;
  }
}
