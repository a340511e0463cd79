// What a file is, by its content: the one place where everything the product opens is recognised.
import { InputError } from '../errors.ts';
import type { TextSource } from './text-source.ts';

/** Bytes examined: enough for the headers of the archives, the first keys of a JSON object and the first lines of a table. */
export const enoughToRecognise = 2 ** 16;

export type FileKind =
  | 'empty'
  // Weights
  | 'safetensors'
  | 'torch-zip'
  | 'pickle'
  | 'gguf'
  | 'hdf5'
  | 'onnx'
  // What stands beside weights
  | 'lfs-pointer'
  | 'shard-index'
  | 'model-config'
  | 'tokenizer'
  | 'tokenizer-config'
  | 'vocabulary'
  | 'bpe-vocabulary'
  | 'merges'
  // Archives
  | 'zip'
  | 'gzip'
  | 'bzip2'
  | 'xz'
  | 'zstd'
  | '7z'
  | 'rar'
  | 'tar'
  // Documents and tables
  | 'office'
  | 'pdf'
  | 'rtf'
  | 'parquet'
  | 'arrow'
  | 'numpy'
  | 'sqlite'
  | 'image'
  | 'audio-or-video'
  | 'program'
  // Text
  | 'run'
  | 'jsonl'
  | 'json'
  | 'csv'
  | 'xml'
  | 'html'
  | 'text'
  | 'binary';

export type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'not-utf-8';

export interface Recognised {
  readonly kind: FileKind;
  /** The kind in words, with its article: "a gzip archive". */
  readonly name: string;
  /** What the user can do with such a file that cannot be opened here; absent where nothing helps but another file. */
  readonly advice?: string;
  /** Of a text; 'not-utf-8' where bytes occur that UTF-8 does not have. */
  readonly encoding?: Encoding;
  /** Whether the text begins with a byte order mark. */
  readonly hasByteOrderMark?: boolean;
}

const descriptions: Readonly<Record<FileKind, readonly [name: string, advice?: string]>> = {
  empty: ['an empty file'],
  safetensors: ['a safetensors file'],
  'torch-zip': ['a PyTorch checkpoint (.bin, .pt or .pth)', 'save it with safetensors.torch.save_file'],
  pickle: ['a Python pickle', 'save the tensors with safetensors.torch.save_file'],
  gguf: ['a GGUF model', 'use the original safetensors file'],
  hdf5: ['an HDF5 file', 'use the safetensors file of the same model'],
  onnx: ['an ONNX model', 'use the safetensors file of the same model'],
  'lfs-pointer': [
    'a Git LFS pointer, not the file itself',
    'fetch the file with git lfs pull, or download it from the hub',
  ],
  'shard-index': ['the index of a model in several files', 'open the index together with all of its parts'],
  'model-config': ['the configuration of a model, without its weights', 'open the folder, or the weights with it'],
  tokenizer: ['a tokenizer (tokenizer.json)', 'open it together with the weights'],
  'tokenizer-config': ['the settings of a tokenizer (tokenizer_config.json)', 'open it together with the weights'],
  vocabulary: ['a vocabulary (vocab.txt)', 'open it together with the weights'],
  'bpe-vocabulary': ['a vocabulary (vocab.json)', 'open it together with merges.txt and the weights'],
  merges: ['the merges of a tokenizer (merges.txt)', 'open it together with vocab.json and the weights'],
  zip: ['a zip archive', 'unpack it'],
  gzip: ['a gzip archive', 'unpack it with gunzip'],
  bzip2: ['a bzip2 archive', 'unpack it with bunzip2'],
  xz: ['an xz archive', 'unpack it with unxz'],
  zstd: ['a zstd archive', 'unpack it with zstd -d'],
  '7z': ['a 7z archive', 'unpack it'],
  rar: ['a RAR archive', 'unpack it'],
  tar: ['a tar archive', 'unpack it'],
  office: ['an office document or e-book', 'save it as plain text'],
  pdf: ['a PDF document', 'save its text as plain text'],
  rtf: ['an RTF document', 'save it as plain text'],
  parquet: ['a Parquet table', 'export its text column as plain text or JSON Lines'],
  arrow: ['an Arrow table', 'export its text column as plain text or JSON Lines'],
  numpy: ['a NumPy array'],
  sqlite: ['an SQLite database', 'export its text as plain text'],
  image: ['an image'],
  'audio-or-video': ['a sound or a film'],
  program: ['a program'],
  run: ['a run exported from the page'],
  jsonl: ['JSON Lines'],
  json: ['a JSON document'],
  csv: ['a table of comma-separated values', 'save its text column as plain text'],
  xml: ['an XML document', 'save its text as plain text'],
  html: ['an HTML page', 'save its text as plain text'],
  text: ['a text'],
  binary: ['binary data'],
};

const known = (kind: FileKind, more: Partial<Recognised> = {}): Recognised => {
  const [name, advice] = descriptions[kind];
  return { kind, name, ...(advice !== undefined && { advice }), ...more };
};

/** Bytes at an offset that only one kind of file has there; text where printable, hexadecimal otherwise. */
const signatures: readonly (readonly [kind: FileKind, at: number, bytes: string | readonly number[]])[] = [
  ['gguf', 0, 'GGUF'],
  ['hdf5', 0, [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['gzip', 0, [0x1f, 0x8b, 0x08]],
  ['bzip2', 0, 'BZh'],
  ['xz', 0, [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', 0, [0x28, 0xb5, 0x2f, 0xfd]],
  ['7z', 0, [0x37, 0x7a, 0xbc, 0xaf, 0x27, 0x1c]],
  ['rar', 0, 'Rar!\x1a\x07'],
  ['tar', 257, 'ustar'],
  ['pdf', 0, '%PDF-'],
  ['rtf', 0, '{\\rtf'],
  ['parquet', 0, 'PAR1'],
  ['arrow', 0, 'ARROW1'],
  ['numpy', 0, [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]],
  ['sqlite', 0, 'SQLite format 3\0'],
  ['office', 0, [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1]],
  ['image', 0, [0x89, 0x50, 0x4e, 0x47]],
  ['image', 0, [0xff, 0xd8, 0xff]],
  ['image', 0, 'GIF8'],
  ['audio-or-video', 0, 'RIFF'],
  ['audio-or-video', 0, 'OggS'],
  ['audio-or-video', 0, 'ID3'],
  ['audio-or-video', 4, 'ftyp'],
  ['program', 0, [0x7f, 0x45, 0x4c, 0x46]],
  ['program', 0, [0xcf, 0xfa, 0xed, 0xfe]],
  // A zip archive with data, and one without any.
  ['zip', 0, [0x50, 0x4b, 0x03, 0x04]],
  ['zip', 0, [0x50, 0x4b, 0x05, 0x06]],
];

function matches(head: Uint8Array, at: number, bytes: string | readonly number[]): boolean {
  const wanted = typeof bytes === 'string' ? Array.from(bytes, (character) => character.charCodeAt(0)) : bytes;
  return wanted.every((byte, k) => head[at + k] === byte);
}

/**
 * What a file is, by its first bytes.
 * @param head its first `enoughToRecognise` bytes, or all of them
 * @param size bytes of the whole file
 */
export function recognise(head: Uint8Array, size: number): Recognised {
  if (size === 0) return known('empty');
  const signature = signatures.find(([, at, bytes]) => matches(head, at, bytes))?.[0];
  if (signature === 'zip') return known(zipKind(head));
  if (signature) return known(signature);
  if (isSafetensors(head, size)) return known('safetensors');
  if (isPickle(head)) return known('pickle');
  return textOf(head, size) ?? known('binary');
}

/** What a file is, read from its beginning. */
export async function recogniseFile(source: TextSource): Promise<Recognised> {
  const head = new Uint8Array(Math.min(enoughToRecognise, source.size));
  let at = 0;
  for await (const piece of source.open(0, head.length)) {
    head.set(piece, at);
    at += piece.length;
  }
  return recognise(head.subarray(0, at), source.size);
}

/**
 * The error for a file of another kind than is needed: it says what the file is, and what to do.
 * @param wanted what is expected, with its article
 */
export function wrongKind(where: string, found: Recognised, wanted: string): InputError {
  return new InputError(where, found.name, found.advice === undefined ? wanted : `${wanted}; ${found.advice}`);
}

/** A zip archive is what its first entries say. */
function zipKind(head: Uint8Array): FileKind {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  const names: string[] = [];
  for (let at = 0; at + 30 <= head.length && view.getUint32(at, true) === 0x04034b50; ) {
    const length = view.getUint16(at + 26, true);
    names.push(new TextDecoder().decode(head.subarray(at + 30, Math.min(head.length, at + 30 + length))));
    // The packed size is 0 where it follows the data; then the next entry is not found, and one name is enough.
    at += 30 + length + view.getUint16(at + 28, true) + view.getUint32(at + 18, true);
  }
  if (names.some((name) => /(^|\/)data\.pkl$/.test(name))) return 'torch-zip';
  if (names.some((name) => name === '[Content_Types].xml' || name === 'mimetype' || name.startsWith('word/')))
    return 'office';
  return 'zip';
}

/** Eight bytes of length, and a JSON object of that length. */
function isSafetensors(head: Uint8Array, size: number): boolean {
  if (head.length < 10) return false;
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true);
  // A header that ends beyond the file is still recognised, so that a truncated download is named as one.
  if (length < 2n || length > 100_000_000n || head[8] !== 0x7b) return false;
  const rest = new TextDecoder().decode(head.subarray(9, 64)).trimStart();
  return rest.startsWith('"') || rest.startsWith('}') || Number(length) + 8 === size;
}

/** Protocol 2 or later begins with its number; so do the files of torch.save before version 1.6. */
const isPickle = (head: Uint8Array) =>
  head[0] === 0x80 && (head[1] ?? 0) >= 2 && (head[1] ?? 0) <= 5 && !isUtf8(head.subarray(0, 2));

function isUtf8(bytes: Uint8Array): boolean {
  try {
    // A character cut off by the end is no fault of the file.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}

const mostStrange = 0.1;

/** Characters of a text that no text has many of: control characters and what does not decode. */
function strangeness(text: string): number {
  let strange = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    if (code < 9 || (code > 13 && code < 32) || code === 0x7f || code === 0xfffd) strange++;
  }
  return strange / Math.max(1, text.length);
}

/** How the bytes encode text, if they do. */
function encodingOf(head: Uint8Array): Pick<Recognised, 'encoding' | 'hasByteOrderMark'> | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return { encoding: 'utf-16le', hasByteOrderMark: true };
  if (head[0] === 0xfe && head[1] === 0xff) return { encoding: 'utf-16be', hasByteOrderMark: true };
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return { encoding: 'utf-8', hasByteOrderMark: true };
  const zeros = [0, 0];
  for (let i = 0; i < head.length; i++) if (head[i] === 0) zeros[i % 2] = (zeros[i % 2] ?? 0) + 1;
  const [even = 0, odd = 0] = zeros;
  // UTF-16 of a western text without a mark: every other byte is zero.
  if (odd > head.length / 4 && even < head.length / 40) return { encoding: 'utf-16le' };
  if (even > head.length / 4 && odd < head.length / 40) return { encoding: 'utf-16be' };
  if (even + odd > 0) return undefined;
  return { encoding: isUtf8(head) ? 'utf-8' : 'not-utf-8' };
}

function textOf(head: Uint8Array, size: number): Recognised | undefined {
  const found = encodingOf(head);
  if (!found) return undefined;
  const decoder = new TextDecoder(found.encoding === 'not-utf-8' ? 'latin1' : found.encoding);
  const text = decoder.decode(head, { stream: true });
  // A short file of bytes above 127 is text in some encoding; control characters are none.
  if (strangeness(text) > mostStrange) return undefined;
  return known(textKind(text, head.length === size), found);
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The kind of a text by its beginning; `isWhole` says that nothing follows. */
function textKind(text: string, isWhole: boolean): FileKind {
  if (/^version https?:\/\/(?:git-lfs|hawser)/.test(text)) return 'lfs-pointer';
  const start = text.trimStart();
  if (start === '') return 'text';
  const json = /^[{[]/.test(start) ? jsonKind(start, isWhole) : undefined;
  if (json) return json;
  if (/^(?:<!--[\s\S]*?-->\s*)?<(?:!doctype html|html|head|body)\b/i.test(start)) return 'html';
  if (/^<\?xml\b/.test(start)) return /^<\?xml[^>]*\?>\s*(?:<!doctype html|<html\b)/i.test(start) ? 'html' : 'xml';
  if (/^<([a-z][\w:.-]*)(?:\s+[\w:.-]+\s*=\s*["'][^<]*)?\s*\/?>/i.test(start) && /<\/[a-z][\w:.-]*>/i.test(start))
    return 'xml';
  if (/^#version: \d/.test(start)) return 'merges';
  const lines = start.split(/\r?\n/);
  if (!isWhole) lines.pop();
  // WordPiece's own tokens, each alone on its line.
  if (/^(?:\[PAD\]|\[UNK\]|\[CLS\])\r?$/m.test(start) && lines.every((line) => !/\s\S/.test(line))) return 'vocabulary';
  return isTable(lines) ? 'csv' : 'text';
}

/** The top-level keys of a JSON object whose end may be missing; for an object that parses, all of them. */
function keysOf(text: string): Set<string> {
  const keys = new Set<string>();
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    else if (character === '"') {
      const from = i++;
      for (; i < text.length && text[i] !== '"'; i++) if (text[i] === '\\') i++;
      if (depth === 1 && /^\s*:/.test(text.slice(i + 1, i + 20))) keys.add(text.slice(from + 1, i));
    }
  }
  return keys;
}

function jsonKind(text: string, isWhole: boolean): FileKind | undefined {
  const [first = '', ...others] = text.split('\n');
  const line = parsed(first);
  const next = others.find((other) => other.trim() !== '');
  if (isRecord(line) && next?.startsWith('{')) return 'jsonl';
  const value = isWhole ? parsed(text) : undefined;
  if (isWhole && value === undefined) return undefined;
  if (text.startsWith('[')) return isWhole || /^\[\s*(?:[[{"\d\]-]|true|false|null)/.test(text) ? 'json' : undefined;
  if (!isWhole && !/^\{\s*(?:"|\})/.test(text)) return undefined;
  const keys = keysOf(text);
  if (keys.has('format') && /"format"\s*:\s*"rmt-playground run"/.test(text)) return 'run';
  if (keys.has('weight_map')) return 'shard-index';
  if (keys.has('model') && (keys.has('added_tokens') || keys.has('pre_tokenizer'))) return 'tokenizer';
  if (keys.has('tokenizer_class') || keys.has('do_lower_case') || keys.has('added_tokens_decoder'))
    return 'tokenizer-config';
  if (keys.has('model_type') || keys.has('hidden_size') || keys.has('n_embd')) return 'model-config';
  if (keys.size > 256 && /^\{\s*"[^"\\]*(?:\\.[^"\\]*)*"\s*:\s*\d+\s*,/.test(text)) return 'bpe-vocabulary';
  return 'json';
}

/** How many cells a line has; a separator within quotes is none. */
const cells = (line: string, separator: string) => line.replace(/"(?:[^"]|"")*"/g, '').split(separator).length;

/** At least three lines with the same number of cells, three or more, under headings that read as names. */
function isTable(lines: readonly string[]): boolean {
  const rows = lines.filter((line) => line !== '').slice(0, 50);
  const [header = ''] = rows;
  return [',', '\t'].some((separator) => {
    const columns = cells(header, separator);
    return (
      rows.length >= 3 &&
      columns >= 3 &&
      header.split(separator).every((name) => /^\s*"?[\p{L}_][\p{L}\p{N}_ -]{0,30}"?\s*$/u.test(name)) &&
      rows.every((row) => cells(row, separator) === columns || (row.match(/"/g) ?? []).length % 2 === 1)
    );
  });
}
