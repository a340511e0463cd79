// The one place where an error becomes sentences for the page; the session and the command line use `where: found (expected …)`.
import { InputError } from '../errors.ts';
import type { Failed } from '../protocol/index.ts';

/** The parts of an error about input. */
type Parts = Pick<InputError, 'where' | 'found' | 'expected'>;
/** A report of the session, or its parts that an error message needs. */
type Reported = Pick<Failed, 'message' | 'input'>;

const isReported = (error: unknown): error is Reported =>
  typeof error === 'object' && error !== null && 'message' in error && typeof error.message === 'string';

export function messageOf(error: unknown): string {
  return isReported(error) ? error.message : String(error);
}

/** The text with a full stop, unless it already ends a sentence. */
export const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

/** The parts of a message that has the form of the command line's; `where` may be missing. */
function partsOf(message: string): Parts | undefined {
  const [, text, expected] = /^(.+?) \(expected (.+)\)$/s.exec(message) ?? [];
  if (text === undefined || expected === undefined) return undefined;
  // What was found may not contain a colon, but a place often does: `file.json: checkpoint: seed`.
  const colon = text.lastIndexOf(': ');
  return { where: text.slice(0, Math.max(0, colon)), found: colon < 0 ? text : text.slice(colon + 2), expected };
}

/**
 * An error as sentences: `a.txt: no text (expected words)` becomes `There is a problem with a.txt: no text. It needs
 * words.`; a message that is a sentence already stays as it is.
 */
export function sentenceOf(error: unknown): string {
  const message = messageOf(error);
  const parts = error instanceof InputError ? error : (isReported(error) && error.input) || partsOf(message);
  if (!parts) return ended(message);
  const { where, found, expected } = parts;
  const place = where.replaceAll(': ', ', ');
  return `${ended(place === '' ? capital(found) : `There is a problem with ${place}: ${found}`)} ${ended(`It needs ${expected}`)}`;
}
