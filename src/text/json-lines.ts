// JSON Lines with a text in each record, as corpora are published: the texts, one after the other.
import { InputError } from '../errors.ts';
import { cutOut } from '../io/inflate.ts';
import { shown } from '../io/message.ts';
import type { TextSource } from '../io/text-source.ts';
import { plainText } from './plain-text.ts';

/** The fields that hold a record's text, in order of preference. QuALITY has its stories in `article`. */
const textFields = ['article', 'text', 'content'] as const;
const expected = `JSON Lines with a text in ${textFields.join(', ')}`;
/** Longer than any text in one record. */
const longestLine = 2 ** 26;
const lineEnd = 0x0a;

interface Line {
  readonly number: number;
  readonly bytes: Uint8Array;
}

async function* linesOf(source: TextSource): AsyncGenerator<Line, void, void> {
  let parts: Uint8Array[] = [];
  let [length, number] = [0, 1];
  const line = (): Line => {
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return { number, bytes };
  };
  for await (const piece of source.open())
    for (let from = 0; from < piece.length; ) {
      const end = piece.indexOf(lineEnd, from);
      const part = piece.slice(from, end < 0 ? piece.length : end);
      parts.push(part);
      length += part.length;
      from += part.length + 1;
      if (length > longestLine)
        throw new InputError(source.name, `line ${number} has more than ${longestLine} bytes`, expected);
      if (end < 0) continue;
      yield line();
      parts = [];
      length = 0;
      number++;
    }
  yield line();
}

/** The text of a record: a string, or a list of lines as in QuALITY. HTML without its markup. */
function textOf(value: unknown): string | undefined {
  const text = Array.isArray(value) && value.every((part) => typeof part === 'string') ? value.join('') : value;
  if (typeof text !== 'string') return undefined;
  return /^\s*<(?:!doctype html|html)\b/i.test(text) ? plainText(text).replace(/\s+/g, ' ').trim() : text;
}

async function* textsOf(source: TextSource): AsyncGenerator<{ field: string; text: string }, void, void> {
  let field: string | undefined;
  for await (const { number, bytes } of linesOf(source)) {
    const where = `${source.name}: line ${number}`;
    let record: unknown;
    try {
      const line = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
      if (line.trim() === '') continue;
      record = JSON.parse(line);
    } catch (error) {
      throw new InputError(where, error instanceof SyntaxError ? 'no JSON' : 'no UTF-8', expected);
    }
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      throw new InputError(where, shown(record), 'a JSON object');
    const fields: Readonly<Record<string, unknown>> = { ...record };
    field ??= textFields.find((name) => textOf(fields[name]) !== undefined);
    const text = field === undefined ? undefined : textOf(fields[field]);
    if (field === undefined || text === undefined) {
      const names = Object.keys(fields).slice(0, 12);
      throw new InputError(where, `a record with the fields ${names.map(shown).join(', ')}`, expected);
    }
    yield { field, text };
  }
}

/**
 * The texts of JSON Lines as a source of UTF-8, each ended by a line end. Its name says what is read of the file.
 * @throws InputError if the first record has no text; while reading, with the line, if another has none
 */
export async function jsonLines(source: TextSource): Promise<TextSource> {
  let name = source.name;
  for await (const { field } of textsOf(source)) {
    name = `${name} (JSON Lines, field “${field}”)`;
    break;
  }
  return {
    name,
    // Of the file: markup and escapes make its text shorter.
    size: source.size,
    open: (from = 0, to = Number.POSITIVE_INFINITY) => cutOut(encoded(), from, to),
  };
  async function* encoded(): AsyncGenerator<Uint8Array, void, void> {
    const encoder = new TextEncoder();
    for await (const { text } of textsOf(source)) yield encoder.encode(`${text}\n`);
  }
}
