// The weights of a run that starts from nothing.
import type { RunConfig } from '../experiment/config.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { initialArrays } from '../models/parameters.ts';
import { Random } from '../random.ts';
import { STREAM } from './batches.ts';

/**
 * Every parameter by its name, drawn from the run's seed: normal with `initializer_range`; the embeddings of memory tokens'
 * positions with `memory_position_range` where that is not 0, and the first layer's queries and keys with
 * `first_attention_range` likewise.
 */
export function initialValues(
  config: Pick<RunConfig, 'seed' | 'initializer_range' | 'memory_position_range' | 'first_attention_range'>,
  {
    parameters,
    memoryPositions,
    firstQueriesAndKeys,
    shape: { hiddenSize },
  }: Pick<Blueprint, 'parameters' | 'memoryPositions' | 'firstQueriesAndKeys' | 'shape'>,
): Map<string, Float32Array> {
  const { seed, initializer_range: range, memory_position_range: apart, first_attention_range: sharp } = config;
  const arrays = initialArrays(parameters(), new Random(seed, STREAM.weights), range);
  const scale = (values: Float32Array | undefined, wanted: number) =>
    values?.forEach((value, i) => {
      values[i] = (value * wanted) / range;
    });
  if (apart > 0 && memoryPositions) {
    const { parameter, first, count } = memoryPositions;
    scale(arrays.get(parameter)?.subarray(first * hiddenSize, (first + count) * hiddenSize), apart);
  }
  if (sharp > 0) for (const name of firstQueriesAndKeys) scale(arrays.get(name), sharp);
  return arrays;
}
