// What a recorded program computes and moves, section by section: from shapes alone, nothing is run.
import { bytesOf } from '../tensor.ts';
import type { Params } from './kernel.ts';
import type { Program } from './program.ts';

export interface Work {
  readonly dispatches: number;
  /** Of matrix products and attention: a multiplication and an addition are two. */
  readonly flops: number;
  /** Everything that is bound, each binding once a dispatch. */
  readonly bytes: number;
}

export const noWork: Work = { dispatches: 0, flops: 0, bytes: 0 };

export function sum(...works: readonly Work[]): Work {
  return works.reduce(
    (all, { dispatches, flops, bytes }) => ({
      dispatches: all.dispatches + dispatches,
      flops: all.flops + flops,
      bytes: all.bytes + bytes,
    }),
    noWork,
  );
}

export const times = ({ dispatches, flops, bytes }: Work, n: number): Work => ({
  dispatches: n * dispatches,
  flops: n * flops,
  bytes: n * bytes,
});

/** Products are told by their sizes R, N and K; attention by B, S, H and DH, whatever way it goes. */
function flopsOf(kernel: string, params: Params): number {
  const size = (name: string) => Number(params[name] ?? 0);
  if ('R' in params && 'N' in params && 'K' in params) return 2 * size('R') * size('N') * size('K');
  if (!kernel.startsWith('attention_')) return 0;
  return 4 * size('B') * size('S') * (size('S') + size('CACHE')) * size('H') * size('DH');
}

export function workOf(program: Program): Readonly<Record<string, Work>> {
  const sections: Record<string, Work> = {};
  for (const { section, kernel, params, tensors } of program.recorded) {
    const bytes = tensors.reduce((all, tensor) => all + bytesOf(tensor), 0);
    const one = { dispatches: 1, flops: flopsOf(kernel.name, params), bytes };
    sections[section] = sum(sections[section] ?? noWork, one);
  }
  return sections;
}

/** What an adapter reaches. */
export interface Speed {
  readonly matmulGflops: number;
  readonly copyGBs: number;
  /** What a dispatch takes that has next to nothing to do. */
  readonly dispatchMicroseconds: number;
}

/** What kernels of small sizes reach of the probed rates: a guess that holds until a run has been measured. */
const REACHED = 1 / 3;

/** Milliseconds that work takes at a speed, if nothing overlaps: no more than a guess. */
export function millisecondsOf({ dispatches, flops, bytes }: Work, speed: Speed): number {
  const { matmulGflops, copyGBs, dispatchMicroseconds } = speed;
  const atPeak = (dispatches * dispatchMicroseconds) / 1e3 + flops / matmulGflops / 1e6 + bytes / copyGBs / 1e6;
  return atPeak / REACHED;
}
