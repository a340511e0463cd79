// The order of the places among the rows of a classifier's head, which differs between programs.
import { InputError } from '../errors.ts';
import { places } from './facts.ts';

/** As the official script for reasoning numbers them: in the order in which they first occur in its table. */
export const officialReasoning = ['bedroom', 'bathroom', 'garden', 'kitchen', 'office', 'hallway'] as const;

/**
 * For each of our classes, its row in a head whose rows have these labels.
 * @throws InputError if the labels are not the six places, once each
 */
export function labelRows(labels: readonly string[], where: string): number[] {
  const rows = places.map((place) => labels.indexOf(place));
  if (labels.length !== places.length || rows.includes(-1))
    throw new InputError(
      where,
      `'${labels.join(',').slice(0, 100)}'`,
      `${places.join(', ')}, in the order of the rows`,
    );
  return rows;
}
