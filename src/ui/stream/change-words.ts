// An intervention in words.
import type { Intervention } from '../../protocol/index.ts';

export const kindLabels: Readonly<Record<Intervention['kind'], string>> = {
  zero: 'Zero',
  freeze: 'Freeze',
  shuffle: 'Shuffle tokens',
  swap: 'Swap with another document',
};

/** The intervention as a list entry. */
export function changeInWords(change: Intervention): string {
  const { kind, segment, tokens } = change;
  const which = tokens
    ? `memory ${tokens.length === 1 ? 'token' : 'tokens'} ${tokens.map((token) => token + 1).join(', ')}`
    : 'the memory';
  const at = segment + 1;
  if (kind === 'zero') return `After segment ${at}: ${which} set to zero`;
  if (kind === 'shuffle') return `After segment ${at}: ${which} in another order (seed ${change.seed})`;
  if (kind === 'swap') return `After segment ${at}: ${which} taken from document ${change.seed}`;
  return change.length === 1
    ? `Segment ${at} leaves ${which} unchanged`
    : `Segments ${at} to ${at + change.length - 1} leave ${which} unchanged`;
}

/** The short name shown on a segment. */
export const changeNames: Readonly<Record<Intervention['kind'], string>> = {
  zero: '✕ zeroed',
  freeze: '❄ frozen',
  shuffle: '⇅ shuffled',
  swap: '⇄ swapped',
};
