// Noise from a user's text in pieces, as it is: no word of it is left out, as in RMT-1M (Bulatov et al. 2023).
import type { NoiseSource } from '../noise.ts';
import { checkText } from '../text-noise.ts';
import { Tally } from '../text-report.ts';
import { TokenStore } from '../token-store.ts';
import { partsOf } from './long-text.ts';
import type { PieceVocabulary } from './piece-vocabulary.ts';

/**
 * Noise from a text, read cyclically from a random piece on.
 * @param name the text's name in an error: its file name
 * @throws InputError if the text is empty, has no words, is binary data, or is longer than 16 Mi characters
 */
export function pieceNoise(name: string, text: string, vocabulary: PieceVocabulary): NoiseSource {
  checkText(name, text);
  const { tokenizer } = vocabulary;
  const store = new TokenStore(vocabulary.size);
  const tally = new Tally(name, 'pieces', vocabulary);
  for (const part of partsOf(text)) {
    const { ids, offsets } = tokenizer.encode(part);
    ids.forEach((id, k) => {
      store.push(id);
      tally.add(id);
      if (id === vocabulary.unknown) tally.unknown(part.slice(offsets[2 * k], offsets[2 * k + 1]));
    });
  }
  return {
    words: [],
    fill(random, length) {
      const tokens = new Int32Array(length);
      let from = random.int(store.length);
      for (let at = 0; at < length; from = 0) {
        const part = store.copy(from, Math.min(length - at, store.length - from));
        tokens.set(part, at);
        at += part.length;
      }
      return tokens;
    },
    report: () => tally.report(),
  };
}
