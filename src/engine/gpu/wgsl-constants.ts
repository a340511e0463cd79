// Constants of a kernel's WGSL: loops over them that are written out, and conditions on them that are decided.

/** The value of an integer expression of constants, sums, products and quotients, such as `DEPTH * STRIDE / 4u`. */
export function evaluate(expression: string, source: string): number {
  const sum = expression.split('+').map((term) => {
    const parts = term.split(/([*/])/).map((part) => part.trim());
    return parts.reduce((value, part, i) => {
      if (i % 2 === 1) return value;
      const factor = constantOf(part, source);
      return i === 0 ? factor : parts[i - 1] === '/' ? Math.floor(value / factor) : value * factor;
    }, 0);
  });
  return sum.reduce((all, value) => all + value, 0);
}

function constantOf(name: string, source: string): number {
  const number = /^(\d+)u?$/.exec(name)?.[1];
  if (number) return Number(number);
  const definition = new RegExp(`^const ${name}(?:: u32)? = ([^;]+);`, 'm').exec(source)?.[1];
  if (definition === undefined) throw new Error(`kernel: '${name}' is no constant of the WGSL`);
  return evaluate(definition, source);
}

const loopPattern = /for \(var (\w+) = 0u; \1 < (\w+); \1\+\+\) \{/g;
/** A loop of more rounds stays a loop: it would take long to compile. */
const MOST_ROUNDS = 4;

/** Where the block, or parenthesis, that opens just before `from` ends. */
function closing(source: string, from: number, [open, close] = ['{', '}']): number {
  let depth = 1;
  let at = from;
  for (; depth > 0; at++) {
    if (source[at] === open) depth++;
    else if (source[at] === close) depth--;
  }
  return at - 1;
}

/**
 * WGSL in which loops over these variables, from 0 to a constant of at most four, are written out. An array indexed by a
 * loop's variable stays in memory on software adapters; indexed by numbers it lives in registers.
 */
export function unrolled(source: string, variables: readonly string[]): string {
  let text = source;
  for (const { 0: head, 1: variable = '', 2: bound = '' } of source.matchAll(loopPattern)) {
    if (!variables.includes(variable)) continue;
    const rounds = evaluate(bound, source);
    if (rounds > MOST_ROUNDS) continue;
    // The loops inside come later in the source, and are written out in each copy.
    for (let at = text.indexOf(head); at >= 0; at = text.indexOf(head, at)) {
      const end = closing(text, at + head.length);
      const body = text.slice(at + head.length, end);
      const copies = Array.from(
        { length: rounds },
        (_, i) => `{${body.replace(new RegExp(`\\b${variable}\\b`, 'g'), `${i}u`)}}`,
      );
      text = text.slice(0, at) + copies.join('\n') + text.slice(end + 1);
    }
  }
  return text;
}

const definitionPattern = /^const (\w+)(?:: \w+)? = ([^;]+);/gm;
const leavingPattern = /\breturn\b[^;{}]*;\s*\}$/;
const conditionPattern = /\bif \(/g;

/** A literal of WGSL as JavaScript's. */
function literalValue(text: string): number | boolean | undefined {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = /^(-?\d+(?:\.\d*)?)[uf]?$/.exec(text)?.[1];
  return number === undefined ? undefined : Number(number);
}

type Values = ReadonlyMap<string, number | boolean>;

const comparisons: Readonly<Record<string, (a: number | boolean, b: number | boolean) => boolean>> = {
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '>': (a, b) => a > b,
  '<=': (a, b) => a <= b,
  '>=': (a, b) => a >= b,
};

/** Whether a name or a comparison of constants holds; undefined if it depends on more. */
function decide(condition: string, values: Values): boolean | undefined {
  const known = (text: string) => values.get(text) ?? literalValue(text);
  const [, left = '', by = '', right = ''] = /^(\w+) (==|!=|<|>|<=|>=) ([\w.]+)$/.exec(condition) ?? [];
  if (by === '') {
    const value = known(condition);
    return typeof value === 'boolean' ? value : undefined;
  }
  const [a, b] = [known(left), known(right)];
  return a === undefined || b === undefined ? undefined : comparisons[by]?.(a, b);
}

/** Whether a conjunction holds; undefined if that depends on more than constants. Disjunctions are not looked into. */
function holdsAll(condition: string, values: Values): boolean | undefined {
  const parts = condition.includes('||') ? [condition] : condition.split(' && ');
  const known = parts.map((part) => decide(part.trim(), values));
  if (known.includes(false)) return false;
  return known.includes(undefined) ? undefined : true;
}

const newlines = (text: string) => text.replace(/[^\n]/g, '');

/**
 * WGSL without the branches that its constants exclude, on which SwiftShader would spend about a quarter of its compilation.
 * Lines keep their numbers. Conditions may be constants, comparisons of them, and conjunctions in which some parts are.
 */
export function decided(source: string): string {
  const values = new Map<string, number | boolean>();
  for (const [, name = '', text = ''] of source.matchAll(definitionPattern)) {
    const value = values.get(text) ?? literalValue(text);
    if (value !== undefined) values.set(name, value);
  }
  let text = source;
  for (let at = text.search(conditionPattern); at >= 0; ) {
    const begin = at + 'if ('.length;
    const end = closing(text, begin, ['(', ')']);
    const holds = holdsAll(text.slice(begin, end), values);
    const opening = text.indexOf('{', end);
    const bodyEnd = closing(text, opening + 1) + 1;
    const otherwise = /^\s*else\s*/.exec(text.slice(bodyEnd))?.[0];
    const other = bodyEnd + (otherwise?.length ?? 0);
    // In a chain each condition presumes those before it.
    const isChain = otherwise !== undefined && text[other] !== '{';
    const otherEnd = otherwise === undefined || isChain ? bodyEnd : closing(text, other + 1) + 1;
    const [taken, left] = [text.slice(opening, bodyEnd), text.slice(other, otherEnd)];
    const isDecided = holds !== undefined && !isChain;
    if (isDecided) {
      const kept = holds ? taken : left === '' ? '{}' : left;
      const [before, after] = holds ? ['', left] : [taken, ''];
      // What follows a return is never reached.
      const resumed = leavingPattern.test(kept) ? closing(text, otherEnd) : otherEnd;
      const rest = newlines(after + text.slice(otherEnd, resumed));
      text = text.slice(0, at) + newlines(before) + kept + rest + text.slice(resumed);
    }
    // The branches inside come next.
    const from = isDecided ? at : begin;
    const next = text.slice(from).search(conditionPattern);
    at = next < 0 ? -1 : from + next;
  }
  return text;
}
