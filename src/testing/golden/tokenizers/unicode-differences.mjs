// Lists the characters that this Node's Unicode classifies otherwise than Python's tokenizers: the ranges in
// src/text/pieces/unicode.ts. Usage: python unicode_classes.py | node unicode-differences.mjs
import { readFileSync } from 'node:fs';

const python = JSON.parse(readFileSync(0, 'utf8'));
const codes = Array.from({ length: 0x110000 }, (_, code) => code).filter((code) => code < 0xd800 || code >= 0xe000);

/** Code points as ranges in hexadecimal. */
function ranges(list) {
  const found = [];
  for (const code of list) {
    const last = found.at(-1);
    if (last?.[1] === code - 1) last[1] = code;
    else found.push([code, code]);
  }
  return found.map(([from, to]) => (from === to ? [from] : [from, to]).map((c) => c.toString(16)).join('-')).join(' ');
}

const classes = {
  unclean: /(?![\t\n\r])[\0\p{Cc}\p{Cf}\p{Co}\uFFFD]/u,
  nonspacing: /\p{Mn}/u,
  marks: /\p{M}/u,
  punctuation: /[\p{P}!-/:-@[-`{-~]/u,
  letters: /\p{L}/u,
  numbers: /\p{N}/u,
};
for (const [name, pattern] of Object.entries(classes)) {
  const theirs = new Set(python[name]);
  const ours = codes.filter((code) => pattern.test(String.fromCodePoint(code)));
  const inOurs = new Set(ours);
  console.log(`${name}, only here: ${ranges(ours.filter((code) => !theirs.has(code)))}`);
  console.log(`${name}, only in Python: ${ranges(python[name].filter((code) => !inOurs.has(code)))}`);
}
for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'])
  console.log(
    `${form}: ${ranges(
      codes.filter((code) => {
        const character = String.fromCodePoint(code);
        return character.normalize(form) !== (python[form][code] ?? character);
      }),
    )}`,
  );
