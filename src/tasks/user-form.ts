// Sentences that a user may write for a task: templates with gaps, each filled from a closed list of words.
import { words } from '../text/words.ts';

/** A sentence with gaps: literal words, and the choices for each gap. */
export type Form = readonly (string | readonly string[])[];

/** What a task defines about the sentences that a user may write. */
export interface UserForms {
  readonly facts: readonly Form[];
  readonly questions: readonly Form[];
  /** Facts in a document of the task with these knobs: a model was trained on as many, and on no more. */
  trainedFacts(knobs: Readonly<Record<string, string>>): number;
  /**
   * The class that answers a question, found by reading the facts in order.
   * @throws InputError if they give no answer, or more than one
   */
  solve(facts: readonly string[], question: string): number;
}

/** The sentence of a form with its gaps filled. */
export function fill(form: Form, choices: readonly string[]): string {
  let gap = 0;
  return tidy(form.map((part) => (typeof part === 'string' ? part : (choices[gap++] ?? part[0] ?? ''))).join(' '));
}

/** The words in the gaps of a sentence, whatever its capitals and with or without its last mark; undefined if it does not match this form. */
export function gapsOf(form: Form, sentence: string): string[] | undefined {
  const pattern = form.map((part) => {
    if (typeof part === 'string') return part.replaceAll(/[.?]/g, '\\$&');
    // Longest first: 'went back' begins with 'went'.
    return `(${[...part].sort((a, b) => b.length - a.length).join('|')})`;
  });
  return new RegExp(`^${pattern.join(' ')}$`).exec(ended(form, words(sentence)).join(' '))?.slice(1);
}

/** The words with the form's last mark, which people leave out. */
function ended(form: Form, written: readonly string[]): readonly string[] {
  const last = form.at(-1);
  const isMark = last === '.' || last === '?';
  return isMark && written.at(-1) !== last ? [...written, last] : written;
}

/** The first of the forms that the sentence has. */
export const formOf = (forms: readonly Form[], sentence: string): Form | undefined =>
  forms.find((form) => gapsOf(form, sentence));

/** The sentence as the form writes it: lower case, with its full stop; undefined if it does not match. */
export function asWritten(form: Form, sentence: string): string | undefined {
  const gaps = gapsOf(form, sentence);
  return gaps && fill(form, gaps);
}

/** The form as readable text. */
export const shape = (form: Form): string =>
  tidy(form.map((part) => (typeof part === 'string' ? part : `<${part.join('|')}>`)).join(' '));

const tidy = (sentence: string) => sentence.replaceAll(/ ([.?])/g, '$1');

/** A sentence that says something of somebody. */
export interface Statement {
  readonly subjects: readonly string[];
  readonly values: readonly string[];
  say(subject: string, value: string): string;
  /** The subject and the value of a sentence; undefined if it is another one. */
  read(sentence: string): { readonly subject: string; readonly value: string } | undefined;
}

/** The first form of a fact whose first gap is no class and whose last gap is one: what it says of whom. */
export function statementOf({ facts }: UserForms, classes: readonly string[]): Statement | undefined {
  for (const form of facts) {
    const gaps = form.filter((part) => typeof part !== 'string');
    const [subjects, values] = [gaps[0], gaps.at(-1)];
    if (gaps.length < 2 || !subjects || !values) continue;
    if (subjects.some((word) => classes.includes(word)) || !values.every((word) => classes.includes(word))) continue;
    const between = gaps.slice(1, -1).map(([word = '']) => word);
    return {
      ...{ subjects, values },
      say: (subject, value) => fill(form, [subject, ...between, value]),
      read(sentence) {
        const found = gapsOf(form, sentence);
        const [subject, value] = [found?.[0], found?.at(-1)];
        return subject === undefined || value === undefined ? undefined : { subject, value };
      },
    };
  }
  return undefined;
}
