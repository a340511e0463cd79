// Sentences that a user may write for a task: forms with gaps, each to be filled from a closed list of words.
import { words } from '../text/vocabulary.ts';

/** A sentence with gaps: literal words, and lists of what may stand in a gap. */
export type Form = readonly (string | readonly string[])[];

/** What a task says of sentences that a user may write. */
export interface OwnForms {
  readonly fact: Form;
  readonly questions: readonly Form[];
  /**
   * The class that a question asks for, by reading the facts in their order.
   * @throws InputError if they give no answer, or more than one
   */
  solve(facts: readonly string[], question: string): number;
}

/** The sentence of a form with its gaps filled. */
export function fill(form: Form, choices: readonly string[]): string {
  let gap = 0;
  return tidy(form.map((part) => (typeof part === 'string' ? part : (choices[gap++] ?? part[0] ?? ''))).join(' '));
}

/** What stands in the gaps of a sentence; undefined if it is not of this form. */
export function gapsOf(form: Form, sentence: string): string[] | undefined {
  const pattern = form.map((part) => {
    if (typeof part === 'string') return part.replaceAll(/[.?]/g, '\\$&');
    // The longest first: 'went back' begins with 'went'.
    return `(${[...part].sort((a, b) => b.length - a.length).join('|')})`;
  });
  return new RegExp(`^${pattern.join(' ')}$`).exec(words(sentence).join(' '))?.slice(1);
}

/** The form as people read it. */
export const shape = (form: Form): string =>
  tidy(form.map((part) => (typeof part === 'string' ? part : `<${part.join('|')}>`)).join(' '));

const tidy = (sentence: string) => sentence.replaceAll(/ ([.?])/g, '$1');
