// A GPU queue on a virtual clock, whose promises are resolved only when the browser looks: on a grid, or at a submit.
import { setImmediate } from 'node:timers/promises';
import { vi } from 'vitest';
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { Program } from '../engine/gpu/program.ts';
import { Waiting } from '../engine/gpu/waiting.ts';

export interface Grid {
  /** Milliseconds between two looks; 0: a promise is resolved when the work is done. */
  readonly period: number;
  /** Whether a submit is a look, too. */
  readonly looksAtSubmit: boolean;
  /** Milliseconds of a whole replay. */
  readonly replay: number;
  /** Milliseconds that a busy core adds to each answer, one after the other. */
  readonly delays?: readonly number[];
}

/** An encoder, and its command buffer: how much of a replay it holds. */
interface Encoder {
  share: number;
  readonly finish: () => Encoder;
}

interface Timer {
  readonly at: number;
  readonly call: () => void;
}

/** The clock stands in for `performance.now` and `setTimeout` until `vi.restoreAllMocks`. */
export class GridDevice {
  clock = 0;
  /** Empty submits. */
  nudges = 0;
  /** Milliseconds of each submit with work. */
  readonly work: number[] = [];
  readonly waiting: Waiting;
  readonly gpu: Gpu;
  private answers = 0;
  /** When the queue is idle. */
  private free = 0;
  private timers: Timer[] = [];
  private awaited: { readonly doneAt: number; readonly resolve: () => void }[] = [];

  constructor(private readonly grid: Grid) {
    vi.spyOn(performance, 'now').mockImplementation(() => this.clock);
    vi.spyOn(globalThis, 'setTimeout').mockImplementation(((call: () => void, delay = 0) =>
      this.after(delay, call)) as never);
    const device = {
      createCommandEncoder: (): Encoder => {
        const encoder = { share: 0, finish: () => encoder };
        return encoder;
      },
      queue: {
        submit: (buffers: readonly Encoder[]) => this.submit(buffers),
        onSubmittedWorkDone: () => this.done(),
      },
    };
    this.waiting = new Waiting(device as unknown as GPUDevice);
    this.gpu = { device, waiting: this.waiting } as unknown as Gpu;
  }

  /** Stands for a program whose replay takes `grid.replay` milliseconds. */
  readonly program = {
    canReplay: () => true,
    replayPart(encoder: Encoder, _part: number, parts: number) {
      encoder.share += 1 / parts;
    },
  } as unknown as Program;

  private after(delay: number, call: () => void): void {
    this.timers.push({ at: this.clock + delay, call });
  }

  private submit(buffers: readonly Encoder[]): void {
    const share = buffers.reduce((sum, buffer) => sum + buffer.share, 0);
    if (buffers.length === 0) this.nudges++;
    else this.work.push(share * this.grid.replay);
    this.free = Math.max(this.free, this.clock) + share * this.grid.replay;
    if (this.grid.looksAtSubmit) this.look();
  }

  private done(): Promise<void> {
    return new Promise((resolve) => {
      this.awaited.push({ doneAt: this.free, resolve });
      const { period } = this.grid;
      // Work that is done at a point of the grid is seen there; an idle queue is looked at no sooner.
      const seen =
        period > 0 ? period * Math.max(Math.floor(this.clock / period) + 1, Math.ceil(this.free / period)) : this.free;
      this.after(seen - this.clock, () => this.look());
    });
  }

  private look(): void {
    const seen = this.awaited.filter(({ doneAt }) => doneAt <= this.clock);
    this.awaited = this.awaited.filter(({ doneAt }) => doneAt > this.clock);
    for (const { resolve } of seen) {
      const { delays = [] } = this.grid;
      const delay = delays[this.answers++ % Math.max(1, delays.length)] ?? 0;
      if (delay > 0) this.after(delay, resolve);
      else resolve();
    }
  }

  /** Let the clock run until `promise` is settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    const noted = promise.finally(() => {
      settled = true;
    });
    noted.catch(() => {});
    for (;;) {
      await this.arrivals();
      if (settled) return promise;
      this.timers.sort((a, b) => a.at - b.at);
      const next = this.timers.shift();
      if (!next) throw new Error('grid: nothing is left to happen (expected the promise to be settled)');
      this.clock = Math.max(this.clock, next.at);
      next.call();
    }
  }

  /** Let promises and the messages of channels arrive. */
  private async arrivals(): Promise<void> {
    for (let i = 0; i < 4; i++) await setImmediate();
  }

  /** Let a time pass in which nothing is awaited. */
  idle(milliseconds: number): Promise<void> {
    return this.run(new Promise((resolve) => this.after(milliseconds, resolve)));
  }
}
