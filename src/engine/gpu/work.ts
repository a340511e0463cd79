// What a recorded program computes and moves, section by section: derived from shapes alone, without running it.
import { bytesOf } from '../tensor.ts';
import type { Params } from './kernel.ts';
import type { Program } from './program.ts';

export interface Work {
  readonly dispatches: number;
  /** Of matrix products, attention and associations, with full segments and caches; a multiply-add counts as two. */
  readonly flops: number;
  /** Everything that is bound, counting each binding once per dispatch. */
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

/**
 * Products over the width of a head that an attention kernel computes for each pair of a query and a visible key.
 * Backward passes recompute the scores. Relative attention has two per score: with the key, and with the distance.
 */
const attentionProducts: Readonly<Record<string, number>> = {
  attention_forward: 2,
  attention_backward_query: 3,
  attention_backward_key_value: 4,
  attention_relative_forward: 3,
  attention_relative_backward_query: 5,
  attention_relative_backward_key_value: 5,
  attention_relative_backward_distance: 4,
};
/** The same for each inspected weight, including masked ones. */
const weightProducts: Readonly<Record<string, number>> = { attention_weights: 1, attention_relative_weights: 2 };

/** 1 + 2 + … + n */
const triangle = (n: number) => (n * (n + 1)) / 2;

/**
 * Pairs of a query and a visible key, in a full segment of `positions` after a full cache; matches `key_end` in
 * lib/attention.
 */
function visiblePairs(positions: number, cache: number, mask: number, memory: number, atEnd: boolean): number {
  const cached = positions * cache;
  if (mask === 0) return cached + positions ** 2;
  if (mask === 1) return cached + triangle(positions);
  const end = positions - (atEnd ? memory : 0);
  const behind = atEnd ? memory * positions : 0;
  return cached + memory ** 2 + triangle(end) - triangle(memory) + behind;
}

function multiplyAdds(kernel: string, params: Params): number {
  const size = (name: string) => Number(params[name] ?? 0);
  if (kernel.startsWith('associative_')) return size('B') * size('R') * size('K') * size('W');
  if (kernel.startsWith('attention_delta')) return size('B') * size('Q') * size('H') * size('DH');
  if (!kernel.startsWith('attention_'))
    return 'R' in params && 'N' in params && 'K' in params ? size('R') * size('N') * size('K') : 0;
  const heads = size('B') * size('H') * size('DH');
  const perWeight = weightProducts[kernel];
  if (perWeight !== undefined) return perWeight * heads * size('ROWS') * size('COLUMNS');
  // S includes the cache's entries.
  const cache = size('CACHE');
  const pairs = visiblePairs(size('S') - cache, cache, size('MASK'), size('M'), Boolean(params['AT_END']));
  const products = attentionProducts[kernel.replace(/_(quads|split)$/, '')];
  if (products === undefined)
    throw new Error(`work: unknown kernel '${kernel}', expected an entry in attentionProducts`);
  return products * heads * pairs;
}

/** Operations of a dispatch: a multiply-add counts as two. */
export const operationsOf = ({
  kernel,
  params,
}: {
  readonly kernel: { readonly name: string };
  readonly params: Params;
}) => 2 * multiplyAdds(kernel.name, params);

export function workOf(program: Program): Readonly<Record<string, Work>> {
  const sections: Record<string, Work> = {};
  for (const { section, kernel, params, tensors } of program.recorded) {
    const bytes = tensors.reduce((all, tensor) => all + bytesOf(tensor), 0);
    const one = { dispatches: 1, flops: operationsOf({ kernel, params }), bytes };
    sections[section] = sum(sections[section] ?? noWork, one);
  }
  return sections;
}

/** The measured rates of an adapter. */
export interface Speed {
  readonly matmulGflops: number;
  readonly copyGBs: number;
  /** Duration of a dispatch with almost no work. */
  readonly dispatchMicroseconds: number;
}

/** Fraction of the probed rates that small kernels reach: an assumption, used until a run has been measured. */
const REACHED = 1 / 3;

/** Milliseconds that work takes at a speed, assuming no overlap: only an estimate. */
export function millisecondsOf({ dispatches, flops, bytes }: Work, speed: Speed): number {
  const { matmulGflops, copyGBs, dispatchMicroseconds } = speed;
  const atPeak = (dispatches * dispatchMicroseconds) / 1e3 + flops / matmulGflops / 1e6 + bytes / copyGBs / 1e6;
  return atPeak / REACHED;
}
