// Damaged inputs: valid files changed in the ways in which files break and attackers change them. Every one is determined by
// its random numbers.
import type { Random } from '../../src/random.ts';

const interesting = [0, 1, 0x7f, 0x80, 0xff, 0x22, 0x2c, 0x3c, 0x5b, 0x5d, 0x7b, 0x7d, 0x0a, 0x0d];
const values = [
  ...['null', 'true', '-1', '0', '1e999', '-1e999', '1.5', '9007199254740993', '4294967296', '""', '"x"', '[]', '{}'],
  ...['[[[[[[[[]]]]]]]]', '{"__proto__":{"a":1}}', '"__proto__"', '"constructor"', '"\\u0000"', '"\\ud800"', 'NaN', ''],
  `"${'x'.repeat(2000)}"`,
  `${'['.repeat(5000)}`,
];

const concat = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};

/** A position, more often near the beginning, where headers are. */
const place = (random: Random, length: number) =>
  random.int(2) === 0 ? random.int(Math.max(1, Math.min(length, 4096))) : random.int(Math.max(1, length));

function bytesChanged(random: Random, bytes: Uint8Array): Uint8Array {
  const at = place(random, bytes.length);
  const length = 1 + random.int(random.int(4) === 0 ? 200 : 8);
  const [before, after] = [bytes.subarray(0, at), bytes.subarray(Math.min(bytes.length, at + length))];
  switch (random.int(7)) {
    case 0: {
      const changed = bytes.slice();
      changed[at] = (changed[at] ?? 0) ^ (1 << random.int(8));
      return changed;
    }
    case 1: {
      const changed = bytes.slice();
      for (let k = at; k < Math.min(bytes.length, at + length); k++) changed[k] = random.pick(interesting);
      return changed;
    }
    case 2:
      return concat(before, after);
    case 3:
      return concat(before, bytes.subarray(at, at + length), bytes.subarray(at));
    case 4:
      return before;
    case 5:
      return concat(
        before,
        Uint8Array.from({ length }, () => random.int(256)),
        bytes.subarray(at),
      );
    default: {
      // A number of four or eight bytes, as in the headers of archives and of weights.
      const changed = bytes.slice();
      const number = random.pick([0n, 1n, 0xffffffffn, 0x7fffffffn, 0xffffffffffffffffn, BigInt(random.int(2 ** 20))]);
      const size = random.pick([2, 4, 8]);
      for (let k = 0; k < size && at + k < bytes.length; k++)
        changed[at + k] = Number((number >> BigInt(8 * k)) & 255n);
      return changed;
    }
  }
}

/** A value, key or tag of the text exchanged, removed or repeated. */
function textChanged(random: Random, bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1');
  const from = random.int(Math.max(1, text.length));
  const pattern = random.pick([
    /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/g,
    /"(?:[^"\\]|\\.)*"/g,
    /[[{][^[\]{}]*[\]}]/g,
    /<[^>]*>/g,
    /[\w.]+/g,
    /&\w*=?/g,
  ]);
  pattern.lastIndex = from;
  const found = pattern.exec(text);
  if (!found || found[0] === '') return bytesChanged(random, bytes);
  const by = random.int(3) === 0 ? `${found[0]}${found[0]}` : random.pick(values);
  return Uint8Array.from(
    Buffer.from(text.slice(0, found.index) + by + text.slice(found.index + found[0].length), 'latin1'),
  );
}

/**
 * A damaged input.
 * @param seed  a valid one
 * @param other another one, of which a piece may be put in
 */
export function damaged(random: Random, seed: Uint8Array, other: Uint8Array): Uint8Array<ArrayBuffer> {
  let bytes: Uint8Array = seed;
  // Mostly one change, which gets further than many.
  const changes = random.int(3) > 0 ? 1 : 2 + random.int(6);
  for (let k = 0; k < changes; k++) {
    const kind = random.int(10);
    if (kind === 0) {
      const from = random.int(Math.max(1, other.length));
      bytes = concat(bytes.subarray(0, random.int(bytes.length + 1)), other.subarray(from, from + random.int(5000)));
    } else bytes = kind < 5 ? textChanged(random, bytes) : bytesChanged(random, bytes);
  }
  return Uint8Array.from(bytes);
}
