// A user's documents: the two XML files in which the Hyperpartisan news corpus is published, articles and labels.
import { InputError } from '../errors.ts';
import type { TextSource } from '../io/text-source.ts';
import { articlesOf, labelsOf } from './articles-xml.ts';
import type { DocumentSource } from './document-source.ts';
import type { PieceVocabulary } from './pieces/piece-vocabulary.ts';
import type { OnProgress } from './read-text.ts';
import type { Split } from './split.ts';
import { hashOf } from './split.ts';
import { Tally } from './text-report.ts';
import { TokenStore } from './token-store.ts';
import { oncePerVocabulary } from './vocabulary.ts';
import { checkVocabularySize, defaultWords, WordCounts } from './word-counts.ts';
import { UNK, words } from './words.ts';

export interface DocumentOptions {
  /** How many of the most frequent words are kept; 8192 by default. */
  readonly vocabularySize?: number | undefined;
  /** Maximum tokens kept of a document, so that one endless article does not fill the memory. */
  readonly longest?: number | undefined;
  /** The tokenizer of the model that reads them, instead of words. */
  readonly pieces?: PieceVocabulary | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** Words that are not kept, as examples of them. */
const mostRare = 12;

interface Kept {
  readonly start: number;
  readonly length: number;
  readonly answer: number;
}

/** 1 in 10 is held out for validation, by the hash of its id: the same ones however many articles there are. */
export const isHeldOut = (id: string) => hashOf([...id].map((character) => character.codePointAt(0) ?? 0)) % 10 === 0;

/**
 * Read the articles and their labels. Title and text are split into lower-case words; articles without words are
 * dropped.
 * @throws InputError if a file is not well-formed, an article has no label, or all have the same class
 */
export async function readDocuments(
  articles: TextSource,
  labels: TextSource,
  { vocabularySize = defaultWords, longest = 8192, pieces, onProgress }: DocumentOptions = {},
): Promise<DocumentSource> {
  const { name } = articles;
  if (pieces) return readInPieces(articles, labels, pieces, longest, onProgress);
  checkVocabularySize(name, vocabularySize);
  const answers = await labelsOf(labels);
  const counts = new WordCounts();
  for await (const { text } of articlesOf(articles, 0, 2, onProgress)) for (const word of words(text)) counts.add(word);
  const counted = counts.mostFrequent(vocabularySize + mostRare);
  const [kept, rare] = [counted.slice(0, vocabularySize), counted.slice(vocabularySize)];
  // Values are indices into the list of words; the index after the last stands for any other word.
  const places = new Map(kept.map((word, place) => [word, place]));
  const store = new TokenStore(kept.length + 1);
  const times = new Float64Array(kept.length + 1);
  const keep = (text: string) => {
    for (const word of words(text).slice(0, longest)) {
      const place = places.get(word) ?? kept.length;
      store.push(place);
      times[place] = (times[place] ?? 0) + 1;
    }
  };
  const parts = await collected(
    articlesOf(articles, 1, 2, onProgress),
    { name, answers, labels: labels.name },
    store,
    keep,
  );

  const idsOf = oncePerVocabulary((vocabulary) => Int32Array.from([...kept, UNK], (word) => vocabulary.id(word)));
  return {
    name,
    words: kept,
    draw(random, split, most, vocabulary) {
      const ids = idsOf(vocabulary);
      const { start, length, answer } = random.pick(parts[split]);
      const tokens = store.copy(start, Math.min(length, most)).map((place) => ids[place] ?? vocabulary.unknown);
      return { tokens, answer };
    },
    report(vocabulary) {
      const ids = idsOf(vocabulary);
      const tally = new Tally(name, 'words', vocabulary);
      let different = counts.size - kept.length;
      times.forEach((count, place) => {
        const id = ids[place] ?? vocabulary.unknown;
        if (count === 0) return;
        tally.add(id, count);
        if (id !== vocabulary.unknown || place === kept.length) return;
        tally.unknown(kept[place] ?? '', count);
        different++;
      });
      for (const word of rare) tally.unknown(word);
      return tally.report(different);
    },
  };
}

/** The articles in pieces of a tokenizer. */
async function readInPieces(
  articles: TextSource,
  labels: TextSource,
  vocabulary: PieceVocabulary,
  longest: number,
  onProgress: OnProgress | undefined,
): Promise<DocumentSource> {
  const { name } = articles;
  const answers = await labelsOf(labels);
  const store = new TokenStore(vocabulary.size);
  const tally = new Tally(name, 'pieces', vocabulary);
  const keep = (text: string) => {
    const { ids, offsets } = vocabulary.tokenizer.encode(text);
    ids.subarray(0, longest).forEach((id, k) => {
      store.push(id);
      tally.add(id);
      if (id === vocabulary.unknown) tally.unknown(text.slice(offsets[2 * k], offsets[2 * k + 1]));
    });
  };
  const parts = await collected(
    articlesOf(articles, 0, 1, onProgress),
    { name, answers, labels: labels.name },
    store,
    keep,
  );
  return {
    name,
    words: [],
    draw(random, split, most) {
      const { start, length, answer } = random.pick(parts[split]);
      return { tokens: store.copy(start, Math.min(length, most)), answer };
    },
    report: () => tally.report(),
  };
}

/**
 * Where each article is in the store, once `keep` has put it there.
 * @throws InputError if an article has no label, or there are too few
 */
async function collected(
  articles: AsyncIterable<{ readonly id: string; readonly text: string }>,
  given: { readonly name: string; readonly answers: ReadonlyMap<string, number>; readonly labels: string },
  store: TokenStore,
  keep: (text: string) => void,
): Promise<Record<Split, Kept[]>> {
  const { name, answers, labels } = given;
  const parts: Record<Split, Kept[]> = { train: [], validation: [] };
  let found = 0;
  for await (const { id, text } of articles) {
    found++;
    const answer = answers.get(id);
    if (answer === undefined) throw new InputError(name, `article '${id}' without a label`, `one in ${labels}`);
    const start = store.length;
    keep(text);
    if (store.length > start)
      parts[isHeldOut(id) ? 'validation' : 'train'].push({ start, length: store.length - start, answer });
  }
  if (found === 0) throw new InputError(name, 'no articles', '<articles> with at least one <article> of each class');
  checkClasses(name, parts);
  return parts;
}

function checkClasses(name: string, { train, validation }: Readonly<Record<Split, readonly Kept[]>>): void {
  const all = [...train, ...validation];
  if (all.length === 0) throw new InputError(name, 'articles without a word', 'articles with a text');
  const hyperpartisan = all.filter(({ answer }) => answer === 1).length;
  if (hyperpartisan === 0 || hyperpartisan === all.length)
    throw new InputError(name, `${all.length} articles, all labelled ${hyperpartisan > 0}`, 'articles of both classes');
  if (train.length === 0 || validation.length === 0)
    throw new InputError(
      name,
      `${all.length} articles, ${validation.length} of them held out`,
      'enough of them for training and validation',
    );
}
