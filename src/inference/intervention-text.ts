// Interventions in the syntax of links and the command line: short, and checked before use.
import * as v from 'valibot';
import type { Intervention } from './interventions.ts';

/** A number: from 1 where it numbers segments or tokens. */
const number = String.raw`\d{1,9}`;

const changePattern = new RegExp(
  `^(?:(zero)@(${number})|(freeze)@(${number})x(${number})|(shuffle|swap)@(${number})s(${number}))(?:t(${number}(?:[.]${number})*))?$`,
);
export const mostChanges = 32;
const changesExpected =
  'interventions joined by |: zero@SEGMENT, freeze@SEGMENTxLENGTH, shuffle@SEGMENTsSEED, swap@SEGMENTsSEED; append t1.2 to change only the memory tokens 1 and 2';

function changeOf(text: string): Intervention {
  const [, zero, zeroAt, freeze, freezeAt, length, drawn, drawnAt, seed, chosen] = changePattern.exec(text) ?? [];
  const at = (segment: string | undefined) => ({
    segment: Number(segment) - 1,
    ...(chosen === undefined ? {} : { tokens: chosen.split('.').map((token) => Number(token) - 1) }),
  });
  if (zero) return { kind: 'zero', ...at(zeroAt) };
  if (freeze) return { kind: 'freeze', length: Number(length), ...at(freezeAt) };
  return { kind: drawn === 'swap' ? 'swap' : 'shuffle', seed: Number(seed), ...at(drawnAt) };
}

/** `zero@12`, `freeze@5x3`, `shuffle@5s7t1.2`, `swap@5s9`; segments and tokens from 1. */
export const changesSchema = v.pipe(
  v.string(),
  v.transform((text) => text.split('|')),
  v.maxLength(mostChanges, changesExpected),
  v.array(v.pipe(v.string(), v.regex(changePattern, changesExpected))),
  v.transform((changes): readonly Intervention[] => changes.map(changeOf)),
);

export function writeChange(change: Intervention): string {
  const more = change.kind === 'freeze' ? `x${change.length}` : change.kind === 'zero' ? '' : `s${change.seed}`;
  const tokens = change.tokens ? `t${change.tokens.map((token) => token + 1).join('.')}` : '';
  return `${change.kind}@${change.segment + 1}${more}${tokens}`;
}

export const writeChanges = (changes: readonly Intervention[]): string => changes.map(writeChange).join('|');
