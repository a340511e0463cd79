// The weights of a run that starts from nothing.
import type { RunConfig } from '../experiment/config.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { initialArrays } from '../models/parameters.ts';
import { Random } from '../random.ts';
import { STREAM } from './batches.ts';

/**
 * Every parameter by its name, drawn from the run's seed: normal with `initializer_range`; the embeddings of memory tokens'
 * positions with `memory_position_range` where that is not 0.
 */
export function initialValues(
  config: Pick<RunConfig, 'seed' | 'initializer_range' | 'memory_position_range'>,
  { parameters, memoryPositions, shape: { hiddenSize } }: Pick<Blueprint, 'parameters' | 'memoryPositions' | 'shape'>,
): Map<string, Float32Array> {
  const { seed, initializer_range: range, memory_position_range: apart } = config;
  const arrays = initialArrays(parameters(), new Random(seed, STREAM.weights), range);
  if (apart > 0 && memoryPositions) {
    const { parameter, first, count } = memoryPositions;
    const rows = arrays.get(parameter)?.subarray(first * hiddenSize, (first + count) * hiddenSize);
    rows?.forEach((value, i) => {
      rows[i] = (value * apart) / range;
    });
  }
  return arrays;
}
