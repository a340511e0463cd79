// Typed numbers: decimal commas, thousands, and what is too ambiguous to guess.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { typedNumber } from './typed-number.ts';

describe('a typed number', () => {
  it.each([
    ['0,002', 0.002],
    ['0.002', 0.002],
    ['1,5', 1.5],
    ['-0,25', -0.25],
    ['1,5e-3', 1.5e-3],
    ['12,3456', 12.3456],
    ['1234,567', 1234.567],
    [',5', 0.5],
    ['.5', 0.5],
    ['1.500', 1.5],
    ['5.', 5],
    ['5,', 5],
    ['1e-3', 1e-3],
    [' 7 ', 7],
  ])('%s is a number', (text, value) => {
    expect(typedNumber(text, false)).toEqual({ value });
  });

  it.each([
    ['1,500', false, 'type 1500 or 1.5, with a point for decimals'],
    ['1,234,567', false, 'type 1234567 without a separator'],
    ['10,000', true, 'type 10000 without a separator'],
    ['10.000', true, 'type 10000 without a separator'],
    ['10 000', true, 'type 10000 without a separator'],
    ['1.234,5', false, 'use a point for decimals and no separator for thousands'],
    ['1,234.5', false, 'use a point for decimals and no separator for thousands'],
    ['0,5,5', false, 'use a point for decimals and no separator for thousands'],
    ['x', false, undefined],
    ['', false, undefined],
    ['0x10', false, undefined],
    ['Infinity', false, undefined],
  ])('%s (whole: %s) is not guessed', (text, isInteger, hint) => {
    expect(typedNumber(text, isInteger)).toEqual({ hint });
  });

  it('reads back every number as it is written, with a point or with a comma', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (drawn) => {
        // The text of −0 is 0.
        const number = drawn + 0;
        expect(typedNumber(String(number), false)).toEqual({ value: number });
        const comma = typedNumber(String(number).replace('.', ','), false);
        // Never another number: either this one, or a request to type it differently.
        if ('value' in comma) expect(comma.value).toBe(number);
        else expect(comma.hint).toMatch(/^type /);
      }),
    );
  });
});
