// The numbers of Capacity: one row per value, one column per model.
import { ByTable } from '../charts/ByTable.tsx';
import { integer, percent } from '../format.ts';
import { type CapacityCurve, type CapacityPoint, curveName } from './curves.ts';

interface CapacityTableProps {
  readonly curves: readonly CapacityCurve[];
  /** What the rows count. */
  readonly by: string;
}

const cell = (point: CapacityPoint | undefined) => {
  if (!point) return undefined;
  const { fits, accuracy, low, high, samples } = point;
  return fits
    ? `${percent(accuracy)} (${percent(low)}–${percent(high)}, n = ${integer(samples)})`
    : 'does not fit in the document';
};

export function CapacityTable({ curves, by }: CapacityTableProps) {
  const values = [...new Set(curves.flatMap(({ points }) => points.map(({ value }) => value)))].sort((a, b) => a - b);
  return (
    <ByTable
      label={`Accuracy by ${by.toLowerCase()}`}
      by={by}
      values={values}
      groups={curves.map(({ result, points }) => ({
        key: result.id,
        name: curveName(result),
        columns: [{ name: '', cell: (n) => cell(points.find(({ value }) => value === n)) }],
      }))}
    />
  );
}
