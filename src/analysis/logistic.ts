// Multinomial logistic regression with an L2 penalty, fitted by L-BFGS in f64.
// Source: Liu and Nocedal 1989, doi:10.1007/BF01589116
import { addScaled, dot, type Matrix, rowOf } from './linear-algebra.ts';

export interface Classifier {
  /** (classes, features) */
  readonly weights: Float64Array;
  /** (classes) */
  readonly bias: Float64Array;
  /** The mean cross-entropy in nats plus the penalty, at the end. */
  readonly objective: number;
  readonly rounds: number;
}

interface Fit {
  /** (n, d) */
  readonly features: Matrix;
  /** (n), from 0 */
  readonly labels: ArrayLike<number>;
  readonly classes: number;
  /** λ: the penalty is λ/2 times the sum of squared weights; the bias is free. */
  readonly penalty: number;
}

/** Pairs of steps and gradient changes that the approximation of the Hessian is made of. */
const HISTORY = 10;
const MOST_ROUNDS = 500;
/** Norm of the gradient at which the fit ends. */
const PRECISE = 1e-6;

/**
 * The objective at `at` = (weights, bias), and its gradient into `gradient`: mean cross-entropy + λ/2 ‖W‖².
 */
function evaluate({ features, labels, classes, penalty }: Fit, at: Float64Array, gradient: Float64Array): number {
  const { rows: n, columns: d } = features;
  gradient.fill(0);
  const logits = new Float64Array(classes);
  let loss = 0;
  for (let i = 0; i < n; i++) {
    const row = rowOf(features, i);
    let highest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) {
      const logit = dot(row, at.subarray(c * d, (c + 1) * d)) + (at[classes * d + c] as number);
      logits[c] = logit;
      highest = Math.max(highest, logit);
    }
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += Math.exp((logits[c] as number) - highest);
    const label = labels[i] as number;
    loss += highest + Math.log(sum) - (logits[label] as number);
    for (let c = 0; c < classes; c++) {
      const error = (Math.exp((logits[c] as number) - highest) / sum - (c === label ? 1 : 0)) / n;
      addScaled(gradient.subarray(c * d, (c + 1) * d), error, row);
      gradient[classes * d + c] = (gradient[classes * d + c] as number) + error;
    }
  }
  const weights = at.subarray(0, classes * d);
  addScaled(gradient.subarray(0, classes * d), penalty, weights);
  return loss / n + (penalty / 2) * dot(weights, weights);
}

/** The step −H·g with the inverse Hessian H approximated from the last steps. */
function direction(
  gradient: Float64Array,
  steps: readonly (readonly [s: Float64Array, y: Float64Array])[],
): Float64Array {
  const q = gradient.map((value) => -value);
  const factors: number[] = [];
  for (const [s, y] of steps.toReversed()) {
    const factor = dot(s, q) / dot(s, y);
    factors.unshift(factor);
    addScaled(q, -factor, y);
  }
  const last = steps.at(-1);
  if (last) {
    const [s, y] = last;
    const scale = dot(s, y) / dot(y, y);
    for (let i = 0; i < q.length; i++) q[i] = (q[i] as number) * scale;
  }
  steps.forEach(([s, y], i) => {
    addScaled(q, (factors[i] as number) - dot(y, q) / dot(s, y), s);
  });
  return q;
}

/**
 * Fit a classifier. The objective is convex, so its minimum does not depend on where the search begins.
 * @throws RangeError if the features are not finite
 */
export function fitLogistic(fit: Fit): Classifier {
  const { classes, features } = fit;
  const size = classes * features.columns;
  let at = new Float64Array(size + classes);
  let gradient = new Float64Array(at.length);
  let objective = evaluate(fit, at, gradient);
  if (!Number.isFinite(objective)) throw new RangeError('logistic regression: features that are not finite');
  const steps: [Float64Array, Float64Array][] = [];
  let rounds = 0;
  while (rounds < MOST_ROUNDS && Math.sqrt(dot(gradient, gradient)) > PRECISE) {
    rounds++;
    const step = direction(gradient, steps);
    const slope = dot(step, gradient);
    let share = steps.length === 0 ? Math.min(1, 1 / Math.sqrt(dot(gradient, gradient))) : 1;
    let next = at;
    let after = gradient;
    let value = objective;
    // Halve the step until the objective falls as much as its slope promises.
    for (let halvings = 0; halvings < 40; halvings++, share /= 2) {
      next = at.slice();
      addScaled(next, share, step);
      after = new Float64Array(at.length);
      value = evaluate(fit, next, after);
      if (value <= objective + 1e-4 * share * slope) break;
    }
    // As near as f64 can come.
    if (!(value < objective)) break;
    const s = next.slice();
    addScaled(s, -1, at);
    const y = after.slice();
    addScaled(y, -1, gradient);
    if (dot(s, y) > 1e-14 * dot(y, y)) steps.push([s, y]);
    if (steps.length > HISTORY) steps.shift();
    [at, gradient, objective] = [next, after, value];
  }
  return { weights: at.slice(0, size), bias: at.slice(size), objective, rounds };
}

/** The most likely class of one row of features. */
export function classOf({ weights, bias }: Pick<Classifier, 'weights' | 'bias'>, row: ArrayLike<number>): number {
  const d = row.length;
  let best = 0;
  let highest = Number.NEGATIVE_INFINITY;
  for (let c = 0; c < bias.length; c++) {
    const logit = dot(weights.subarray(c * d, (c + 1) * d), row) + (bias[c] as number);
    if (logit > highest) [best, highest] = [c, logit];
  }
  return best;
}
