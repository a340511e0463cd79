// How many directions a matrix uses: its singular values, and what follows from them.
import { gramOf, type Matrix, symmetricEigenvalues, transposed } from './linear-algebra.ts';

/**
 * The singular values of a matrix, descending: roots of the eigenvalues of the smaller of AᵀA and AAᵀ in f64. Those below
 * 1e-8 of the largest are lost, which numbers in f32 do not have.
 */
export function singularValues(of: Matrix): Float64Array {
  const smaller = of.columns < of.rows ? transposed(of) : of;
  return symmetricEigenvalues(gramOf(smaller)).map((value) => Math.sqrt(Math.max(0, value)));
}

export interface Rank {
  /** Root of the sum of all squares. */
  readonly frobenius: number;
  /** Singular values above max(rows, columns) · 2⁻²³ of the largest: those that f32 can tell from zero. */
  readonly numerical: number;
  /**
   * exp of the entropy of these singular values as shares of their sum: 1 for one direction, n for n equal ones; 0 for a
   * matrix of zeros.
   * @see Roy and Vetterli 2007, The effective rank: a measure of effective dimensionality
   */
  readonly effective: number;
}

export function rankOf(of: Matrix): Rank {
  const all = singularValues(of);
  const largest = all[0] ?? 0;
  const frobenius = Math.sqrt(of.values.reduce((a, b) => a + b * b, 0));
  if (!(largest > 0)) return { frobenius, numerical: 0, effective: 0 };
  const smallest = Math.max(of.rows, of.columns) * 2 ** -23 * largest;
  const sigma = all.filter((value) => value > smallest);
  const sum = sigma.reduce((a, b) => a + b, 0);
  const entropy = sigma.reduce((h, value) => h - (value / sum) * Math.log(value / sum), 0);
  return { frobenius, numerical: sigma.length, effective: Math.exp(entropy) };
}
