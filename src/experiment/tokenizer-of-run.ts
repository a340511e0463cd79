// The tokenizer of a new run: a file, or one trained on the text that the run reads.
import { InputError } from '../errors.ts';
import { parseTokenizerJson } from '../io/tokenizer-json.ts';
import { Random } from '../random.ts';
import { findTask } from '../tasks/index.ts';
import type { Task } from '../tasks/task.ts';
import { articlesOf } from '../text/articles-xml.ts';
import { generatedDocuments } from '../text/generated-documents.ts';
import { generatedNoise } from '../text/noise.ts';
import { openText, openXml } from '../text/open-text.ts';
import { written } from '../text/pieces/respelled.ts';
import type { TokenizerTrainer } from '../text/pieces/tokenizer-trainer.ts';
import { isHeldOut } from '../text/read-documents.ts';
import { readStories } from '../text/read-stories.ts';
import { readText } from '../text/read-text.ts';
import { generatedCorpus } from '../text/stories.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { specials } from '../text/words.ts';
import type { RunConfig } from './config.ts';
import type { OnFileProgress } from './material.ts';
import type { Materials } from './materials.ts';

/** Characters of a text that a tokenizer is trained on: its beginning. */
const enough = 2 ** 23;
/** Words of the built-in data that it is trained on. */
const builtIn = 50_000;
/** Each word of a task counts as one in so many words of the text: most of them become pieces. */
const oneIn = 1000;

/** Count the words of the text that a run reads. @returns its name */
async function read(
  trainer: TokenizerTrainer,
  task: Task,
  noiseWords: number,
  given: Materials,
  reading: OnFileProgress,
): Promise<string> {
  const { noise, text, articles } = given;
  const random = new Random(1);
  let length = 0;
  const add = (part: string): boolean => {
    trainer.add(part);
    length += part.length;
    return length < enough;
  };
  if (task.material === 'documents' && articles) {
    const source = await openXml(articles);
    const onProgress = (share: number) => reading(source.name, share);
    for await (const { id, text } of articlesOf(source, 0, 1, onProgress))
      if (!isHeldOut(id) && !add(`${text}\n`)) break;
    return source.name;
  }
  if (task.material === 'documents') {
    const documents = generatedDocuments();
    const words = Vocabulary.of(documents.words);
    while (length < 6 * builtIn) add(`${written(documents.draw(random, 'train', builtIn, words).tokens, words)}\n`);
    return documents.name;
  }
  if (task.material === 'text' && text) {
    const { train, validation } = await openText(text);
    const first = train ?? validation;
    if (first)
      for await (const part of readText(first, 0, 1, (share) => reading(first.name, share))) if (!add(part)) break;
    return text.name ?? 'text';
  }
  if (task.material === 'text') {
    const corpus = generatedCorpus('words');
    const length = Math.min(builtIn, corpus.length('train'));
    add(written(corpus.sample(random, 'train', length), corpus.vocabulary));
    return corpus.name;
  }
  if (noise) add(noise.text.slice(0, enough));
  else {
    const source = generatedNoise(noiseWords);
    const words = Vocabulary.of(source.words);
    add(written(source.fill(random, builtIn, words), words));
  }
  // About five characters a word.
  const times = Math.ceil(length / 5 / oneIn);
  const stories = given.stories && (await readStories(given.stories));
  const nothing = { words: [], fill: (_: Random, length: number) => new Int32Array(length) };
  for (const word of task.vocabulary({ noise: nothing, stories }).words.slice(specials.length))
    for (const form of new Set([word, word.charAt(0).toUpperCase() + word.slice(1)])) trainer.addWord(form, times);
  return noise?.name ?? 'the built-in noise';
}

/**
 * The text of the tokenizer.json of a new run; undefined if it reads words.
 * @throws InputError if the file is missing or not wanted, or the text cannot be used
 */
export async function tokenizerOfRun(
  config: RunConfig,
  task: Task,
  given: Materials,
  reading: OnFileProgress,
): Promise<string | undefined> {
  const { tokenizer: kind, pieces } = config;
  const isFile = kind === 'file' && task.material !== 'none';
  if (isFile !== (given.tokenizer !== undefined))
    throw new InputError(
      'tokenizer',
      isFile ? 'no file' : `'${given.tokenizer?.name}' for a run with tokenizer=${kind}`,
      isFile ? 'a tokenizer, as tokenizer=file says' : 'tokenizer=file, or no file',
    );
  if (given.tokenizer) return given.tokenizer.text;
  if (task.material === 'none' || kind === 'words' || kind === 'file') return undefined;
  const { TokenizerTrainer } = await import('../text/pieces/tokenizer-trainer.ts');
  const trainer = new TokenizerTrainer(kind, pieces);
  return trainer.json(await read(trainer, task, config.noise_words, given, reading));
}

/**
 * How many pieces the tokenizer of a new run has, if its text has as many; undefined if it reads words.
 * @throws InputError if there is no file, or it is no tokenizer
 */
export function piecesOfRun({ tokenizer, pieces, task }: RunConfig, given: Materials): number | undefined {
  if (tokenizer === 'words' || findTask(task).material === 'none') return undefined;
  if (tokenizer !== 'file') return pieces;
  const file = given.tokenizer;
  if (!file) throw new InputError('tokenizer', 'no file', 'a tokenizer, as tokenizer=file says');
  return parseTokenizerJson(file.text, file.name).pieces.length;
}
