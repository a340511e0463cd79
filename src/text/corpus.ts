// A text for language modelling, whether generated on demand or held in memory.
import type { Random } from '../random.ts';
import type { Split } from './split.ts';
import type { TextReport } from './text-report.ts';
import { type Unit, units } from './unit.ts';
import type { Vocabulary } from './vocabulary.ts';

export { type Unit, units };

export interface Corpus {
  /** Its name in messages: the file name. */
  readonly name: string;
  readonly unit: Unit;
  readonly vocabulary: Vocabulary;
  /** How much of a file the vocabulary covers. */
  readonly report?: TextReport;
  /** Tokens of a split; Infinity where the text is generated on demand. */
  length(split: Split): number;
  /**
   * `length` consecutive tokens.
   * @throws InputError if the split has fewer
   */
  sample(random: Random, split: Split, length: number): Int32Array;
}

/** Bytes as words: printable characters stand for themselves, the rest are written as \x0a. */
export const byteWords: readonly string[] = Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
);
