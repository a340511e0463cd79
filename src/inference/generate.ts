// Continuing a text: word after word from a generative model, with memory carried across segment borders.
import type { Model } from '../models/model.ts';
import type { SegmentReader } from '../models/reader.ts';
import type { Random } from '../random.ts';

/** One generated word. */
export interface Added {
  /** The sequence in the batch, and the position in it. */
  readonly sequence: number;
  readonly at: number;
  readonly id: number;
  /** The probability the model gave it. */
  readonly probability: number;
}

export interface GenerateOptions {
  /** Final length of every sequence, including the prompt. */
  readonly length: number;
  /** 0 always takes the most likely word. */
  readonly temperature?: number;
  readonly random?: Random;
  /** Ends a sequence: nothing is generated after it. */
  readonly end?: number;
}

/** The chosen word of one row of logits, with its probability before temperature. */
function choose(
  logits: Float32Array,
  temperature: number,
  random: Random | undefined,
): { id: number; probability: number } {
  let highest = Number.NEGATIVE_INFINITY;
  let best = 0;
  logits.forEach((logit, id) => {
    if (logit > highest) {
      highest = logit;
      best = id;
    }
  });
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  const probability = (id: number) => Math.exp((logits[id] as number) - highest) / sum;
  if (temperature === 0 || !random) return { id: best, probability: probability(best) };
  const weights = logits.map((logit) => Math.exp((logit - highest) / temperature));
  let left = random.float() * weights.reduce((total, weight) => total + weight, 0);
  for (const [id, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return { id, probability: probability(id) };
  }
  return { id: best, probability: probability(best) };
}

/**
 * Continue each prompt until all have `length` words. Sequences are cut from the left: only the last segment is short,
 * and it is run again, one word longer, until it is full and its memory is passed on.
 * @param prompts at least one word each; at most as many as the reader's batch
 * @returns after each word the words added at one position; the sequences are written into `sequences`
 */
export async function* generate(
  reader: SegmentReader,
  { blueprint }: Model,
  prompts: readonly ArrayLike<number>[],
  { length, temperature = 0, random, end }: GenerateOptions,
): AsyncGenerator<readonly Added[]> {
  const size = blueprint.config.segment_size;
  const sequences = prompts.map((prompt) => {
    const all = new Int32Array(length);
    all.set(Array.from(prompt).slice(0, length));
    return all;
  });
  const ended = prompts.map(() => false);
  reader.reset();
  const shortest = Math.min(...prompts.map((prompt) => prompt.length));
  for (let start = 0; start < length - 1; start += size) {
    const whole = Math.min(start + size, length - 1);
    // The first position in this segment whose next word has to be generated.
    for (let known = Math.max(start + 1, Math.min(shortest, whole)); known <= whole; known++) {
      const full = known === start + size;
      const view = await reader.step(
        sequences.map((all) => all.subarray(start, known)),
        full,
      );
      const added: Added[] = [];
      sequences.forEach((all, b) => {
        if (known < (prompts[b]?.length ?? 0) || ended[b]) return;
        const { id, probability } = choose(
          view.logits[b * size + known - start - 1] as Float32Array,
          temperature,
          random,
        );
        all[known] = id;
        added.push({ sequence: b, at: known, id, probability });
        if (id === end) ended[b] = true;
      });
      if (added.length > 0) yield added;
      if (ended.every(Boolean)) return;
    }
  }
}
