// rmt tokenize: the token ids and tokens of each line of a text, without special tokens around it.
import { readdirSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../errors.ts';
import { vocabularyOf } from '../experiment/vocabularies.ts';
import { openCheckpoint } from '../experiment/workspace.ts';
import { bytesSource, type TextSource } from '../io/text-source.ts';
import { openPieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { tokenizerOf } from '../text/tokenizer.ts';
import { tokenizerJsonOf } from '../text/tokenizer-files.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { options, printJson, readBytes } from './arguments.ts';

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

/** @throws InputError if the files hold no tokenizer */
async function openTokenizer(path: string): Promise<Vocabulary> {
  const json = await tokenizerJsonOf(filesOf(path));
  if (json === undefined)
    throw new InputError('tokenizer', `none in '${path}'`, 'tokenizer.json, vocab.txt, or vocab.json with merges.txt');
  return openPieceVocabulary(json, `tokenizer ${path}`);
}

function openCheckpointVocabulary(path: string): Promise<Vocabulary> {
  const { checkpoint, where } = openCheckpoint(readBytes('checkpoint', path), path);
  return vocabularyOf(checkpoint, where);
}

/** The lines of a file, each of which is a document. */
function linesOf(path: string): string[] {
  const bytes = readBytes('text', path, 2 ** 30);
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`text ${path}`, 'not UTF-8', 'a text in UTF-8');
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

export async function tokenize(words: readonly string[]): Promise<void> {
  const given = options('tokenize', words, { tokenizer: 'text', checkpoint: 'text', text: 'text', json: 'flag' });
  const { tokenizer: file, checkpoint, text } = given;
  if ((file === undefined) === (checkpoint === undefined))
    throw new InputError(
      'tokenize',
      file === undefined ? 'neither --tokenizer nor --checkpoint' : 'both --tokenizer and --checkpoint',
      'one of them',
    );
  // Standard input, as other tools read it.
  const lines = linesOf(text ?? '/dev/stdin');
  const vocabulary = file === undefined ? await openCheckpointVocabulary(checkpoint ?? '') : await openTokenizer(file);
  const { encode } = tokenizerOf(vocabulary);
  const documents = lines.map((line) => {
    const ids = [...encode(line).ids];
    return { ids, tokens: ids.map((id) => vocabulary.word(id)) };
  });
  if (given.json) return printJson(documents);
  for (const { ids, tokens } of documents)
    process.stdout.write(`${tokens.map((token, k) => `${token} ${ids[k]}`).join('  ')}\n`);
}
