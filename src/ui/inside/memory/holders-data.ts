// Which memory token holds whom, as a grid and in words.
import type { Grid } from '../../../analysis/memory-attention.ts';
import type { Holders } from '../../../protocol/index.ts';

/** (tokens, subjects) share of each memory token in what changes with what is told of a subject; 0 if nothing does. */
export function holderShares({ tokens, subjects, variance }: Holders): Grid {
  const columns = subjects.length;
  const total = subjects.map((_, s) =>
    Array.from({ length: tokens }, (_, k) => variance[k * columns + s] as number).reduce((a, b) => a + b, 0),
  );
  const values = variance.map((value, i) => {
    const all = total[i % columns] as number;
    return all > 0 ? value / all : 0;
  });
  return { rows: tokens, columns, values };
}

/** Shares from which a memory token counts as one that holds the subject. */
const HOLDS = 0.1;

export interface Held {
  readonly subject: string;
  /** Memory tokens from 0 with their shares, the largest first; never empty unless nothing changes. */
  readonly by: readonly { readonly token: number; readonly share: number }[];
}

export function heldBy(found: Holders): Held[] {
  const { rows, columns, values } = holderShares(found);
  return found.subjects.map((subject, s) => {
    const all = Array.from({ length: rows }, (_, token) => ({ token, share: values[token * columns + s] as number }));
    const sorted = all.sort((a, b) => b.share - a.share);
    return { subject, by: sorted.filter(({ share }, i) => share >= HOLDS || (i === 0 && share > 0)) };
  });
}

/**
 * Whom each memory token holds: the subjects of which it has a quarter, and twice what it would have if all tokens had
 * the same.
 */
export function namesOf(found: Holders): string[][] {
  const { rows, columns, values } = holderShares(found);
  const least = Math.max(0.25, 2 / rows);
  return Array.from({ length: rows }, (_, k) =>
    found.subjects.filter((_, s) => (values[k * columns + s] as number) >= least),
  );
}

/** How the subjects are spread over the memory tokens, in a sentence. */
export function spreadOf(held: readonly Held[]): string {
  const first = held.map(({ by }) => by[0]?.token);
  const own = held.filter(({ by }, s) => by.length > 0 && first.filter((token) => token === first[s]).length === 1);
  const single = held.filter(({ by }) => by.length === 1).length;
  if (held.every(({ by }) => by.length === 0)) return 'No memory token changes with what is told.';
  if (own.length === held.length)
    return single === held.length
      ? `Each of the ${held.length} has a memory token of its own.`
      : `Each of the ${held.length} is held most by a memory token of its own; ${held.length - single} by more than one.`;
  return own.length === 0
    ? 'No one has a memory token of their own.'
    : `${own.length} of the ${held.length} are held most by a memory token of their own; the others share one.`;
}
