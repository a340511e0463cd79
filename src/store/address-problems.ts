// What is said of settings in a link that cannot be used.
import { InputError } from '../errors.ts';
import { ended, sentenceOf } from './error-text.ts';

/** A value of a link, cut where it is long. */
export const shown = (value: string) => `"${value.length > 60 ? `${value.slice(0, 60)}…` : value}"`;

export const refused = (key: string, value: string, expected: string) =>
  `The link sets ${key} to ${shown(value)}. ${ended(`Expected: ${expected}`)} The default is used.`;

/** However many there are, they are one message. */
export function unknownSettings(keys: readonly string[]): string {
  const some = new Intl.ListFormat('en').format(keys.slice(0, 3).map(shown));
  if (keys.length === 1) return `The link has an unknown setting ${some}. It is ignored.`;
  if (keys.length <= 3) return `The link has the unknown settings ${some}. They are ignored.`;
  return `The link has ${keys.length.toLocaleString('en')} unknown settings, such as ${some}. They are ignored.`;
}

/** Where the settings of a link are, in errors. */
export const combined = 'settings';
/** Why settings do not work together, as sentences. */
export const mismatch = (which: string, error: unknown) =>
  `${which} do not work together. ${sentenceOf(
    error instanceof InputError
      ? new InputError(error.where.replace(`${combined}: `, ''), error.found, error.expected)
      : error,
  )}`;
