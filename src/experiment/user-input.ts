// A user's facts and question in the syntax of links and the command line: short, and checked before use.
import * as v from 'valibot';
import { mostFacts, type UserFact } from '../tasks/user-document.ts';

const factPattern = /^(\d{1,9}):([a-z .]{1,120})$/i;
const factsExpected = `up to ${mostFacts} facts as SEGMENT:SENTENCE, joined by |, such as 1:mary went to the garden.`;

/** `2:mary went to the garden.|5:john moved to the office.`; segments from 1. */
export const factsSchema = v.pipe(
  v.string(),
  v.transform((text) => text.split('|')),
  v.maxLength(mostFacts, factsExpected),
  v.array(v.pipe(v.string(), v.regex(factPattern, factsExpected))),
  v.transform((facts): readonly UserFact[] =>
    facts.map((fact) => {
      const [, segment = '1', text = ''] = factPattern.exec(fact) ?? [];
      return { text: text.toLowerCase(), segment: Number(segment) - 1 };
    }),
  ),
);

export const writeFacts = (facts: readonly UserFact[]): string =>
  facts.map(({ text, segment }) => `${segment + 1}:${text}`).join('|');

export const questionSchema = v.pipe(
  v.string(),
  v.regex(/^[a-z ?]{1,120}$/i, 'a question in the task’s words'),
  v.transform((question) => question.toLowerCase()),
);
