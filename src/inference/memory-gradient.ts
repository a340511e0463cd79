// The gradient with respect to what a segment receives, as one number for each memory token.
import type { ModelShape } from '../models/blueprint.ts';

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/**
 * @param states one array for each state, of one document
 * @returns the states of each memory token, where the states are memory tokens; the states themselves otherwise
 */
export function memoryParts(
  states: readonly Float32Array[],
  { memTokens: tokens, hiddenSize }: Pick<ModelShape, 'memTokens' | 'hiddenSize'>,
): Float32Array[] {
  const [memory] = states;
  const isTokens = states.length === 1 && tokens > 0 && memory?.length === tokens * hiddenSize;
  if (!memory || !isTokens) return [...states];
  return Array.from({ length: tokens }, (_, m) => memory.subarray(m * hiddenSize, (m + 1) * hiddenSize));
}

/** The norm of the gradient of each memory token; of all states together for any other memory; none without. */
export function memoryNorms(gradients: readonly Float32Array[], shape: ModelShape): number[] {
  const parts = memoryParts(gradients, shape).map(norm);
  const isTokens = parts.length > 1 && gradients.length === 1;
  return parts.length === 0 || isTokens ? parts : [Math.hypot(...parts)];
}
