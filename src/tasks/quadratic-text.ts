// Quadratic equations with integer roots as text: writing an equation, writing its solution, and checking a solution.
import { InputError } from '../errors.ts';
import type { Judgement } from './task.ts';

/** a·x² + b·x + c = 0 */
export interface Equation {
  readonly a: number;
  readonly b: number;
  readonly c: number;
}

/** The equation a·(x - p)·(x - q) = 0. Adding to 0 turns -0 into 0. */
export const withRoots = (a: number, p: number, q: number): Equation => ({ a, b: 0 - a * (p + q), c: 0 + a * p * q });

/** The token that ends the solution. */
export const end = '.';
/** Every character of an equation or a solution. */
export const characters: readonly string[] = [...'0123456789x^=+-()/;Dd', end];

const signed = (n: number) => (n < 0 ? String(n) : `+${n}`);
const term = (n: number, unknown: string) =>
  n === 0 ? '' : `${n < 0 ? '-' : '+'}${Math.abs(n) === 1 ? '' : Math.abs(n)}${unknown}`;

/** For example 3x^2-9x+6=0. */
export function equationText({ a, b, c }: Equation): string {
  return `${a === 1 ? '' : a}x^2${term(b, 'x')}${c === 0 ? '' : signed(c)}=0`;
}

/** b² - 4ac, its square root, and both roots, the smaller first. For example D=81-72=9;d=3;x=(9-3)/6=1;x=(9+3)/6=2. */
export function solutionText({ a, b, c }: Equation): string {
  const product = 4 * a * c;
  const discriminant = b * b - product;
  const d = Math.sqrt(discriminant);
  const root = (sign: '-' | '+') => `x=(${0 - b}${sign}${d})/${2 * a}=${(0 - b + (sign === '+' ? d : -d)) / (2 * a)}`;
  const difference = `${b * b}${product < 0 ? '+' : '-'}${Math.abs(product)}`;
  return `D=${difference}=${discriminant};d=${d};${root('-')};${root('+')}${end}`;
}

const equationPattern = /^(\d*)x\^2(?:([+-])(\d*)x)?(?:([+-]\d+))?=0$/;

/**
 * The coefficients of an equation, parsed from its text.
 * @throws InputError if it is not an equation
 */
export function readEquation(text: string): Equation {
  const match = equationPattern.exec(text);
  if (!match) throw new InputError('equation', `'${text}'`, "one such as '3x^2-9x+6=0'");
  const [, a, sign, b, c] = match;
  return {
    a: a === '' ? 1 : Number(a),
    b: sign === undefined ? 0 : Number(`${sign}${b === '' ? 1 : b}`),
    c: Number(c ?? 0),
  };
}

const number = '(-?\\d+)';
const discriminantStep = new RegExp(`^D=${number}([+-])(\\d+)=${number}$`);
const squareRootStep = new RegExp(`^d=${number}$`);
const rootStep = new RegExp(`^x=\\(${number}([+-])(\\d+)\\)/(\\d+)=${number}$`);

/** The first wrong step of a solution; undefined if it is correct. Independent of the rules that write solutions. */
function firstMistake({ a, b, c }: Equation, text: string): string | undefined {
  const length = text.indexOf(end);
  if (length < 0) return `no '${end}' at the end`;
  const steps = text.slice(0, length).split(';');
  const [first = '', second = '', ...roots] = steps;

  const discriminant = discriminantStep.exec(first);
  if (!discriminant) return `'${first}' is not the discriminant, 'D=b²-4ac=…'`;
  const [, square, sign, product, value] = discriminant;
  if (Number(square) !== b * b) return `b² is ${b * b}, not ${square}`;
  // Minus zero and plus zero are equal.
  if (Number(`${sign}${product}`) + 4 * a * c !== 0) return `-4ac is ${signed(-4 * a * c)}, not ${sign}${product}`;
  if (Number(value) !== b * b - 4 * a * c) return `D is ${b * b - 4 * a * c}, not ${value}`;

  const squareRoot = squareRootStep.exec(second);
  if (!squareRoot) return `'${second}' is not the root of D, 'd=…'`;
  const d = Number(squareRoot[1]);
  if (d < 0 || d * d !== Number(value)) return `d is ${d}, but its square has to be ${value}`;

  if (roots.length !== 2) return `${roots.length} roots, not 2`;
  const signs = new Set<string | undefined>();
  for (const step of roots) {
    const root = rootStep.exec(step);
    if (!root) return `'${step}' is not a root, 'x=(-b±d)/2a=…'`;
    const [, minusB, sign, distance, double, x] = root;
    if (Number(minusB) !== 0 - b) return `-b is ${0 - b}, not ${minusB}`;
    if (Number(distance) !== d) return `d was ${d}, not ${distance}`;
    if (Number(double) !== 2 * a) return `2a is ${2 * a}, not ${double}`;
    if (Number(x) * 2 * a !== 0 - b + Number(`${sign}${distance}`))
      return `(${minusB}${sign}${distance})/${double} is not ${x}`;
    signs.add(sign);
  }
  return signs.size === 2 ? undefined : 'the same root twice';
}

/** Check a solution step by step, up to its end token; the roots may come in either order. */
export function checkSolution(equation: Equation, text: string): Judgement {
  const reason = firstMistake(equation, text);
  return { right: reason === undefined, reason: reason ?? 'every step is correct' };
}
