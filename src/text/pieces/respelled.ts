// The built-in data for a model with a tokenizer: drawn as words, written as text, and split into pieces. A word has one
// piece or more, so as many words as pieces are asked for are always enough.
import type { Corpus } from '../corpus.ts';
import type { DocumentSource } from '../document-source.ts';
import type { NoiseSource } from '../noise.ts';
import { Vocabulary } from '../vocabulary.ts';
import type { PieceVocabulary } from './piece-vocabulary.ts';

/** Words as people write them, apart from capitals. */
export const written = (ids: Int32Array, words: Vocabulary): string =>
  Array.from(ids, (id) => words.word(id))
    .join(' ')
    .replaceAll(/ ([.,?!])/g, '$1');

export function respelledNoise(noise: NoiseSource, pieces: PieceVocabulary): NoiseSource {
  const words = Vocabulary.of(noise.words);
  return {
    words: [],
    fill: (random, length) => pieces.encode(written(noise.fill(random, length, words), words)).slice(0, length),
  };
}

export function respelledCorpus(corpus: Corpus, pieces: PieceVocabulary): Corpus {
  return {
    name: corpus.name,
    unit: 'pieces',
    vocabulary: pieces,
    length: (split) => corpus.length(split),
    sample: (random, split, length) =>
      pieces.encode(written(corpus.sample(random, split, length), corpus.vocabulary)).slice(0, length),
  };
}

export function respelledDocuments(documents: DocumentSource, pieces: PieceVocabulary): DocumentSource {
  const words = Vocabulary.of(documents.words);
  return {
    name: documents.name,
    words: [],
    draw(random, split, most) {
      const { tokens, answer } = documents.draw(random, split, most, words);
      return { tokens: pieces.encode(written(tokens, words)).slice(0, most), answer };
    },
  };
}
