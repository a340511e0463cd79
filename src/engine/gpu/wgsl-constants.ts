// Integer constants of a kernel's WGSL, and loops over them that are written out.

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

/** The end of the block whose opening brace is just before `from`. */
function closing(source: string, from: number): number {
  let depth = 1;
  let at = from;
  for (; depth > 0; at++) {
    if (source[at] === '{') depth++;
    else if (source[at] === '}') depth--;
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
