// An intervention in words.
import type { Intervention } from '../../protocol/index.ts';

export const kindLabels: Readonly<Record<Intervention['kind'], string>> = {
  zero: 'Zero it',
  freeze: 'Freeze it',
  shuffle: 'Shuffle its tokens',
  swap: 'Swap it with another document’s',
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
  if (kind === 'swap') return `After segment ${at}: ${which} taken from the document of seed ${change.seed}`;
  return change.length === 1
    ? `Segment ${at} leaves ${which} as it was`
    : `Segments ${at} to ${at + change.length - 1} leave ${which} as it was`;
}

/** The short name shown on a segment. */
export const changeNames: Readonly<Record<Intervention['kind'], string>> = {
  zero: '✕ zeroed',
  freeze: '❄ frozen',
  shuffle: '⇅ shuffled',
  swap: '⇄ swapped',
};
