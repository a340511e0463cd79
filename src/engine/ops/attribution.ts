// How much each word of a segment contributes to a scalar: the gradient of its embedding times the embedding, there or on
// the way from a baseline without words.
import source from '../../../shaders/gradient_times_word.wgsl?raw';
import slotsSource from '../../../shaders/lib/memory_slots.wgsl?raw';
import shareSource from '../../../shaders/share_words.wgsl?raw';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { expectShape, type Tensor } from '../tensor.ts';
import { invocations } from './add.ts';
import { type MemorySlots, slotParams } from './embedding.ts';

const kernel = defineKernel({
  name: 'gradient_times_word',
  source: [slotsSource, source],
  reads: ['ids', 'lengths', 'word', 'd_out'],
  writes: ['out'],
  constants: ['FRONT', 'AT_END', 'SCALE'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D'],
});

const shareKernel = defineKernel({
  name: 'share_words',
  source: [slotsSource, shareSource],
  reads: ['ids', 'lengths', 'word', 'share'],
  writes: ['inout'],
  constants: ['FRONT', 'AT_END', 'SCALE'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D'],
});

/** The words that `embedding` looked up, and what it put between them. */
export interface EmbeddedWords {
  /** (B, S) u32; ids at memory positions are not read */
  readonly ids: Tensor;
  /** (B) u32, positions that are not padding */
  readonly lengths: Tensor;
  /** (V, D), and the factor applied to its rows */
  readonly word: Tensor;
  readonly scale: number;
  /** Memory vectors, and where they are. */
  readonly count: number;
  readonly slots: MemorySlots;
}

/**
 * Gradient × input of every word, without its position and token type.
 * @param d_out (B, S, D), the gradient of the embeddings
 * @returns (B, S); 0 where there is memory or padding
 * @throws ShapeError if the shapes do not fit
 * @see Shrikumar et al. 2016, arXiv:1605.01713
 */
export function gradientTimesWord(tape: Tape, words: EmbeddedWords, d_out: Tensor): Tensor {
  const { ids, lengths, word, scale: SCALE, count, slots } = words;
  const [B = 0, S = 0] = ids.shape;
  const D = word.shape[1] ?? 0;
  expectShape('gradient_times_word', 'd_out', d_out.shape, [B, S, D]);
  const out = tape.tensor('gradient × word', [B, S]);
  tape.emit(
    kernel,
    { ids, lengths, word, d_out, out },
    { ...slotParams(count, slots), SCALE, B, S, D },
    invocations(B * S),
  );
  return out;
}

/**
 * Leave a share of every word in its embedding, in place; position, token type and memory stay as they are.
 * @param share    (B) from 0, the baseline without words, to 1
 * @param embedded (B, S, D), which nothing has read yet; its gradient is that at the changed embeddings
 * @throws ShapeError if the shapes do not fit
 * @see Sundararajan et al. 2017, arXiv:1703.01365
 */
export function shareWords(tape: Tape, words: EmbeddedWords, share: Tensor, embedded: Tensor): void {
  const { ids, lengths, word, scale: SCALE, count, slots } = words;
  const [B = 0, S = 0] = ids.shape;
  const D = word.shape[1] ?? 0;
  expectShape('share_words', 'share', share.shape, [B]);
  expectShape('share_words', 'inout', embedded.shape, [B, S, D]);
  tape.emit(
    shareKernel,
    { ids, lengths, word, share, inout: embedded },
    { ...slotParams(count, slots), SCALE, B, S, D },
    invocations(B * S * (D / 4)),
  );
}
