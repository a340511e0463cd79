// The XML of the Hyperpartisan news corpus, read as a stream: one file of articles, one of labels.

import { SaxesParser, type SaxesTagPlain } from 'saxes';
import { InputError } from '../errors.ts';
import type { TextSource } from '../io/text-source.ts';
import { plainText } from './plain-text.ts';
import { type OnProgress, readText } from './read-text.ts';

export interface Article {
  readonly id: string;
  /** Title and text. */
  readonly text: string;
}

interface Handlers<T> {
  open(tag: SaxesTagPlain, where: string): T | undefined;
  text?(text: string): void;
  close?(tag: SaxesTagPlain): T | undefined;
}

/**
 * What the handlers return for the tags, in order.
 * @throws InputError with the line, if the file is not well-formed
 */
async function* readXml<T>(
  source: TextSource,
  { open, text, close }: Handlers<T>,
  pass?: number,
  passes?: number,
  onProgress?: OnProgress,
): AsyncGenerator<T> {
  const parser = new SaxesParser();
  let made: T[] = [];
  const keep = (value: T | undefined) => {
    if (value !== undefined) made.push(value);
  };
  parser.on('error', ({ message }) => {
    // saxes' messages begin with line and column.
    const reason = message.replace(/^(?:\d+:\d+: )/, '');
    throw new InputError(source.name, `line ${parser.line}: ${reason}`, 'well-formed XML');
  });
  parser.on('opentag', (tag) => keep(open(tag, `${source.name}: line ${parser.line}`)));
  parser.on('closetag', (tag) => keep(close?.(tag)));
  parser.on('text', (found) => text?.(found));
  parser.on('cdata', (found) => text?.(found));
  for await (const piece of readText(source, pass, passes, onProgress)) {
    parser.write(piece);
    yield* made;
    made = [];
  }
  parser.close();
  yield* made;
}

/** @throws InputError if an article has no id */
function idOf({ attributes }: SaxesTagPlain, where: string): string {
  const id = attributes['id'];
  if (!id) throw new InputError(where, 'an article without an id', '<article id="…">');
  return id;
}

/** The articles of the file, one by one. */
export function articlesOf(
  source: TextSource,
  pass?: number,
  passes?: number,
  onProgress?: OnProgress,
): AsyncGenerator<Article> {
  let id: string | undefined;
  let parts: string[] = [];
  // A link may be part of a word; any other tag separates words.
  const space = ({ name }: SaxesTagPlain) => {
    if (name !== 'a') parts.push(' ');
  };
  return readXml<Article>(
    source,
    {
      open(tag, where) {
        if (tag.name === 'article') {
          id = idOf(tag, where);
          parts = [tag.attributes['title'] ?? ''];
        }
        space(tag);
        return undefined;
      },
      text(text) {
        if (id !== undefined) parts.push(text);
      },
      close(tag) {
        space(tag);
        if (tag.name !== 'article' || id === undefined) return undefined;
        // The published text contains HTML's own entities within XML's, such as &amp;#160;.
        const article = { id, text: plainText(parts.join('')) };
        id = undefined;
        return article;
      },
    },
    pass,
    passes,
    onProgress,
  );
}

/**
 * The class of each article by its id: 1 if it is hyperpartisan.
 * @throws InputError if a label is neither true nor false, or there is none
 */
export async function labelsOf(source: TextSource): Promise<ReadonlyMap<string, number>> {
  const labels = new Map<string, number>();
  const found = readXml<readonly [string, number]>(source, {
    open(tag, where) {
      if (tag.name !== 'article') return undefined;
      const label = tag.attributes['hyperpartisan'];
      if (label !== 'true' && label !== 'false')
        throw new InputError(where, label === undefined ? 'no label' : `'${label}'`, 'hyperpartisan="true" or "false"');
      return [idOf(tag, where), label === 'true' ? 1 : 0];
    },
  });
  for await (const [id, label] of found) labels.set(id, label);
  if (labels.size === 0) throw new InputError(source.name, 'no labels', '<article id="…" hyperpartisan="…"/>');
  return labels;
}
