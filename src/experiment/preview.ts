// What a run would read of the user's text, before it starts.
import { InputError } from '../errors.ts';
import type { TextSource } from '../io/text-source.ts';
import { openText } from '../text/open-text.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { readCorpus } from '../text/read-corpus.ts';
import type { TextReport } from '../text/text-report.ts';
import type { RunConfig } from './config.ts';
import type { Materials } from './materials.ts';
import type { Work } from './workspace.ts';

/** What a run would read: how much of the beginning of its text the vocabulary covers, or why it cannot be read. */
export interface Preview {
  readonly text?: TextReport;
  readonly problem?: string;
}

/** Bytes of a text read for its preview. */
const previewed = 2 ** 20;

/**
 * Read the beginning of the user's text, as a run of this configuration would.
 * @param hasStart whether the run reads it in the vocabulary of the model that it starts from
 */
export async function previewOf(
  config: RunConfig,
  given: Materials,
  { report, vocabulary }: Pick<Work, 'report' | 'vocabulary'>,
  hasStart: boolean,
): Promise<Preview> {
  const { text } = given;
  if (!text || config.tokenizer !== 'words') return report ? { text: report } : {};
  try {
    const { train, validation } = await openText(text);
    const first = train ?? validation;
    if (!first) return {};
    const beginning: TextSource = {
      name: first.size > previewed ? `the first 1 MB of ${first.name}` : first.name,
      size: Math.min(previewed, first.size),
      open: () => first.open(0, previewed),
    };
    const { unit, vocabulary_words: vocabularySize } = config;
    const kept = hasStart ? { vocabulary } : { vocabularySize };
    const isPieces = vocabulary instanceof PieceVocabulary;
    return { text: (await readCorpus(beginning, { unit: isPieces ? 'pieces' : unit, ...kept })).report };
  } catch (error) {
    if (error instanceof InputError) return { problem: error.message };
    throw error;
  }
}
