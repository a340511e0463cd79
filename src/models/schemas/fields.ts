// Schemas of single configuration fields, whose messages state what was expected. Unused ones are tree-shaken from the
// page.
import * as v from 'valibot';

/* @__NO_SIDE_EFFECTS__ */
export const integer = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
};
/* @__NO_SIDE_EFFECTS__ */
export const real = (min: number, max: number) => {
  const expected = `a number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
};
/* @__NO_SIDE_EFFECTS__ */
export const oneOf = <const C extends readonly string[]>(choices: C) => v.picklist(choices, choices.join(' or '));
/* @__NO_SIDE_EFFECTS__ */
export const flag = () => v.boolean('true or false');
