// Comparisons of numbers in which NaN fails.
import { expect } from 'vitest';
import { centralDifferences, dot, type Numbers } from './reference/numbers.ts';

/** Every element within atol + rtol · |want|. */
export function expectClose(got: ArrayLike<number>, want: ArrayLike<number>, { atol = 0, rtol = 0, label = '' }): void {
  if (got.length !== want.length) expect.fail(`${label}: ${got.length} elements, want ${want.length}`);
  for (let i = 0; i < want.length; i++) {
    const used = Math.abs((got[i] as number) - (want[i] as number)) / (atol + rtol * Math.abs(want[i] as number));
    if (!(used <= 1)) expect.fail(`${label}[${i}]: got ${got[i]}, want ${want[i]} (${used.toFixed(1)}x the allowance)`);
  }
}

/** ‖got − want‖ / ‖want‖; NaN if anything is not a number. A zero reference is compared absolutely. */
export function relativeError(got: ArrayLike<number>, want: ArrayLike<number>): number {
  if (got.length !== want.length) return Number.NaN;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < want.length; i++) {
    difference += ((got[i] as number) - (want[i] as number)) ** 2;
    norm += (want[i] as number) ** 2;
  }
  return Math.sqrt(difference) / (Math.sqrt(norm) || 1);
}

/** ‖got − want‖ ≤ limit · ‖want‖. */
export function expectNear(got: ArrayLike<number>, want: ArrayLike<number>, limit: number, label = ''): void {
  const error = relativeError(got, want);
  if (!(error <= limit)) expect.fail(`${label}: relative error ${error}, allowed ${limit}`);
}

/** `gradient` is that of Σ d_out ∘ f(x), by central differences. */
export function expectGradient(f: (x: Float64Array) => Numbers, x: Numbers, d_out: Numbers, gradient: Numbers): void {
  expectNear(
    gradient,
    centralDifferences((moved) => dot(d_out, f(moved)), x),
    1e-7,
  );
}
