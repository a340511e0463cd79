// The one opener for texts: what the user gives on the page or the command line is recognised by its content, unpacked,
// and read as UTF-8, or refused with its name and what to do.
import { InputError } from '../errors.ts';
import { fromUtf16 } from '../io/encoded-text.ts';
import { gunzipped } from '../io/gzip.ts';
import { quoted } from '../io/message.ts';
import { enoughToRecognise, type FileKind, type Recognised, recogniseFile, wrongKind } from '../io/recognise.ts';
import { bytesOf, fileSource, type TextSource } from '../io/text-source.ts';
import { baseName, type ZipEntry, zipEntries, zipEntry } from '../io/zip.ts';
import { jsonLines } from './json-lines.ts';
import { readText, wholeCharacters } from './read-text.ts';

/** A file that may be large, as a browser's File or as a source of bytes. It is streamed, never held as a whole. */
export type UserFile = (Parameters<typeof fileSource>[0] & { readonly name: string }) | TextSource;

export const sourceOf = (file: UserFile): TextSource => ('open' in file ? file : fileSource(file));

/** A text in UTF-8. Without a published validation text, its last part is held out. */
export interface OpenedText {
  /** What to train on; absent where the file is the held-out part of a published text. */
  readonly train?: TextSource;
  /** What was published to validate on. */
  readonly validation?: TextSource;
}

type Part = 'train' | 'validation' | 'test';
type Parts = { readonly [P in Part]?: TextSource };

const partNames: Readonly<Record<string, Part>> = {
  train: 'train',
  training: 'train',
  valid: 'validation',
  validation: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
};
const partPattern = /(?<=^|[._-])(train|training|valid|validation|val|dev|test)(?=[._-]|$)/i;
/** Parts that are published as files of their own. */
const publishedPart = /^wiki\.(?:valid|test)\.(?:tokens|raw)$/;
/** Archives hold these beside a README. */
const published: readonly string[] = ['enwik8', 'enwik9'];

const wanted = 'a text in UTF-8';

/**
 * Open a text: plain, in a gzip or zip archive, or as the texts of JSON Lines; in UTF-8, or in UTF-16 with a byte order
 * mark. An archive may hold published training, validation and test parts.
 * @throws InputError saying what the file is instead, and what to do
 */
export async function openText(file: UserFile): Promise<OpenedText> {
  const parts = await unpacked(sourceOf(file), wanted);
  const opened: Partial<Record<Part, TextSource>> = {};
  for (const [part, each] of Object.entries(parts)) opened[part as Part] = await asText(each);
  const { train, validation = opened.test } = opened;
  return { ...(train ? { train } : {}), ...(validation ? { validation } : {}) };
}

/**
 * Open a file of markup, plain or in an archive.
 * @throws InputError if it is something else
 */
export async function openXml(file: UserFile): Promise<TextSource> {
  const source = sourceOf(file);
  const { train } = await unpacked(source, 'an XML file');
  const opened = train ?? source;
  const found = await recogniseFile(opened);
  // A text that begins like none is left to the parser, which names the line.
  if (found.kind !== 'xml' && found.kind !== 'text') throw wrongKind(opened.name, found, 'an XML file');
  return inUtf8(opened, found);
}

const weights: readonly FileKind[] = ['safetensors', 'torch-zip', 'pickle', 'gguf', 'hdf5', 'onnx'];

/** Whether a file holds a model, not a text: by its content, whatever its name. */
export async function holdsWeights(file: UserFile): Promise<boolean> {
  return weights.includes((await recogniseFile(sourceOf(file))).kind);
}

/**
 * A whole text in memory, named as what was read.
 * @param most characters of it
 * @throws InputError as `openText`, and for a longer text, or one without a character other than white space
 */
export async function readWholeText(
  file: UserFile,
  most: number,
): Promise<{ readonly name: string; readonly text: string }> {
  const { train, validation } = await openText(file);
  const part = train ?? validation;
  const { name } = part ?? file;
  const pieces: string[] = [];
  let length = 0;
  if (part)
    for await (const piece of readText(part)) {
      length += piece.length;
      if (length > most)
        throw new InputError(name, `more than ${most} characters`, `a text of at most ${most} characters`);
      pieces.push(piece);
    }
  const text = pieces.join('');
  if (text.trim() === '') throw new InputError(name, 'no text', 'a text with at least one word');
  return { name, text };
}

/** The parts of a file that is no archive, or of what an archive contains. */
async function unpacked(source: TextSource, expected: string, depth = 0): Promise<Parts> {
  const found = await recogniseFile(source);
  // A zip archive is read from its end, so one that has to be inflated first is not read.
  if ((depth > 0 && found.kind === 'zip') || (depth > 1 && found.kind === 'gzip'))
    throw new InputError(source.name, `${found.name} inside an archive`, `${expected}; unpack it`);
  if (found.kind === 'gzip') return unpacked(await gunzipped(source), expected, depth + 1);
  if (found.kind !== 'zip') return publishedPart.test(source.name) ? { validation: source } : { train: source };
  const chosen = choose(source, await zipEntries(source));
  const opened: Partial<Record<Part, TextSource>> = {};
  for (const [part, entry] of Object.entries(chosen)) {
    const inner = await unpacked(await zipEntry(source, entry), expected, depth + 1);
    const content = inner.train ?? inner.validation;
    if (content) opened[chosen.train ? (part as Part) : 'validation'] = content;
  }
  return opened;
}

/** Published parts, a well-known file, or the only one. */
function choose(source: TextSource, all: readonly ZipEntry[]): { readonly [P in Part]?: ZipEntry } {
  // Archives made on a Mac contain a shadow file for each entry.
  const entries = all.filter(({ name }) => !name.startsWith('__MACOSX/') && !baseName(name).startsWith('.'));
  const groups = new Map<string, Partial<Record<Part, ZipEntry>>>();
  for (const entry of entries) {
    const base = baseName(entry.name);
    const [, word] = partPattern.exec(base) ?? [];
    const part = word === undefined ? undefined : partNames[word.toLowerCase()];
    if (part === undefined) continue;
    const key = base.replace(partPattern, '*');
    groups.set(key, { [part]: entry, ...groups.get(key) });
  }
  for (const group of groups.values()) if (group.train && (group.validation ?? group.test)) return group;
  const known = entries.find(({ name }) => published.includes(baseName(name)));
  const only = entries.length === 1 ? entries[0] : undefined;
  const entry = known ?? only;
  if (entry) return publishedPart.test(baseName(entry.name)) ? { validation: entry } : { train: entry };
  const names = entries.slice(0, 20).map(({ name }) => quoted(name));
  const rest = entries.length > names.length ? ` and ${entries.length - names.length} more` : '';
  throw new InputError(
    source.name,
    names.length > 0 ? `a zip archive of ${names.join(', ')}${rest}` : 'an empty zip archive',
    'a single file, enwik8, or files named train, valid and test',
  );
}

/** @throws InputError if it is not a text, or in an unknown encoding */
async function asText(source: TextSource): Promise<TextSource> {
  const found = await recogniseFile(source);
  switch (found.kind) {
    case 'text':
      return inUtf8(source, found);
    case 'xml':
      // enwik8 is one: published work models its markup too.
      if (await startsWith(source, '<mediawiki')) return inUtf8(source, found);
      throw wrongKind(source.name, found, wanted);
    case 'jsonl':
      return jsonLines(await inUtf8(source, found));
    case 'json':
      // A single record of JSON Lines is a JSON document; a document on several lines is none of its records.
      if (await startsWith(source, '{')) return jsonLines(await inUtf8(source, found));
      throw wrongKind(source.name, found, wanted);
    default:
      throw wrongKind(source.name, found, wanted);
  }
}

const headOf = async (source: TextSource) =>
  new Uint8Array((await bytesOf(source, 0, Math.min(source.size, enoughToRecognise))).buffer);

/** The beginning of a file, as text. */
const beginningOf = async (source: TextSource) => new TextDecoder().decode(await headOf(source)).trimStart();

const startsWith = async (source: TextSource, text: string) => (await beginningOf(source)).startsWith(text);

/**
 * Whether a file of the Hyperpartisan corpus holds the labels, not the articles.
 * @throws InputError if it is no markup
 */
export async function holdsLabels(file: UserFile): Promise<boolean> {
  return /<article\b[^>]*\bhyperpartisan\s*=/.test(await beginningOf(await openXml(file)));
}

/** @throws InputError with the offset of the first byte that is not UTF-8 */
async function inUtf8(source: TextSource, found: Recognised): Promise<TextSource> {
  const { encoding, hasByteOrderMark } = found;
  if (encoding === 'utf-16le' || encoding === 'utf-16be') {
    if (hasByteOrderMark) return fromUtf16(source, encoding);
    const at = (await headOf(source)).indexOf(0);
    throw new InputError(
      source.name,
      `a zero at byte ${at}, as in ${encoding.toUpperCase()}, but no byte order mark`,
      `${wanted}; save it as UTF-8`,
    );
  }
  if (encoding === 'not-utf-8') {
    const { end } = wholeCharacters(await headOf(source));
    throw new InputError(source.name, `not UTF-8 at byte ${end}`, `${wanted}; save it as UTF-8`);
  }
  return source;
}
