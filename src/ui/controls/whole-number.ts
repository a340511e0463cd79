// Parsing integers from text boxes.

/** @throws Error unless the text is an integer from `min` to `max` */
export function parseWhole(label: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < min || value > max)
    throw new Error(`${label}: "${text}" (expected a whole number from ${min} to ${max})`);
  return value;
}

export const largestSeed = 2 ** 31 - 1;

/** A seed for a new document. */
export const newSeed = () => Math.floor(Math.random() * 1_000_000);
