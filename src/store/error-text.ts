// Error messages as sentences for the page; the session and the command line use the form `where: found (expected …)`.

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The text with a full stop, unless it already ends a sentence. */
export const ended = (text: string): string => (/[.!?…]$/.test(text) ? text : `${text}.`);

/** `a.txt: no text (expected words)` becomes `a.txt: no text. Expected: words.`; sentences stay as they are. */
export function sentenceOf(error: unknown): string {
  const message = messageOf(error);
  const [, found, expected] = /^(.+?) \(expected (.+)\)$/s.exec(message) ?? [];
  return found === undefined ? ended(message) : `${ended(found)} ${ended(`Expected: ${expected}`)}`;
}
