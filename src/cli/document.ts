// Which document a command reads, and what is done to the memory on the way: the options of rmt stream and rmt capture.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { factsSchema, questionSchema } from '../experiment/user-input.ts';
import { changesSchema } from '../inference/intervention-text.ts';
import type { StreamRequest } from '../protocol/index.ts';
import type { UserDocument } from '../tasks/user-document.ts';
import { integer, needed, type Options } from './arguments.ts';
import { materialOptions } from './materials.ts';

export const documentOptions = {
  task: 'text',
  segments: 'text',
  seed: 'text',
  facts: 'text',
  question: 'text',
  changes: 'text',
  ...materialOptions,
} as const;

/** The value of an option whose syntax is that of links. */
function parseAsInLink<Schema extends v.GenericSchema<string, unknown>>(
  where: string,
  schema: Schema,
  text: string,
): v.InferOutput<Schema> {
  const { success, output, issues } = v.safeParse(schema, text);
  if (!success) throw new InputError(where, `'${text}'`, issues[0].message);
  return output;
}

/** @throws InputError if only one of facts and question is given */
function userDocument(
  command: string,
  facts: string | undefined,
  question: string | undefined,
): UserDocument | undefined {
  if (facts === undefined && question === undefined) return undefined;
  if (facts === undefined || question === undefined)
    throw new InputError(
      command,
      facts === undefined ? 'only --question' : 'only --facts',
      'both --facts and --question, or neither',
    );
  return {
    facts: parseAsInLink(`${command}: --facts`, factsSchema, facts),
    question: parseAsInLink(`${command}: --question`, questionSchema, question),
  };
}

/** @throws InputError naming the option that cannot be used */
export function documentOf(
  command: string,
  given: Options<typeof documentOptions>,
): Pick<StreamRequest, 'task' | 'segments' | 'seed' | 'document' | 'interventions'> {
  const segments = integer(`${command}: --segments`, needed(command, 'segments', given.segments), 1, 1_000_000);
  const seed = integer(`${command}: --seed`, given.seed ?? '1', 0, 2 ** 31 - 1);
  const document = userDocument(command, given.facts, given.question);
  const interventions =
    given.changes === undefined ? [] : parseAsInLink(`${command}: --changes`, changesSchema, given.changes);
  return {
    ...(given.task === undefined ? {} : { task: given.task }),
    segments,
    seed,
    ...(document ? { document } : {}),
    ...(interventions.length > 0 ? { interventions } : {}),
  };
}
