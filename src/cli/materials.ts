// The input files of a task: a noise text is read at once, the others, which may be large, are opened for streaming; and
// what is said about them.
import * as fs from 'node:fs/promises';
import { basename } from 'node:path';
import { suspicionsOf } from '../analysis/suspicion.ts';
import { nodeSource } from '../io/node-text-source.ts';
import { bytesSource } from '../io/text-source.ts';
import type { Materials, TextReport } from '../protocol/index.ts';
import { readWholeText } from '../text/open-text.ts';
import { longestNoise } from '../text/text-noise.ts';
import { reportText } from '../text/text-report.ts';
import { readBytes } from './arguments.ts';
import type { NamedFile } from './outputs.ts';
import { readTokenizer } from './tokenizer-files.ts';

/** The options that name these files. */
export const materialOptions = {
  noise: 'text',
  text: 'text',
  stories: 'text',
  articles: 'text',
  labels: 'text',
} as const;

type Given = Readonly<Record<keyof typeof materialOptions, string | undefined>>;

/** The files that these options name. */
export const materialFiles = (given: Given): NamedFile[] =>
  (Object.keys(materialOptions) as (keyof Given)[]).flatMap((name) => {
    const file = given[name];
    return file === undefined ? [] : [{ where: `--${name}`, file }];
  });

/** @throws InputError if a file cannot be read, or a noise text is none */
export async function materialsOf(given: Given): Promise<Materials> {
  const streamed = async (name: 'text' | 'stories' | 'articles' | 'labels') => {
    const path = given[name];
    return path === undefined ? {} : { [name]: await nodeSource(fs, path) };
  };
  return {
    ...(given.noise === undefined ? {} : { noise: await noiseOf(given.noise) }),
    ...(await streamed('text')),
    ...(await streamed('stories')),
    ...(await streamed('articles')),
    ...(await streamed('labels')),
  };
}

/** The same for a new run, which may have a tokenizer too. */
export async function runMaterials(given: Given & { readonly tokenizer: string | undefined }): Promise<Materials> {
  const { tokenizer: path } = given;
  const materials = await materialsOf(given);
  if (path === undefined) return materials;
  return { ...materials, tokenizer: { name: basename(path), text: await readTokenizer(path) } };
}

async function noiseOf(path: string) {
  const source = bytesSource(basename(path), readBytes('noise', path, 64 * 2 ** 20));
  return readWholeText(source, longestNoise);
}

/**
 * Say on stderr how much of the text the vocabulary covers, and what follows from it.
 * @param quiet only what follows: the JSON document has the rest
 */
export function sayText(report: TextReport | undefined, quiet: boolean): void {
  if (!report) return;
  if (!quiet) process.stderr.write(`rmt: ${reportText(report)}\n`);
  for (const { sentence } of suspicionsOf({ words: report })) process.stderr.write(`rmt: warning: ${sentence}\n`);
}
