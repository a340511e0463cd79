// Parsing integers from text boxes.

/** Why a typed text is refused: `“x” is not a whole number from 1 to 8.` */
export const refusal = (text: string, expected: string): string =>
  text.trim() === '' ? `Enter ${expected}.` : `“${text}” is not ${expected}.`;

/** @throws Error with a sentence for the user unless the text is an integer from `min` to `max` */
export function parseInteger(text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
    throw new Error(refusal(text, `a whole number from ${min} to ${max}`));
  return value;
}

export const largestSeed = 2 ** 31 - 1;

/** A seed for a new document. */
export const newSeed = () => Math.floor(Math.random() * 1_000_000);
