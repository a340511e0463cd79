// What a task's samples are made of: the user's files, or the built-in data.
import { InputError } from '../errors.ts';
import { places } from '../tasks/facts.ts';
import { type Material, type Task, takesNoise } from '../tasks/task.ts';
import { generatedDocuments } from '../text/generated-documents.ts';
import { generatedNoise } from '../text/noise.ts';
import { openText, openXml } from '../text/open-text.ts';
import { pieceNoise } from '../text/pieces/piece-noise.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { respelledCorpus, respelledDocuments, respelledNoise } from '../text/pieces/respelled.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { readDocuments } from '../text/read-documents.ts';
import { readStories } from '../text/read-stories.ts';
import { generatedCorpus } from '../text/stories.ts';
import { textNoise } from '../text/text-noise.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { Materials } from './materials.ts';

/** Called with the fraction of a file that has been read, from 0 to 1. */
export type OnFileProgress = (name: string, share: number) => void;

/**
 * Load what the user supplied for a task: noise is read as a whole, files that may be large are streamed.
 * @throws InputError if a file cannot be used, or is not what the task takes
 */
export async function materialOf(
  task: Task,
  values: {
    readonly noiseWords: number;
    /** How many words to keep, or an existing vocabulary. */
    readonly words: number | Vocabulary;
    readonly knobs: Readonly<Record<string, string>>;
  },
  given: Materials,
  reading: OnFileProgress,
): Promise<Material> {
  const { noiseWords, words, knobs: own } = values;
  // An existing model reads a text in its own vocabulary; documents are converted to it as they are drawn.
  const kept = typeof words === 'number' ? { vocabularySize: words } : { vocabulary: words };
  const pieces = words instanceof PieceVocabulary ? words : undefined;
  const vocabularySize = typeof words === 'number' ? words : words.size;
  const refuse = (name: string, takes: string) => {
    throw new InputError(name, `a file for ${task.id}, which takes ${takes}`, 'another task, or no file');
  };
  const takes = {
    noise: 'a noise text',
    stories: 'stories and a noise text',
    text: 'a text',
    documents: 'articles and labels',
    none: 'no file',
  }[task.material];
  if (given.noise && !takesNoise(task)) refuse(given.noise.name, takes);
  if (given.stories && task.material !== 'stories') refuse(given.stories.name ?? 'stories', takes);
  if (given.text && task.material !== 'text') refuse(given.text.name, takes);
  if ((given.articles || given.labels) && task.material !== 'documents')
    refuse((given.articles ?? given.labels)?.name ?? '', takes);
  const stories = given.stories && (await readStories(given.stories));
  const noise = pieces
    ? given.noise
      ? pieceNoise(given.noise.name, given.noise.text, pieces)
      : respelledNoise(generatedNoise(noiseWords), pieces)
    : given.noise
      ? textNoise(given.noise.name, given.noise.text, stories?.answers ?? places)
      : generatedNoise(noiseWords);
  const progress = (name: string) => ({ onProgress: (share: number) => reading(name, share) });
  if (given.text) {
    const text = await openText(given.text);
    const unit = task.knobs['unit']?.choices.find((choice) => choice === own['unit']) ?? task.knobs['unit']?.initial;
    const corpus = await readCorpus(text, {
      unit: pieces ? 'pieces' : (unit as 'words' | 'characters' | 'bytes'),
      ...kept,
      ...progress(given.text.name),
    });
    return { noise, corpus, knobs: own };
  }
  if (given.articles || given.labels) {
    if (!given.articles || !given.labels)
      throw new InputError(
        'documents',
        `only ${(given.articles ?? given.labels)?.name}`,
        'the articles and their labels',
      );
    const articles = await openXml(given.articles);
    const labels = await openXml(given.labels);
    const documents = await readDocuments(articles, labels, { vocabularySize, pieces, ...progress(articles.name) });
    return { noise, documents, knobs: own };
  }
  if (pieces && task.material === 'text')
    return { noise, corpus: respelledCorpus(generatedCorpus('words'), pieces), knobs: own };
  if (pieces && task.material === 'documents')
    return { noise, documents: respelledDocuments(generatedDocuments(), pieces), knobs: own };
  return { noise, ...(stories ? { stories } : {}), knobs: own };
}
