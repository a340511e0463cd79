// The stories of bAbI, as published: numbered sentences, and questions with their answers. Weston et al. 2015,
// arXiv:1502.05698.
import { InputError } from '../errors.ts';
import { quoted } from '../io/message.ts';

/** A question about a story. */
export interface StoryQuestion {
  /** The story it belongs to, from 0. */
  readonly story: number;
  /** The sentences of the story before it, in order. */
  readonly facts: readonly string[];
  readonly question: string;
  /** As the file has it: one word, or several with commas. */
  readonly answer: string;
}

export interface Stories {
  readonly name: string;
  readonly questions: readonly StoryQuestion[];
  /** All answers, in alphabetical order, or those that a model was trained with. */
  readonly answers: readonly string[];
}

const line = 'a numbered sentence, or a number, a question, a tab and its answer';
const numbered = /^(\d+) (.+)$/;

/** Whether a text begins as a file of bAbI does. */
export const beginsAsStories = (text: string): boolean => /^1 \S[^\n]*\n(?:1|2) \S/.test(text);

export const storiesOf = (name: string, questions: readonly StoryQuestion[]): Stories => ({
  name,
  questions,
  answers: [...new Set(questions.map(({ answer }) => answer))].sort(),
});

/**
 * Parse a file of bAbI.
 * @throws InputError naming the line that has another form, or if there is no question
 */
export function parseStories(name: string, text: string): Stories {
  const questions: StoryQuestion[] = [];
  let story = -1;
  let facts: readonly string[] = [];
  for (const [k, content] of text.split(/\r?\n/).entries()) {
    if (content.trim() === '') continue;
    const [, number, rest = ''] = numbered.exec(content) ?? [];
    const where = `${name}: line ${k + 1}`;
    if (number === undefined) throw new InputError(where, quoted(content.slice(0, 60)), line);
    if (number === '1') {
      story++;
      facts = [];
    }
    const [sentence = '', answer] = rest.split('\t').map((part) => part.trim());
    if (story < 0 || sentence === '' || answer === '') throw new InputError(where, quoted(content.slice(0, 60)), line);
    if (answer === undefined) facts = [...facts, sentence];
    else if (facts.length === 0) throw new InputError(where, 'a question before any fact', 'a fact first');
    else questions.push({ story, facts, question: sentence, answer });
  }
  if (questions.length === 0) throw new InputError(name, 'no questions', 'a file of bAbI, as published');
  return storiesOf(name, questions);
}
