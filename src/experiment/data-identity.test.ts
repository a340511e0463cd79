// The identity of the user's data: equal contents are the same data, anything else is refused by name.
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { bytesSource } from '../io/text-source.ts';
import { checkSameData, identitiesOf, parseIdentities } from './data-identity.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const text = (content: string | Uint8Array, name = 'a.txt') => ({
  text: bytesSource(name, typeof content === 'string' ? new TextEncoder().encode(content) : content),
});

describe('identitiesOf', () => {
  it('hashes a file in pieces of 1 MiB, however it is given', async () => {
    const bytes = Uint8Array.from({ length: 2 * 2 ** 20 + 5 }, (_, k) => (k * 31 + (k >> 9)) & 255);
    const pieces = [0, 2 ** 20, 2 * 2 ** 20].map((from) => sha256(bytes.subarray(from, from + 2 ** 20)));
    const hash = sha256(Buffer.concat(pieces)).toString('hex');
    const wanted = { text: { name: 'a.bin', size: bytes.length, hash } };
    expect(await identitiesOf({ text: new File([bytes], 'a.bin') })).toEqual(wanted);
    // A source may yield less at once than was asked for.
    const slow = {
      name: 'a.bin',
      size: bytes.length,
      async *open(from = 0, to = bytes.length) {
        for (let at = from; at < to; at += 70_000) yield bytes.subarray(at, Math.min(to, at + 70_000));
      },
    };
    expect(await identitiesOf({ text: slow })).toEqual(wanted);
  });

  it('is the same for a noise text and a file with its bytes', async () => {
    const { noise } = await identitiesOf({ noise: { name: 'n', text: 'Zebras – wander.' } });
    const { text: file } = await identitiesOf(text('Zebras – wander.', 'n'));
    expect(noise).toEqual(file);
    expect(noise?.size).toBe(18);
  });

  it('changes with any byte', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 100 }),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (bytes, at, change) => {
          const other = bytes.slice();
          other[at % bytes.length] = (other[at % bytes.length] ?? 0) ^ change;
          const [a, b] = [await identitiesOf(text(bytes)), await identitiesOf(text(other))];
          expect(a.text?.hash).not.toBe(b.text?.hash);
          expect(parseIdentities(JSON.parse(JSON.stringify(a)), 'x')).toEqual(a);
        },
      ),
      { numRuns: 20 },
    );
  });
});

describe('checkSameData', () => {
  it('accepts the same data under another name, and names both otherwise', async () => {
    const saved = await identitiesOf(text('one text'));
    checkSameData(saved, await identitiesOf(text('one text', 'renamed.txt')), 'run');
    checkSameData({}, {}, 'run');
    const other = await identitiesOf(text('another text', 'b.txt'));
    const [was, is] = [saved, other].map(({ text: data }) => data?.hash.slice(0, 12));
    expect(() => checkSameData(saved, other, 'run')).toThrow(
      new InputError(
        'run: text',
        `'b.txt' with 12 bytes and the hash ${is}…`,
        `'a.txt' with 8 bytes and the hash ${was}…, the data of the run`,
      ),
    );
    expect(() => checkSameData(saved, {}, 'run')).toThrow(
      new InputError(
        'run: text',
        'no text',
        `'a.txt' with 8 bytes and the hash ${was}…, which the run was trained on, again`,
      ),
    );
    expect(() => checkSameData({}, other, 'run')).toThrow(/expected no text, because the run was trained without one/);
  });
});

describe('parseIdentities', () => {
  it.each([
    [null],
    ['x'],
    [{ text: 'a.txt' }],
    [{ text: { name: 'a', size: -1, hash: 'a'.repeat(64) } }],
    [{ noise: { name: 'a', size: 1, hash: 'zz' } }],
  ])('refuses %j', (value) => {
    expect(() => parseIdentities(value, 'data')).toThrow(/^data[.:].*\(expected a name, a size and a hash\)$/);
  });
});
