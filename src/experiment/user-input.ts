// Own facts and interventions as links and the command line spell them: short, and checked before they are used.
import * as v from 'valibot';
import type { Intervention } from '../protocol/index.ts';
import { mostFacts, type OwnFact } from '../tasks/own-document.ts';

/** A number: from 1 where it numbers segments or tokens. */
const number = String.raw`\d{1,9}`;

const factPattern = new RegExp(`^(${number}):([a-z .]{1,120})$`);
const factsExpected = `up to ${mostFacts} facts as SEGMENT:SENTENCE, joined by |, such as 1:mary went to the garden.`;

/** `2:mary went to the garden.|5:john moved to the office.`; segments from 1. */
export const factsSchema = v.pipe(
  v.string(),
  v.transform((text) => text.split('|')),
  v.maxLength(mostFacts, factsExpected),
  v.array(v.pipe(v.string(), v.regex(factPattern, factsExpected))),
  v.transform((facts): readonly OwnFact[] =>
    facts.map((fact) => {
      const [, segment = '1', text = ''] = factPattern.exec(fact) ?? [];
      return { text, segment: Number(segment) - 1 };
    }),
  ),
);

export const writeFacts = (facts: readonly OwnFact[]): string =>
  facts.map(({ text, segment }) => `${segment + 1}:${text}`).join('|');

export const questionSchema = v.pipe(v.string(), v.regex(/^[a-z ?]{1,120}$/, 'a question in the task’s words'));

const changePattern = new RegExp(
  `^(?:(zero)@(${number})|(freeze)@(${number})x(${number})|(shuffle|swap)@(${number})s(${number}))(?:t(${number}(?:[.]${number})*))?$`,
);
export const mostChanges = 32;
const changesExpected =
  'interventions joined by |: zero@SEGMENT, freeze@SEGMENTxLENGTH, shuffle@SEGMENTsSEED, swap@SEGMENTsSEED; and t1.2 behind one for the memory tokens 1 and 2 only';

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
