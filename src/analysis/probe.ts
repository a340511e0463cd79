// A linear probe: how well a linear classifier predicts the answer from a state of the memory, on held-out documents.
// Source: Alain and Bengio 2016, arXiv:1610.01644; the control follows Hewitt and Liang 2019, arXiv:1909.03368
import { factorRow, gramFactor, gramOf, type Matrix, matrix, rowOf, rowProducts } from './linear-algebra.ts';
import { classOf, fitLogistic } from './logistic.ts';

/** Correct predictions among the documents fitted, and among those held out. */
export interface ProbeScore {
  readonly fitted: number;
  readonly heldOut: number;
}

export interface ProbeResult {
  readonly answers: ProbeScore;
  /** The same with the answers of all documents shuffled: what the probe reaches without anything to find. */
  readonly control: ProbeScore;
  /** Held-out documents with the commonest answer of the fitted ones. */
  readonly commonest: number;
  /** Dimensions that the fitted states span. */
  readonly rank: number;
}

interface Probed {
  /** A state of each document, all equally long. */
  readonly states: readonly ArrayLike<number>[];
  /** The answer of each document, from 0. */
  readonly labels: readonly number[];
  /** The answers in another order. */
  readonly shuffled: readonly number[];
  readonly classes: number;
  /** The first `fitted` documents are fitted, the others are held out. */
  readonly fitted: number;
  /** λ of the L2 penalty, for states standardised to unit variance. */
  readonly penalty: number;
}

/** Channels that vary less than this share of the one that varies most count as constant: their variation is rounding. */
const CONSTANT = 1e-5;

/** Each channel less its mean, over its standard deviation; both of the fitted states. Constant channels become 0. */
export function standardised(states: readonly ArrayLike<number>[], fitted: number): Matrix {
  const d = states[0]?.length ?? 0;
  const mean = new Float64Array(d);
  const deviation = new Float64Array(d);
  for (let i = 0; i < fitted; i++)
    for (let j = 0; j < d; j++) mean[j] = (mean[j] as number) + (states[i]?.[j] as number) / fitted;
  for (let i = 0; i < fitted; i++)
    for (let j = 0; j < d; j++)
      deviation[j] = (deviation[j] as number) + ((states[i]?.[j] as number) - (mean[j] as number)) ** 2 / fitted;
  let most = 0;
  for (let j = 0; j < d; j++) {
    deviation[j] = Math.sqrt(deviation[j] as number);
    most = Math.max(most, deviation[j] as number);
  }
  const out = matrix(states.length, d);
  states.forEach((state, i) => {
    const row = rowOf(out, i);
    for (let j = 0; j < d; j++) {
      const scale = deviation[j] as number;
      row[j] = scale > CONSTANT * most ? ((state[j] as number) - (mean[j] as number)) / scale : 0;
    }
  });
  return out;
}

const firstRows = ({ columns, values }: Matrix, rows: number): Matrix => ({
  rows,
  columns,
  values: values.subarray(0, rows * columns),
});

/**
 * Fit the probe and its control, and score both.
 * @throws RangeError if a state is not finite
 */
export function probe({ states, labels, shuffled, classes, fitted, penalty }: Probed): ProbeResult {
  const all = standardised(states, fitted);
  const known = firstRows(all, fitted);
  // The products of states take the place of the states: there are fewer of them, and the solution is the same.
  const factored = gramFactor(gramOf(known));
  const features = states.map((_, i) => {
    if (i < fitted) return rowOf(factored.factor, i);
    const row = rowOf(all, i);
    return factorRow(factored, rowProducts(known, { rows: 1, columns: row.length, values: row }).values);
  });
  const score = (answers: readonly number[]): ProbeScore => {
    const classifier = fitLogistic({ features: factored.factor, labels: answers, classes, penalty });
    const rights = features.map((row, i) => classOf(classifier, row) === answers[i]);
    const count = (from: number, to: number) => rights.slice(from, to).filter(Boolean).length;
    return { fitted: count(0, fitted), heldOut: count(fitted, states.length) };
  };
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels.slice(0, fitted)) counts[label] = (counts[label] ?? 0) + 1;
  const commonest = counts.indexOf(Math.max(...counts));
  return {
    answers: score(labels),
    control: score(shuffled),
    commonest: labels.slice(fitted).filter((label) => label === commonest).length,
    rank: factored.pivots.length,
  };
}
