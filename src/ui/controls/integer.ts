// Parsing numbers from text boxes.
import { typedNumber } from '../../experiment/typed-number.ts';

/** Why a typed text is refused: `“x” is not a whole number from 1 to 8.` */
export const refusal = (text: string, expected: string): string =>
  text.trim() === '' ? `Enter ${expected}.` : `“${text}” is not ${expected}.`;

function parseTyped(text: string, min: number, max: number, isInteger: boolean): number {
  const typed = typedNumber(text, isInteger);
  const value = 'value' in typed ? typed.value : Number.NaN;
  if (value >= min && value <= max && (!isInteger || Number.isInteger(value))) return value;
  const hint = 'hint' in typed && typed.hint !== undefined ? `; ${typed.hint}` : '';
  throw new Error(refusal(text, `${isInteger ? 'a whole number' : 'a number'} from ${min} to ${max}${hint}`));
}

/** @throws Error with a sentence for the user unless the text is an integer from `min` to `max` */
export const parseInteger = (text: string, min: number, max: number) => parseTyped(text, min, max, true);

/** @throws Error with a sentence for the user unless the text is a number from `min` to `max` */
export const parseNumber = (text: string, min: number, max: number) => parseTyped(text, min, max, false);

export const largestSeed = 2 ** 31 - 1;

/** A seed for a new document. */
export const newSeed = () => Math.floor(Math.random() * 1_000_000);
