// rmt tokenize: the token ids and tokens of each line of a text, without special tokens around it; or a tokenizer trained
// on the text.
import { basename } from 'node:path';
import { InputError } from '../errors.ts';
import { knobs } from '../experiment/config.ts';
import { vocabularyOf } from '../experiment/vocabularies.ts';
import { openCheckpoint } from '../experiment/workspace.ts';
import { enoughToRecognise, recognise } from '../io/recognise.ts';
import { bytesSource } from '../io/text-source.ts';
import { parseTokenizerJson } from '../io/tokenizer-json.ts';
import { openText } from '../text/open-text.ts';
import { openPieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { readText } from '../text/read-text.ts';
import { tokenizerOf } from '../text/tokenizer.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { integer, needed, type Options, options, printJson, readBytes } from './arguments.ts';
import { checkOutputs, PendingFile } from './outputs.ts';
import { readTokenizer } from './tokenizer-files.ts';

function openCheckpointVocabulary(path: string): Promise<Vocabulary> {
  const { checkpoint, where } = openCheckpoint(readBytes('checkpoint', path), path);
  return vocabularyOf(checkpoint, where);
}

/** The lines of a file, each of which is a document. */
function linesOf(path: string): string[] {
  const bytes = readBytes('text', path, 2 ** 30);
  const { encoding = 'utf-8' } = recognise(bytes.subarray(0, enoughToRecognise), bytes.length);
  let text: string;
  try {
    text = new TextDecoder(encoding.startsWith('utf-16') ? encoding : 'utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new InputError(`text ${path}`, 'not UTF-8', 'a text in UTF-8');
  }
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return lines;
}

const kinds = {
  tokenizer: 'text',
  checkpoint: 'text',
  text: 'text',
  train: 'text',
  pieces: 'text',
  out: 'text',
  json: 'flag',
} as const;

async function trainTokenizer(kind: string, given: Options<typeof kinds>): Promise<void> {
  if (kind !== 'wordpiece' && kind !== 'bpe')
    throw new InputError('tokenize: --train', `'${kind}'`, 'wordpiece or bpe');
  for (const name of ['tokenizer', 'checkpoint'] as const)
    if (given[name] !== undefined) throw new InputError('tokenize', `both --train and --${name}`, 'one of them');
  const { min, max } = knobs.pieces;
  const size = integer('tokenize: --pieces', needed('tokenize', 'pieces', given.pieces), min, max);
  const out = needed('tokenize', 'out', given.out);
  const { text = '/dev/stdin' } = given;
  checkOutputs([{ where: 'tokenize: --out', file: out }], [{ where: '--text', file: text }]);
  const { TokenizerTrainer } = await import('../text/pieces/tokenizer-trainer.ts');
  const trainer = new TokenizerTrainer(kind, size);
  const source = await openText(bytesSource(basename(text), readBytes('text', text, 2 ** 30)));
  const first = source.train ?? source.validation;
  if (first) for await (const part of readText(first)) trainer.add(part);
  const json = trainer.json(text);
  const { pieces } = parseTokenizerJson(json, out);
  const file = new PendingFile(out);
  file.write(`${json}\n`);
  file.commit();
  const report = { file: out, kind, pieces: pieces.length, words: trainer.total };
  if (given.json) printJson(report);
  else process.stdout.write(`${out}: ${pieces.length} pieces from ${trainer.total} words of ${text}\n`);
}

export async function tokenize(words: readonly string[]): Promise<void> {
  const given = options('tokenize', words, kinds);
  if (given.train !== undefined) return trainTokenizer(given.train, given);
  const { tokenizer: file, checkpoint, text } = given;
  for (const name of ['pieces', 'out'] as const)
    if (given[name] !== undefined) throw new InputError(`tokenize: --${name}`, 'no --train', '--train wordpiece|bpe');
  if ((file === undefined) === (checkpoint === undefined))
    throw new InputError(
      'tokenize',
      file === undefined ? 'neither --tokenizer nor --checkpoint' : 'both --tokenizer and --checkpoint',
      'one of them',
    );
  // Standard input, as other tools read it.
  const lines = linesOf(text ?? '/dev/stdin');
  const vocabulary =
    file === undefined
      ? await openCheckpointVocabulary(checkpoint ?? '')
      : await openPieceVocabulary(await readTokenizer(file), `tokenizer ${file}`);
  const { encode } = tokenizerOf(vocabulary);
  const documents = lines.map((line) => {
    const ids = [...encode(line).ids];
    return { ids, tokens: ids.map((id) => vocabulary.word(id)) };
  });
  if (given.json) return printJson(documents);
  for (const { ids, tokens } of documents)
    process.stdout.write(`${tokens.map((token, k) => `${token} ${ids[k]}`).join('  ')}\n`);
}
