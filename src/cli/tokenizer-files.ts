// --tokenizer: the files of a tokenizer, a folder of them or one that names the others.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { bytesSource, type TextSource } from '../io/text-source.ts';
import { tokenizerJsonOf } from '../text/tokenizer-files.ts';
import { readBytes } from './arguments.ts';

/** What may belong to a tokenizer that has no tokenizer.json. */
const companions: readonly string[] = ['vocab.txt', 'vocab.json', 'merges.txt', 'tokenizer_config.json'];

const isFolder = (path: string) => statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;

/** The files of a tokenizer: those in a folder, or a file with those beside it that it needs. */
function filesOf(path: string): TextSource[] {
  const source = (file: string) => bytesSource(basename(file), readBytes('tokenizer', file, 2 ** 28));
  const inside = (folder: string, names: readonly string[]) =>
    readdirSync(folder)
      .filter((name) => names.includes(name))
      .map((name) => source(join(folder, name)));
  if (isFolder(path)) return inside(path, ['tokenizer.json', ...companions]);
  const name = basename(path);
  const beside = companions.includes(name) ? companions.filter((other) => other !== name) : [];
  return [source(path), ...inside(dirname(path), name === 'vocab.txt' ? ['tokenizer_config.json'] : beside.slice(1))];
}

/** The text of the tokenizer.json that the files of a tokenizer make. @throws InputError if they hold none */
export async function readTokenizer(path: string): Promise<string> {
  const json = await tokenizerJsonOf(filesOf(path));
  if (json === undefined)
    throw new InputError('tokenizer', `none in '${path}'`, 'tokenizer.json, vocab.txt, or vocab.json with merges.txt');
  return json;
}
