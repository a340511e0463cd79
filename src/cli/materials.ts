// The input files of a task: small ones are read at once, large ones opened for streaming.
import * as fs from 'node:fs/promises';
import { basename } from 'node:path';
import { nodeSource } from '../io/node-text-source.ts';
import type { Materials } from '../protocol/index.ts';
import { readBytes } from './arguments.ts';
import type { NamedFile } from './outputs.ts';

/** The options that name these files. */
export const materialOptions = { noise: 'text', text: 'text', articles: 'text', labels: 'text' } as const;

type Given = Readonly<Record<keyof typeof materialOptions, string | undefined>>;

/** The files that these options name. */
export const materialFiles = (given: Given): NamedFile[] =>
  (Object.keys(materialOptions) as (keyof Given)[]).flatMap((name) => {
    const file = given[name];
    return file === undefined ? [] : [{ where: `--${name}`, file }];
  });

/** @throws InputError if a file cannot be read */
export async function materialsOf(given: Given): Promise<Materials> {
  const streamed = async (name: 'text' | 'articles' | 'labels') => {
    const path = given[name];
    return path === undefined ? {} : { [name]: await nodeSource(fs, path) };
  };
  const noise =
    given.noise === undefined
      ? {}
      : {
          noise: {
            name: basename(given.noise),
            text: new TextDecoder().decode(readBytes('noise', given.noise, 64 * 2 ** 20)),
          },
        };
  return { ...noise, ...(await streamed('text')), ...(await streamed('articles')), ...(await streamed('labels')) };
}
