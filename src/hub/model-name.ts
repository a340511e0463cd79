// The name of a model on the hub: OWNER/NAME, or NAME alone for the oldest ones, with an optional revision after @.
import { InputError } from '../errors.ts';

export interface ModelName {
  /** As the hub writes it, such as `google-bert/bert-base-uncased`. */
  readonly id: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

// The hub's rule: letters, digits, dots, dashes and underscores, neither end a dot or dash, and no .. or -- inside.
const part = /^(?!.*(?:\.\.|--))[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
const revisionPart = /^(?!.*\.\.)[A-Za-z0-9_][\w.-]{0,99}$/;

/** @throws InputError for anything that is no name, such as a path or an address */
export function parseModelName(text: string): ModelName {
  const wrong = (expected: string) => new InputError('hub', `'${text.slice(0, 200)}'`, expected);
  const [id = '', revision = 'main', ...more] = text.split('@');
  const names = id.split('/');
  if (more.length > 0 || names.length > 2 || !names.every((name) => part.test(name)))
    throw wrong('OWNER/NAME of a model on the hub, such as google-bert/bert-base-uncased, optionally @REVISION');
  if (!revision.split('/').every((name) => revisionPart.test(name)))
    throw wrong('a branch, a tag or a commit after the @');
  return { id, revision };
}
