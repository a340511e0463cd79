// A user's document: facts and a question in a task's closed vocabulary, checked and written over drawn noise.
import { InputError } from '../errors.ts';
import type { Random } from '../random.ts';
import { encodeExactly } from '../text/vocabulary.ts';
import { compose } from './sampling.ts';
import type { Sample, SampleRequest, Task } from './task.ts';
import { asWritten, shape } from './user-form.ts';

export interface UserFact {
  /** A sentence in the task's form. */
  readonly text: string;
  /** The segment it is in, from 0. */
  readonly segment: number;
}

export interface UserDocument {
  readonly facts: readonly UserFact[];
  readonly question: string;
}

export const mostFacts = 16;

/** Facts in the order in which they are read. */
const asRead = (facts: readonly UserFact[]): UserFact[] => [...facts].sort((a, b) => a.segment - b.segment);

/**
 * The right answer of a user's document, found by reading its facts.
 * @throws InputError if they give no answer, or more than one
 */
export function answerOf(task: Task, { facts, question }: UserDocument): string | undefined {
  if (task.kind !== 'classification' || !task.userForms) return undefined;
  const sentences = asRead(facts).map(({ text }) => text);
  return task.classes[task.userForms.solve(sentences, question)];
}

/** What models of a task were trained to answer; undefined if it sets no limit. */
export function trainedToAnswer(task: Task, knobs: Readonly<Record<string, string>> = {}): string | undefined {
  const forms = task.kind === 'classification' ? task.userForms : undefined;
  const most = forms?.trainedFacts(knobs);
  if (most === undefined) return undefined;
  const trained =
    most === 1 ? 'one fact, and a question about its person' : `at most ${most} facts, and a question about them`;
  return `Models of ${task.title} are trained on documents with ${trained}. Of other facts or people their answer shows nothing.`;
}

/** What to expect of a document with more facts than any that the model was trained on; undefined if it has not. */
export function beyondTraining(
  task: Task | undefined,
  facts: readonly UserFact[] | undefined,
  knobs: Readonly<Record<string, string>> = {},
): string | undefined {
  const forms = task?.kind === 'classification' ? task.userForms : undefined;
  const most = forms?.trainedFacts(knobs);
  if (!task || most === undefined || !facts || facts.length <= most) return undefined;
  const trained = most === 1 ? 'one fact' : `${most} facts`;
  return `Models of ${task.title} are trained on documents with ${trained}, and this one has ${facts.length}. Its answer does not show whether the model can remember.`;
}

/**
 * A sample with the user's facts instead of drawn ones. Facts of one segment are placed at its start, in the order
 * given.
 * @throws InputError naming what does not fit the task, or its segment
 */
export function userSample(task: Task, random: Random, request: SampleRequest, document: UserDocument): Sample {
  const { facts } = document;
  const forms = task.kind === 'classification' ? task.userForms : undefined;
  if (!forms)
    throw new InputError(
      'your document',
      `facts for ${task.id}`,
      'a task about facts, such as memorize, tracking or reasoning',
    );
  const { segments, segmentSize, vocabulary } = request;
  if (facts.length === 0 || facts.length > mostFacts)
    throw new InputError('your document', `${facts.length} facts`, `1 to ${mostFacts}`);
  const written = facts.map(({ text, segment }, i): UserFact => {
    const where = `your document: fact ${i + 1}`;
    const sentence = forms.facts.map((form) => asWritten(form, text)).find((found) => found);
    if (sentence === undefined)
      throw new InputError(where, `'${text}'`, forms.facts.map((form) => `'${shape(form)}'`).join(' or '));
    if (!Number.isInteger(segment) || segment < 0 || segment >= segments)
      throw new InputError(where, `segment ${segment + 1}`, `a segment from 1 to ${segments}`);
    return { text: sentence, segment };
  });
  const question = forms.questions.map((form) => asWritten(form, document.question)).find((found) => found);
  if (question === undefined)
    throw new InputError(
      'your document: question',
      `'${document.question}'`,
      forms.questions.map((form) => `'${shape(form)}'`).join(' or '),
    );
  const asked = encodeExactly(vocabulary, question);
  const ordered = asRead(written);
  const filled = new Map<number, number>();
  const placed = ordered.map(({ text, segment }) => {
    const tokens = encodeExactly(vocabulary, text);
    const used = filled.get(segment) ?? 0;
    filled.set(segment, used + tokens.length);
    return { tokens, start: segment * segmentSize + used };
  });
  for (const [segment, used] of filled) {
    const last = segment === segments - 1;
    const room = segmentSize - (last ? asked.length : 0);
    if (used > room)
      throw new InputError(
        `your document: segment ${segment + 1}`,
        `${used} words of facts`,
        `at most ${room}${last ? `, as the question takes ${asked.length} of its ${segmentSize}` : ''}`,
      );
  }
  const sentences = ordered.map(({ text }) => text);
  return compose(random, request, placed, asked, forms.solve(sentences, question));
}
