// The results reported in RMT (Bulatov et al. 2022): one row per case, one column per kind of memory.
// Source: Bulatov et al. 2022, arXiv:2207.06881, tables and figures on algorithmic tasks, language modelling and Hyperpartisan
import type { ModelId } from '../../models/catalogue.ts';
import type { TaskId } from '../../tasks/index.ts';

/** The three kinds of memory compared in RMT, and the models here that belong to each. */
export const families = {
  rmt: { title: 'RMT', models: ['rmt-gpt2', 'rmt-transformer-xl'] },
  xl: { title: 'Transformer-XL', models: ['transformer-xl'] },
  none: { title: 'no memory', models: ['gpt2'] },
} as const satisfies Readonly<Record<string, { readonly title: string; readonly models: readonly ModelId[] }>>;
export type Family = keyof typeof families;

export interface AlgorithmRow {
  readonly task: TaskId;
  /** The name of the case in RMT. */
  readonly name: string;
  readonly segments: number;
  /** Accuracy, 0 to 1; absent where not reported. */
  readonly accuracy: Readonly<Partial<Record<Family, number>>>;
}

/** Rows of one case: its numbers of segments, and for each family the accuracies in the same order. */
const rows = (
  task: TaskId,
  name: string,
  segments: readonly number[],
  values: Readonly<Partial<Record<Family, readonly (number | undefined)[]>>>,
): AlgorithmRow[] =>
  segments.map((n, i) => ({
    task,
    name,
    segments: n,
    accuracy: Object.fromEntries(
      Object.entries(values).flatMap(([family, list]) => (list[i] === undefined ? [] : [[family, list[i]]])),
    ),
  }));

/** Memory as long as a segment, unless the name says otherwise. */
export const algorithms: readonly AlgorithmRow[] = [
  ...rows('copy', 'Copy 24', [1, 3, 6, 9], {
    rmt: [undefined, 1, 1, 1],
    xl: [undefined, 1, 0.967, 0.278],
    none: [1, 0.118, 0.102, 0.102],
  }),
  ...rows('copy', 'Copy 24, half the memory', [3, 6], { rmt: [1, 1], xl: [0.832, 0.541] }),
  ...rows('copy', 'Copy 120, memory 60, 30, 40', [3, 6, 9], {
    rmt: [1, 1, 1],
    xl: [0.778, 0.125, 0.136],
    none: [0.125, 0.123, 0.126],
  }),
  ...rows('reverse', 'Reverse 24', [1, 2, 4, 6], {
    rmt: [undefined, 1, 1, 0.9],
    xl: [undefined, 0.783, 0.861, 0.666],
    none: [1, 0.102, 0.101, 0.102],
  }),
  ...rows('reverse', 'Reverse 120, memory 60', [2, 4, 6], { rmt: [0.959, 0.997, 1], xl: [0.861, 0.614, 0.667] }),
  ...rows('retrieval', 'Associative retrieval, 4 pairs', [2, 3, 4, 5], {
    rmt: [0.99, 0.999, 0.992, 0.965],
    xl: [1, 1, 0.849, 0.988],
    none: [0.496, 0.496, 0.099, 0.099],
  }),
  ...rows('quadratic', 'Quadratic equations, 30 tokens a segment', [6], { rmt: [0.99], xl: [0.93] }),
  ...rows('quadratic', 'Quadratic equations, one segment', [1], { none: [0.99] }),
];

export interface LanguageRow {
  readonly text: string;
  readonly unit: 'words' | 'characters';
  readonly segment: number;
  readonly model: string;
  /** Perplexity of words, bits per character. */
  readonly value: number;
}

export const languages: readonly LanguageRow[] = [
  { text: 'WikiText-103', unit: 'words', segment: 150, model: 'no memory', value: 29.95 },
  { text: 'WikiText-103', unit: 'words', segment: 150, model: 'Transformer-XL, cache 150', value: 24.12 },
  { text: 'WikiText-103', unit: 'words', segment: 150, model: 'RMT, memory 25, BPTT 2', value: 24.85 },
  { text: 'WikiText-103', unit: 'words', segment: 150, model: 'Transformer-XL and RMT, 150 + 10', value: 23.99 },
  { text: 'WikiText-103', unit: 'words', segment: 50, model: 'no memory', value: 39.05 },
  { text: 'WikiText-103', unit: 'words', segment: 50, model: 'Transformer-XL, cache 50', value: 26.54 },
  { text: 'WikiText-103', unit: 'words', segment: 50, model: 'RMT, memory 10, BPTT 4', value: 26.25 },
  { text: 'enwik8', unit: 'characters', segment: 128, model: 'no memory', value: 1.39 },
  { text: 'enwik8', unit: 'characters', segment: 128, model: 'Transformer-XL, cache 100', value: 1.178 },
  { text: 'enwik8', unit: 'characters', segment: 128, model: 'RMT, memory 10, BPTT 2', value: 1.228 },
];

/** F1 in per cent, by 1, 2, 3 and 4 segments. */
export const hyperpartisan: readonly { readonly model: string; readonly f1: readonly number[] }[] = [
  { model: 'BERT with RMT', f1: [91.6, 94.12, 93.06, 94.34] },
  { model: 'RoBERTa with RMT', f1: [94.87, 97.2, 96.72, 98.11] },
];
