// A user's text as a corpus: read as a stream, split into words, characters or bytes, and stored as token ids.

import { InputError } from '../errors.ts';
import type { TextSource } from '../io/text-source.ts';
import type { Random } from '../random.ts';
import { byteWords, type Corpus, type Unit } from './corpus.ts';
import { type OnProgress, readBytes, readText } from './read-text.ts';
import type { Split } from './split.ts';
import { largestVocabulary, TokenStore } from './token-store.ts';
import { Vocabulary } from './vocabulary.ts';
import { checkVocabularySize, defaultWords, WordCounts } from './word-counts.ts';
import { endOfLine, readWords } from './word-stream.ts';

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
}

/** Characters that are kept; enwik8 has thousands, nearly all of them very rare. */
const mostCharacters = 1024;
const codePoints = 0x110000;

/**
 * Read a text. Words are split at spaces if the text is already tokenised, as WikiText-103 is published, and otherwise
 * by this project's `words`; '<unk>' is [UNK], and the end of a line the word '<eos>'. The last 5 % are for validation.
 * @throws InputError if the text is empty, not UTF-8 (unless in bytes), or far too short
 */
export async function readCorpus(source: TextSource, options: CorpusOptions): Promise<FileCorpus> {
  const { name } = source;
  checkVocabularySize(name, options.vocabularySize ?? defaultWords);
  if (options.vocabulary && options.vocabulary.size > largestVocabulary)
    throw new InputError('vocabulary', `${options.vocabulary.size} words`, `at most ${largestVocabulary}`);
  const readers = { words: inWords, characters: inCharacters, bytes: inBytes } as const;
  const { vocabulary, store } = await readers[options.unit](source, options);
  if (store.length === 0) throw new InputError(name, 'no text', 'a text to learn from');
  const train = Math.floor(store.length * 0.95);
  const parts = { train: [0, train], validation: [train, store.length - train] } as const;
  // Too short to predict one token from another.
  if (parts.validation[1] < 2)
    throw new InputError(name, `${store.length} ${options.unit}`, `more: 5 % of them are for validation`);
  return {
    name,
    unit: options.unit,
    vocabulary,
    byteLength: store.byteLength,
    length: (split) => parts[split][1],
    sample(random: Random, split: Split, length: number) {
      const [from, all] = parts[split];
      if (length > all)
        throw new InputError(name, `${all} ${options.unit} for ${split}`, `at least ${length}, one sample`);
      return store.copy(from + random.int(all - length + 1), length);
    },
  };
}

interface Read {
  readonly vocabulary: Vocabulary;
  readonly store: TokenStore;
}

async function inBytes(source: TextSource, { vocabulary, onProgress }: CorpusOptions): Promise<Read> {
  const ofBytes = Vocabulary.of(byteWords);
  const first = ofBytes.size - byteWords.length;
  if (vocabulary && byteWords.some((word, byte) => vocabulary.id(word) !== first + byte))
    throw new InputError('vocabulary', `${vocabulary.size} words`, 'the 256 bytes in order, to read a text in bytes');
  // Stored as raw bytes, one byte each.
  const store = new TokenStore(byteWords.length, first);
  for await (const piece of readBytes(source, 0, 1, onProgress)) store.append(piece);
  return { vocabulary: vocabulary ?? ofBytes, store };
}

async function inCharacters(source: TextSource, { vocabulary: given, onProgress }: CorpusOptions): Promise<Read> {
  const passes = given ? 1 : 2;
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
  for await (const text of readText(source, passes - 1, passes, onProgress))
    for (let at = 0; at < text.length; at++) {
      const code = text.codePointAt(at) ?? 0;
      if (code > 0xffff) at++;
      store.push(ids[code] ?? vocabulary.unknown);
    }
  return { vocabulary, store };
}

async function inWords(source: TextSource, options: CorpusOptions): Promise<Read> {
  const { vocabulary: given, vocabularySize = defaultWords, onProgress } = options;
  const passes = given ? 1 : 2;
  const count = async () => {
    const counts = new WordCounts();
    for await (const words of readWords(source, 0, passes, onProgress)) for (const word of words) counts.add(word);
    return Vocabulary.of(counts.mostFrequent(vocabularySize));
  };
  const vocabulary = given ?? (await count());
  const store = new TokenStore(vocabulary.size);
  let hasWords = false;
  for await (const words of readWords(source, passes - 1, passes, onProgress))
    for (const word of words) {
      hasWords ||= word !== endOfLine;
      // Text that spells out a special token is not one.
      const id = vocabulary.id(word);
      store.push(id < 4 ? vocabulary.unknown : id);
    }
  if (!hasWords) throw new InputError(source.name, 'no words', 'a text to learn from');
  return { vocabulary, store };
}
