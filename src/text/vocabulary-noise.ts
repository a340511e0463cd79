// Noise for a model whose own noise text is not available: words of its vocabulary in random order.
import type { NoiseSource } from './noise.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Uniformly drawn words of `vocabulary`, except special tokens and reserved words; [UNK] if none is left. */
export function vocabularyNoise(vocabulary: Vocabulary, reserved: readonly string[]): NoiseSource {
  const taken = new Set(reserved);
  const words = vocabulary.words.slice(4).filter((word) => !taken.has(word));
  const ids = words.length > 0 ? words.map((word) => vocabulary.id(word)) : [vocabulary.unknown];
  return { words, fill: (random, length) => Int32Array.from({ length }, () => random.pick(ids)) };
}
