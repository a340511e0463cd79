// Numbers as people type them: with a decimal point or a decimal comma, but never with a guess.

/** `12`, `-0.5`, `.5`, `1e-3`. */
const plain = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
/** One comma that can only be a decimal comma: `0,002`, `1,5`, `1,5e-3`, and `5,` while typing. Three digits behind it could be thousands. */
const decimalComma = /^([+-]?)(0,\d+|\d+,\d{0,2}|,\d{1,2}|\d*,\d{4,}|\d{4,},\d+)(e[+-]?\d+)?$/i;
/** Groups of three digits, as in `10,000`, `10.000`, `10 000` and `10'000`. */
const grouped = /^[+-]?[1-9]\d{0,2}(?:([,. '’\u00a0\u202f])\d{3})(?:\1\d{3})*$/;

export type TypedNumber = { readonly value: number } | { readonly hint: string | undefined };

/**
 * Read a number that someone typed.
 * @returns its value, or what to type instead if it could be read in two ways; no hint if it is no number at all
 */
export function typedNumber(text: string, isInteger: boolean): TypedNumber {
  const trimmed = text.trim();
  const groups = grouped.exec(trimmed);
  // With a decimal point, 1.500 is a plain number; where whole numbers are expected it looks like thousands.
  if (groups && !(groups[1] === '.' && !isInteger && trimmed.split('.').length === 2)) {
    const joined = trimmed.replaceAll(/[^\d+-]/g, '');
    const asDecimal = trimmed.split(/[^\d+-]/).length === 2 ? Number(trimmed.replace(/[^\d+-]/, '.')) : undefined;
    return {
      hint:
        isInteger || asDecimal === undefined
          ? `type ${joined} without a separator`
          : `type ${joined} or ${asDecimal}, with a point for decimals`,
    };
  }
  if (plain.test(trimmed)) return { value: Number(trimmed) };
  if (decimalComma.test(trimmed)) return { value: Number(trimmed.replace(',', '.')) };
  return { hint: /\d[.,]\d/.test(trimmed) ? 'use a point for decimals and no separator for thousands' : undefined };
}
