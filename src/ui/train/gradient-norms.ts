// The norm of ∂loss/∂memory for each segment, over all memory tokens.
import type { Watched } from '../../store/slices/watched.ts';

/** (segments); empty for a model without memory. */
export function normsOf({ gradients, log }: Pick<Watched, 'gradients' | 'log'>): Float32Array {
  const tokens = gradients.length / Math.max(1, log.length);
  if (tokens === 0) return new Float32Array(0);
  return Float32Array.from({ length: log.length }, (_, n) =>
    Math.hypot(...gradients.subarray(n * tokens, (n + 1) * tokens)),
  );
}
