// A user's text as a corpus: read as a stream, split into words, characters or bytes, and stored as token ids.

import { InputError } from '../errors.ts';
import type { TextSource } from '../io/text-source.ts';
import type { Random } from '../random.ts';
import { byteWords, type Corpus, type Unit } from './corpus.ts';
import type { OpenedText } from './open-text.ts';
import { Parts } from './pieces/long-text.ts';
import { PieceVocabulary } from './pieces/piece-vocabulary.ts';
import { type OnProgress, readText, readUtf8 } from './read-text.ts';
import type { Split } from './split.ts';
import { Tally, type TextReport } from './text-report.ts';
import { largestVocabulary, TokenStore } from './token-store.ts';
import { Vocabulary } from './vocabulary.ts';
import { checkVocabularySize, defaultWords, WordCounts } from './word-counts.ts';
import { readWords } from './word-stream.ts';
import { endOfLine, splitOfWords } from './words.ts';

export interface CorpusOptions {
  readonly unit: Unit;
  /** How many of the most frequent words are kept; for words only, 8192 by default. */
  readonly vocabularySize?: number | undefined;
  /** The words of a model that will read the text, instead of the text's own. */
  readonly vocabulary?: Vocabulary | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/** A text in memory. */
export interface FileCorpus extends Corpus {
  /** Bytes of memory for its token ids. */
  readonly byteLength: number;
  /** How much of the text the vocabulary covers. */
  readonly report: TextReport;
}

/** Characters that are kept; enwik8 has thousands, nearly all of them very rare. */
export const mostCharacters = 1024;
const codePoints = 0x110000;
/** Share of a text without a validation part that is for training. */
const trained = 0.95;

/**
 * Read a text. Words are split at spaces if the text is already tokenised, as WikiText is published, and otherwise into
 * lower-case words and punctuation; '<unk>' is [UNK], and the end of a line the word '<eos>'. Without a published
 * validation part, the last 5 % are for validation. The vocabulary comes from the part to train on.
 * @throws InputError if the text is empty, not UTF-8, or far too short
 */
export async function readCorpus(text: TextSource | OpenedText, options: CorpusOptions): Promise<FileCorpus> {
  const { train, validation }: OpenedText = 'open' in text ? { train: text } : text;
  const first = train ?? validation;
  if (!first) throw new InputError('text', 'no file', 'a text to learn from');
  const { name } = first;
  checkVocabularySize(name, options.vocabularySize ?? defaultWords);
  if (options.vocabulary && options.vocabulary.size > largestVocabulary)
    throw new InputError('vocabulary', `${options.vocabulary.size} words`, `at most ${largestVocabulary}`);
  const counting = options.vocabulary || options.unit === 'bytes' || options.unit === 'pieces' ? 0 : 1;
  const passes = counting + (train && validation ? 2 : 1);
  const { vocabulary, store, read } = await readers[options.unit](first, options, passes);
  const tally = new Tally(name, options.unit, vocabulary);
  await read(first, tally, counting, passes);
  const inFirst = store.length;
  if (train && validation) await read(validation, tally, passes - 1, passes);
  if (store.length === 0) throw new InputError(name, 'no text', 'a text to learn from');
  const border = train === undefined ? 0 : validation ? inFirst : Math.floor(store.length * trained);
  const parts = { train: [0, border], validation: [border, store.length - border] } as const;
  // Too short to predict one token from another.
  if (parts.validation[1] < 2)
    throw new InputError(
      validation?.name ?? name,
      `${store.length} ${options.unit}`,
      validation ? 'at least 2' : 'more: 5 % of them are for validation',
    );
  return {
    name,
    unit: options.unit,
    vocabulary,
    byteLength: store.byteLength,
    report: tally.report(),
    length: (split) => parts[split][1],
    sample(random: Random, split: Split, length: number) {
      const [from, all] = parts[split];
      if (length > all)
        throw new InputError(
          name,
          `${all} ${options.unit} for ${split}`,
          `at least ${length}, one sample; use a longer text, or fewer segments`,
        );
      return store.copy(from + random.int(all - length + 1), length);
    },
  };
}

/** A vocabulary, and how to append a text to its store. */
interface Prepared {
  readonly vocabulary: Vocabulary;
  readonly store: TokenStore;
  read(source: TextSource, tally: Tally, pass: number, passes: number): Promise<void>;
}

async function inBytes(_: TextSource, { vocabulary: given, onProgress }: CorpusOptions): Promise<Prepared> {
  const ofBytes = Vocabulary.of(byteWords);
  const first = ofBytes.size - byteWords.length;
  if (given && byteWords.some((word, byte) => given.id(word) !== first + byte))
    throw new InputError('vocabulary', `${given.size} words`, 'the 256 bytes in order, to read a text in bytes');
  // Stored as raw bytes, one byte each.
  const store = new TokenStore(byteWords.length, first);
  return {
    vocabulary: given ?? ofBytes,
    store,
    async read(part, tally, pass, all) {
      for await (const { bytes } of readUtf8(part, pass, all, onProgress)) {
        store.append(bytes);
        for (const byte of bytes) tally.add(first + byte);
      }
    },
  };
}

async function inCharacters(
  source: TextSource,
  { vocabulary: given, onProgress }: CorpusOptions,
  passes: number,
): Promise<Prepared> {
  const count = async () => {
    const counts = new Float64Array(codePoints);
    for await (const text of readText(source, 0, passes, onProgress))
      for (let at = 0; at < text.length; at++) {
        const code = text.codePointAt(at) ?? 0;
        if (code > 0xffff) at++;
        counts[code] = (counts[code] ?? 0) + 1;
      }
    const found: number[] = [];
    counts.forEach((times, code) => {
      if (times > 0) found.push(code);
    });
    found.sort((a, b) => (counts[b] ?? 0) - (counts[a] ?? 0));
    return Vocabulary.of(found.slice(0, mostCharacters).map((code) => String.fromCodePoint(code)));
  };
  const vocabulary = given ?? (await count());

  const ids = new Uint16Array(codePoints).fill(vocabulary.unknown);
  vocabulary.words.slice(4).forEach((word, k) => {
    const code = word.codePointAt(0) ?? 0;
    if (word === String.fromCodePoint(code)) ids[code] = 4 + k;
  });
  const store = new TokenStore(vocabulary.size);
  return {
    vocabulary,
    store,
    async read(part, tally, pass, all) {
      for await (const text of readText(part, pass, all, onProgress))
        for (let at = 0; at < text.length; at++) {
          const code = text.codePointAt(at) ?? 0;
          if (code > 0xffff) at++;
          const id = ids[code] ?? vocabulary.unknown;
          store.push(id);
          tally.add(id);
          if (id === vocabulary.unknown) tally.unknown(String.fromCodePoint(code));
        }
    },
  };
}

async function inWords(source: TextSource, options: CorpusOptions, passes: number): Promise<Prepared> {
  const { vocabulary: given, vocabularySize = defaultWords, onProgress } = options;
  const count = async () => {
    const counts = new WordCounts();
    for await (const words of readWords(source, 0, passes, onProgress)) for (const word of words) counts.add(word);
    return Vocabulary.of(counts.mostFrequent(vocabularySize));
  };
  const vocabulary = given ?? (await count());
  // A model reads every text as it read the one it was trained on.
  const split = given ? splitOfWords(given.words.slice(4)) : undefined;
  const store = new TokenStore(vocabulary.size);
  return {
    vocabulary,
    store,
    async read(part, tally, pass, all) {
      let hasWords = false;
      for await (const words of readWords(part, pass, all, onProgress, split))
        for (const word of words) {
          hasWords ||= word !== endOfLine;
          // Text that spells out a special token is not one.
          const known = vocabulary.id(word);
          const id = known < 4 ? vocabulary.unknown : known;
          store.push(id);
          tally.add(id);
          if (id === vocabulary.unknown) tally.unknown(word);
        }
      if (!hasWords) throw new InputError(part.name, 'no words', 'a text to learn from');
    },
  };
}

async function inPieces(_: TextSource, { vocabulary, onProgress }: CorpusOptions): Promise<Prepared> {
  if (!(vocabulary instanceof PieceVocabulary))
    throw new InputError('vocabulary', 'words', 'a tokenizer, to read a text in pieces');
  const store = new TokenStore(vocabulary.size);
  return {
    vocabulary,
    store,
    async read(part, tally, pass, all) {
      const parts = new Parts();
      const decoder = new TextDecoder('utf-8', { fatal: true });
      const append = (text: string) => {
        const { ids, offsets } = vocabulary.tokenizer.encode(text);
        ids.forEach((id, k) => {
          store.push(id);
          tally.add(id);
          if (id === vocabulary.unknown) tally.unknown(text.slice(offsets[2 * k], offsets[2 * k + 1]));
        });
      };
      for await (const { bytes, isWhole } of readUtf8(part, pass, all, onProgress))
        if (isWhole) for (const text of parts.add(decoder.decode(bytes, { stream: true }))) append(text);
      for (const text of parts.rest()) append(text);
    },
  };
}

const readers = { words: inWords, characters: inCharacters, bytes: inBytes, pieces: inPieces } as const;
