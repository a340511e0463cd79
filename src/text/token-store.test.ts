import { describe, expect, it } from 'vitest';
import { TokenStore } from './token-store.ts';

const block = 2 ** 20;

describe('TokenStore', () => {
  it('returns what was stored, also across blocks', () => {
    for (const values of [256, 65_536]) {
      const store = new TokenStore(values);
      for (let k = 0; k < 2 * block + 10; k++) store.push((k * 7919) % values);
      expect(store.length).toBe(2 * block + 10);
      for (const [start, length] of [
        [0, 5],
        [block - 3, 6],
        [block - 1, block + 2],
        [2 * block + 8, 2],
        [4, 0],
      ] as const) {
        const ids = store.copy(start, length);
        expect(ids).toHaveLength(length);
        expect(ids.every((id, k) => id === ((start + k) * 7919) % values)).toBe(true);
      }
    }
  });

  it('takes one byte for up to 256 values, two for more, in blocks', () => {
    const bytes = (values: number, count: number) => {
      const store = new TokenStore(values);
      for (let k = 0; k < count; k++) store.push(0);
      return store.byteLength;
    };
    expect(bytes(256, 1)).toBe(block);
    expect(bytes(257, 1)).toBe(2 * block);
    expect(bytes(256, block)).toBe(block);
    expect(bytes(256, block + 1)).toBe(2 * block);
    expect(() => new TokenStore(65_537)).toThrow('65537 values do not fit into 16 bits');
  });

  it('appends bytes in pieces of any size, and adds its offset', () => {
    const store = new TokenStore(256, 4);
    const pieces = [1, block - 2, 3, 0, 2 * block, 5];
    for (const length of pieces) store.append(Uint8Array.from({ length }, (_, k) => k % 251));
    expect(store.length).toBe(3 * block + 7);
    const ids = store.copy(0, store.length);
    let at = 0;
    for (const length of pieces) {
      expect(ids.subarray(at, at + length).every((id, k) => id === 4 + (k % 251))).toBe(true);
      at += length;
    }
  });

  it('refuses to copy beyond its end', () => {
    const store = new TokenStore(10);
    store.push(1);
    for (const [start, length] of [
      [0, 2],
      [-1, 1],
      [2, 0],
    ] as const)
      expect(() => store.copy(start, length)).toThrow(RangeError);
  });
});
