import { describe, expect, it } from 'vitest';
import { decided, evaluate, unrolled } from './wgsl-constants.ts';

const source = (body: string) =>
  `const ROWS: u32 = 2u;\nconst DH: u32 = 12u;\nconst DH4 = DH / 4u;\nconst MANY: u32 = 5u;\n${body}`;
const flat = (text: string) =>
  text
    .slice(text.indexOf('MANY') + 16)
    .replace(/\s+/g, ' ')
    .trim();

describe('constants of WGSL', () => {
  it('are evaluated through each other', () => {
    expect(evaluate('ROWS * DH4 + 1u', source(''))).toBe(7);
    expect(() => evaluate('NONE', source(''))).toThrow("'NONE' is no constant of the WGSL");
  });
});

describe('unrolled', () => {
  it('writes out nested loops, whole words only', () => {
    const text = source(
      'for (var r = 0u; r < ROWS; r++) { row[r] = 0; for (var d = 0u; d < DH4; d++) { x[r * DH4 + d] += dr; } }',
    );
    expect(flat(unrolled(text, ['r', 'd']))).toBe(
      '{ row[0u] = 0; { x[0u * DH4 + 0u] += dr; } { x[0u * DH4 + 1u] += dr; } { x[0u * DH4 + 2u] += dr; } } ' +
        '{ row[1u] = 0; { x[1u * DH4 + 0u] += dr; } { x[1u * DH4 + 1u] += dr; } { x[1u * DH4 + 2u] += dr; } }',
    );
  });

  it('writes out each of several equal loops', () => {
    const loop = 'for (var r = 0u; r < ROWS; r++) { a[r]; }';
    expect(flat(unrolled(source(`${loop} ${loop}`), ['r']))).toBe('{ a[0u]; } { a[1u]; } { a[0u]; } { a[1u]; }');
  });

  it('leaves loops of other variables, of more than four rounds, and over sizes', () => {
    for (const loop of [
      'for (var i = 0u; i < ROWS; i++) { a[i]; }',
      'for (var r = 0u; r < MANY; r++) { a[r]; }',
      'for (var r = 0u; r < sizes.S; r++) { a[r]; }',
    ])
      expect(unrolled(source(loop), ['r'])).toBe(source(loop));
  });
});

describe('decided', () => {
  const wgsl = (body: string) =>
    `const ON: bool = true;\nconst OFF = false;\nconst SUMS = OFF;\nconst N: u32 = 2u;\nconst P: f32 = 0.0;\n${body}`;
  const rest = (text: string) => text.split('\n').slice(5).join('\n');

  it.each([
    ['if (ON) { a; }', '{ a; }'],
    ['if (OFF) { a; } b;', '{} b;'],
    ['if (N > 1u) { a; } else { b; }', '{ a; }'],
    ['if (P > 0.0) { a; } else { b; }', '{ b; }'],
    ['if (N == 3u) { return 1u; }\nreturn 2u;', '{}\nreturn 2u;'],
    ['if (SUMS && x[f(1u)] > 2u) { a; }', '{}'],
    ['fn f() { if (ON) { return 1u; }\n return 2u; }', 'fn f() { { return 1u; }\n}'],
    ['if (x) { a; } else if (OFF) { b; }', 'if (x) { a; } else {}'],
    ['if (ON) { if (OFF) { a; } if (N <= 2u) { b; } }', '{ {} { b; } }'],
    ['if (OFF) {\n a;\n} else {\n b;\n}\nc;', '\n\n{\n b;\n}\nc;'],
  ])('%j is %j', (text, expected) => {
    expect(rest(decided(wgsl(text)))).toBe(expected);
  });

  it.each([
    'if (x > N) { a; }',
    'if (ON && x) { a; } else { b; }',
    'if (ON || x) { a; }',
    'if ((ON && x) || y) { a; }',
    'if (x) { a; } else if (y) { b; }',
    'if (ON) { a; } else if (y) { b; }',
  ])('leaves %j', (text) => {
    expect(rest(decided(wgsl(text)))).toBe(text);
  });
});
