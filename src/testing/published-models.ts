// Tiny models in the layouts of other programs, written by src/testing/golden/published/make_published.py, and what
// their numbers are.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bytesSource, type TextSource } from '../io/text-source.ts';

const root = fileURLToPath(new URL('golden/published/', import.meta.url));

/** The files of a model, as if a person had chosen them. */
export const publishedFiles = (name: string): TextSource[] =>
  readdirSync(`${root}${name}`).map((file) => bytesSource(file, publishedBytes(name, file)));

export const publishedBytes = (name: string, file: string) => new Uint8Array(readFileSync(`${root}${name}/${file}`));

/** The numbers of a parameter, by its name in our checkpoints. */
export function publishedValues(name: string, count: number): Float32Array {
  const key = Array.from(name).reduce((sum, character, k) => sum + (k + 1) * character.charCodeAt(0), 0);
  return Float32Array.from({ length: count }, (_, i) => (((i * 7 + key) % 251) - 125) / 256);
}

/** The same file with other contents. */
export const replaced = (files: readonly TextSource[], name: string, content: string | Uint8Array): TextSource[] => [
  ...files.filter((file) => file.name !== name),
  bytesSource(name, typeof content === 'string' ? new TextEncoder().encode(content) : content),
];
