// Confidence intervals of a measured share.

/**
 * The 95 % interval of a share from `right` out of `samples`.
 * @see Wilson 1927, doi:10.1080/01621459.1927.10502953
 */
export function wilson(right: number, samples: number): { readonly low: number; readonly high: number } {
  if (samples <= 0) return { low: 0, high: 1 };
  const z = 1.959964;
  const p = right / samples;
  const scale = 1 + z ** 2 / samples;
  const middle = (p + z ** 2 / (2 * samples)) / scale;
  const half = (z / scale) * Math.sqrt((p * (1 - p)) / samples + z ** 2 / (4 * samples ** 2));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

/**
 * The same for a mean share over `samples` documents in which more than one word is scored: words of one document are
 * not independent, so each document counts once.
 */
export const intervalOf = (share: number, samples: number) => wilson(share * samples, samples);
