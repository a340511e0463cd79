// Checks of single configuration fields, whose messages say what was expected.
import * as v from 'valibot';

export const whole = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
};
export const real = (min: number, max: number) => {
  const expected = `a number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
};
export const oneOf = <const C extends readonly string[]>(choices: C) => v.picklist(choices, choices.join(' or '));
export const flag = () => v.boolean('true or false');
