// The optimiser.

import { at, dot, type Numbers } from './numbers.ts';

export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly clipValue: number;
}

/** √Σg² */
export function globalNorm(gradient: Numbers): number {
  return Math.sqrt(dot(gradient, gradient));
}

/** The gradient scaled down to at most `norm`; 0 does not clip. As torch.nn.utils.clip_grad_norm_. */
export function clipByNorm(gradient: Numbers, norm: number): Float64Array {
  const factor = norm > 0 ? Math.min(1, norm / (globalNorm(gradient) + 1e-6)) : 1;
  return Float64Array.from(gradient, (g) => g * factor);
}

/** Every element of the gradient within ±value; 0 does not clip. */
export function clipByValue(gradient: Numbers, value: number): Float64Array {
  return Float64Array.from(gradient, (g) => (value > 0 ? Math.min(value, Math.max(-value, g)) : g));
}

/** One step of AdamW: parameters and moments in, parameters and moments out. `step` counts from 1. */
export function adamw(
  { theta, m, v }: { readonly theta: Numbers; readonly m: Numbers; readonly v: Numbers },
  gradient: Numbers,
  step: number,
  { learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, clipValue }: AdamWSettings,
): { theta: Float64Array; m: Float64Array; v: Float64Array } {
  const g = clipByValue(clipByNorm(gradient, clipNorm), clipValue);
  const moment1 = Float64Array.from(m, (value, i) => beta1 * value + (1 - beta1) * at(g, i));
  const moment2 = Float64Array.from(v, (value, i) => beta2 * value + (1 - beta2) * at(g, i) ** 2);
  const next = Float64Array.from(theta, (value, i) => {
    const mean = at(moment1, i) / (1 - beta1 ** step);
    const square = at(moment2, i) / (1 - beta2 ** step);
    return value * (1 - learningRate * weightDecay) - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  });
  return { theta: next, m: moment1, v: moment2 };
}
