import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { characters, checkSolution, equationText, readEquation, solutionText, withRoots } from './quadratic-text.ts';

const root = fc.integer({ min: -30, max: 30 });
const equations = fc.tuple(fc.integer({ min: 1, max: 9 }), root, root).map(([a, p, q]) => withRoots(a, p, q));

describe('the text of an equation', () => {
  it.each([
    [1, 2, 3, 'x^2-5x+6=0'],
    [1, -3, 4, 'x^2-x-12=0'],
    [3, 1, 2, '3x^2-9x+6=0'],
    [1, -2, 2, 'x^2-4=0'],
    [2, 0, -3, '2x^2+6x=0'],
    [1, -1, 0, 'x^2+x=0'],
    [1, 0, 0, 'x^2=0'],
  ])('%i (x - %i) (x - %i) is %s', (a, p, q, text) => {
    expect(equationText(withRoots(a, p, q))).toBe(text);
    expect(readEquation(text)).toEqual(withRoots(a, p, q));
  });

  it('is complete: parsing it gives the same equation', () => {
    fc.assert(
      fc.property(equations, (equation) => {
        expect(readEquation(equationText(equation))).toEqual(equation);
      }),
    );
  });

  it.each(['', 'x^2-5x+6', 'x^3-5x+6=0', 'x^2-5x+6=0>', '-x^2=0', 'x^2--5x=0'])('refuses %j', (text) => {
    expect(() => readEquation(text)).toThrow(new InputError('equation', `'${text}'`, "one such as '3x^2-9x+6=0'"));
  });
});

describe('the text of a solution', () => {
  it('has the discriminant, its square root and both roots', () => {
    expect(solutionText(withRoots(3, 1, 2))).toBe('D=81-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2.');
    expect(solutionText(withRoots(1, -3, 4))).toBe('D=1+48=49;d=7;x=(1-7)/2=-3;x=(1+7)/2=4.');
    expect(solutionText(withRoots(1, 0, 0))).toBe('D=0-0=0;d=0;x=(0-0)/2=0;x=(0+0)/2=0.');
  });

  it('is correct, and uses only the listed characters', () => {
    fc.assert(
      fc.property(equations, (equation) => {
        const text = solutionText(equation);
        expect(checkSolution(equation, text)).toEqual({ right: true, reason: 'every step is correct' });
        for (const character of equationText(equation) + text) expect(characters).toContain(character);
      }),
    );
  });

  it('ends with the two roots', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), root, root, (a, p, q) => {
        const roots = [...solutionText(withRoots(a, p, q)).matchAll(/\/\d+=(-?\d+)/g)].map(([, x]) => Number(x));
        expect(roots).toEqual([p, q].sort((x, y) => x - y));
      }),
    );
  });
});

describe('checkSolution', () => {
  const equation = withRoots(3, 1, 2);
  const right = 'D=81-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2.';

  it.each([
    ['D=81-72=9;d=3;x=(9+3)/6=2;x=(9-3)/6=1.', 'the roots in reverse order'],
    [`${right}x=7`, 'text after the end'],
  ])('accepts %s: %s', (text) => {
    expect(checkSolution(equation, text).right).toBe(true);
  });

  it.each([
    ['D=81-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2', "no '.' at the end"],
    ['', "no '.' at the end"],
    ['.', "'' is not the discriminant, 'D=b²-4ac=…'"],
    ['D81-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2.', "'D81-72=9' is not the discriminant, 'D=b²-4ac=…'"],
    ['D=80-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2.', 'b² is 81, not 80'],
    ['D=81-71=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2.', '-4ac is -72, not -71'],
    ['D=81+72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2.', '-4ac is -72, not +72'],
    ['D=81-72=8;d=3;x=(9-3)/6=1;x=(9+3)/6=2.', 'D is 9, not 8'],
    ['D=81-72=9;3;x=(9-3)/6=1;x=(9+3)/6=2.', "'3' is not the root of D, 'd=…'"],
    ['D=81-72=9;d=4;x=(9-3)/6=1;x=(9+3)/6=2.', 'd is 4, but its square has to be 9'],
    ['D=81-72=9;d=-3;x=(9-3)/6=1;x=(9+3)/6=2.', 'd is -3, but its square has to be 9'],
    ['D=81-72=9;d=3;x=(9-3)/6=1.', '1 roots, not 2'],
    ['D=81-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2;x=(9+3)/6=2.', '3 roots, not 2'],
    ['D=81-72=9;d=3;x=9-3/6=1;x=(9+3)/6=2.', "'x=9-3/6=1' is not a root, 'x=(-b±d)/2a=…'"],
    ['D=81-72=9;d=3;x=(-9-3)/6=1;x=(9+3)/6=2.', '-b is 9, not -9'],
    ['D=81-72=9;d=3;x=(9-4)/6=1;x=(9+3)/6=2.', 'd was 3, not 4'],
    ['D=81-72=9;d=3;x=(9-3)/2=1;x=(9+3)/6=2.', '2a is 6, not 2'],
    ['D=81-72=9;d=3;x=(9-3)/6=2;x=(9+3)/6=2.', '(9-3)/6 is not 2'],
    ['D=81-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=-2.', '(9+3)/6 is not -2'],
    ['D=81-72=9;d=3;x=(9-3)/6=1;x=(9-3)/6=1.', 'the same root twice'],
  ])('refuses %s: %s', (text, reason) => {
    expect(checkSolution(equation, text)).toEqual({ right: false, reason });
  });

  it('refuses a solution with any character changed, and the solution of any other equation', () => {
    fc.assert(
      fc.property(equations, fc.nat(), fc.constantFrom(...characters), (equation, at, character) => {
        const text = solutionText(equation);
        const k = at % text.length;
        const changed = text.slice(0, k) + character + text.slice(k + 1);
        // Changing or adding the sign of a 0 does not change the solution.
        fc.pre(changed !== text && !/[+-]0(?!\d)/.test(text));
        expect(checkSolution(equation, changed).right, changed).toBe(false);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(equations, equations, (equation, other) => {
        fc.pre(equationText(equation) !== equationText(other));
        expect(checkSolution(equation, solutionText(other)).right).toBe(false);
      }),
    );
  });
});
