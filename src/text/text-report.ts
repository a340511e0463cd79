// How well a vocabulary covers a text: what a model trained on it, or reading it, can see of it at all.
import type { Unit } from './unit.ts';
import type { Vocabulary } from './vocabulary.ts';
import { WordCounts } from './word-counts.ts';

export interface TextReport {
  /** The text's name. */
  readonly name: string;
  readonly unit: Unit;
  /** Its words, characters or bytes, and how many of them are read as [UNK]. */
  readonly words: number;
  readonly unknown: number;
  /** The most frequent of those, and how many different ones there are. */
  readonly examples: readonly string[];
  readonly different: number;
  /** The most frequent token as the model reads it, and how often it occurs. */
  readonly commonest: { readonly token: string; readonly count: number };
}

const mostExamples = 12;
/** Different unknown words that are counted: enough to find the most frequent. */
const mostDifferent = 2 ** 16;

/** Counts the tokens of a text as they are read. */
export class Tally {
  private readonly counts: Float64Array;
  private readonly missing = new WordCounts(mostDifferent);

  constructor(
    private readonly name: string,
    private readonly unit: Unit,
    private readonly vocabulary: Vocabulary,
  ) {
    this.counts = new Float64Array(vocabulary.size);
  }

  /** A token, or several. */
  add(id: number, times = 1): void {
    this.counts[id] = (this.counts[id] ?? 0) + times;
  }

  /** A word that was read as [UNK]. */
  unknown(word: string, times = 1): void {
    this.missing.add(word, times);
  }

  /** @param different how many different words were read as [UNK], where not each was named */
  report(different?: number): TextReport {
    const { counts, missing, name, unit, vocabulary } = this;
    let [words, highest, commonest] = [0, 0, 0];
    counts.forEach((count, id) => {
      words += count;
      if (count <= highest) return;
      highest = count;
      commonest = id;
    });
    return {
      name,
      unit,
      words,
      unknown: counts[vocabulary.unknown] ?? 0,
      examples: missing.mostFrequent(mostExamples),
      different: different ?? missing.size,
      commonest: { token: vocabulary.word(commonest), count: highest },
    };
  }
}

const names: ReadonlyMap<string, string> = new Map([
  [' ', 'the space'],
  ['\n', 'the line end'],
  ['\\x0a', 'the line end'],
  ['<eos>', 'the line end'],
]);

/** A share from 0 to 1 in per cent. */
export const shareText = (share: number) => `${(100 * share).toFixed(share > 0 && share < 0.01 ? 1 : 0)} %`;
/** A token of a vocabulary, for display. */
export const tokenName = (token: string) => names.get(token) ?? token;
const grouped = (n: number) => n.toLocaleString('en');

/** The report in one or two sentences. */
export function reportText({ name, unit, words, unknown, examples, different, commonest }: TextReport): string {
  const shown = examples.slice(0, 6).join(' ');
  const missing =
    unknown === 0
      ? 'all in the vocabulary'
      : `${shareText(unknown / words)} read as [UNK]${shown === '' ? '' : ` (${grouped(different)} different, such as ${shown})`}`;
  return `${name}: ${grouped(words)} ${unit}, ${missing}. Most frequent: ${tokenName(commonest.token)}, ${shareText(commonest.count / Math.max(1, words))}.`;
}
