// First values of the parameters that a published model does not have: a new head, and the memory around it.
import { Random } from '../../random.ts';
import type { Blueprint } from '../blueprint.ts';
import type { ParameterSpec } from '../parameters.ts';
import type { Fields } from './foreign.ts';

/** Parameters that may be missing: all of them are learned in fine-tuning. */
const learned = /^(bert\.pooler\.|classifier\.|rmt\.memory$)|\.W_m[qkvb]\./;

export const mayBeMissing = (name: string) => learned.test(name);

/** Standard deviation of Hugging Face's own initial weights. */
const usualRange = 0.02;

/** The standard deviation of numbers, computed in two passes. */
export function deviation(data: Float32Array): number {
  let sum = 0;
  for (const value of data) sum += value;
  const mean = sum / data.length;
  let squares = 0;
  for (const value of data) squares += (value - mean) ** 2;
  return Math.sqrt(squares / data.length);
}

/**
 * Fill a parameter with its first values, which the seed and its name determine.
 * @param config of the published model
 * @param words  the word table, which is already filled
 * @returns how, for people
 * @see the official wrappers: memory in a decoder is drawn with the standard deviation of the word table, in an encoder
 *      with initializer_range, as every new row of the table
 */
export function initialise(
  { name, initial }: ParameterSpec,
  data: Float32Array,
  from: {
    readonly config: Fields;
    readonly answers: Blueprint['answers'];
    readonly words: Float32Array;
    readonly seed: number;
  },
): string {
  if (initial !== 'normal') {
    data.fill(initial === 'ones' ? 1 : 0);
    return initial;
  }
  const given = from.config['initializer_range'];
  const range = typeof given === 'number' && Number.isFinite(given) && given >= 0 ? given : usualRange;
  const asWords = name === 'rmt.memory' && from.answers === 'tokens';
  const scale = asWords ? deviation(from.words) : range;
  const random = new Random(from.seed, ...Array.from(name, (character) => character.charCodeAt(0)));
  for (let i = 0; i < data.length; i++) data[i] = scale * random.normal();
  return `normal, standard deviation ${Number(scale.toPrecision(3))}${asWords ? ', that of the word embeddings' : ''}`;
}
