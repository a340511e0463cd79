// A collection of documents, whether generated on demand or held in memory.
import type { Random } from '../random.ts';
import type { Split } from './split.ts';
import type { TextReport } from './text-report.ts';
import type { Vocabulary } from './vocabulary.ts';

/** The two classes of a document, in label order, as words of its vocabulary. */
export const verdicts = ['no', 'yes'] as const;

export interface DocumentSource {
  /** Its name in messages: the file name. */
  readonly name: string;
  /** The words it needs in the vocabulary; its other words are read as [UNK]. */
  readonly words: readonly string[];
  /** One document, truncated to `most` tokens and never empty; `answer` is the index of its class. */
  draw(
    random: Random,
    split: Split,
    most: number,
    vocabulary: Vocabulary,
  ): { readonly tokens: Int32Array; readonly answer: number };
  /** How much of the user's articles a vocabulary covers. */
  report?(vocabulary: Vocabulary): TextReport;
}
