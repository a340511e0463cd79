import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ByteShelf } from './byte-shelf.ts';

/** Values are their own size in bytes. */
const shelfOf = (budget: number, onDrop?: (segment: number) => void) =>
  new ByteShelf<number>(budget, (bytes) => bytes, onDrop);
const kept = (shelf: ByteShelf<number>) => [...shelf.segments].sort((a, b) => a - b);

it('keeps as many small values as fit, and drops the oldest first', () => {
  const dropped: number[] = [];
  const shelf = shelfOf(1000, (segment) => dropped.push(segment));
  for (let i = 0; i < 1003; i++) shelf.add(i, 1, false);
  expect(shelf.size).toBe(1000);
  expect(shelf.bytes).toBe(1000);
  expect(dropped).toEqual([0, 1, 2]);
  expect(shelf.get(2)).toBeUndefined();
  expect(shelf.get(3)).toBe(1);
});

it('keeps few large ones, and always the newest, whatever its size', () => {
  const shelf = shelfOf(100);
  for (let i = 0; i < 10; i++) shelf.add(i, 40, false);
  expect(kept(shelf)).toEqual([8, 9]);
  shelf.add(10, 500, false);
  expect(kept(shelf)).toEqual([10]);
  shelf.add(11, 40, false);
  expect(kept(shelf)).toEqual([11]);
});

it('keeps the first marked ones for good, in at most half of the budget', () => {
  const shelf = shelfOf(100);
  shelf.add(0, 10, true);
  for (let i = 1; i < 100; i++) shelf.add(i, 10, false);
  expect(kept(shelf)).toEqual([0, 91, 92, 93, 94, 95, 96, 97, 98, 99]);
  const all = shelfOf(100);
  for (let i = 0; i < 100; i++) all.add(i, 10, true);
  expect(kept(all)).toEqual([0, 1, 2, 3, 4, 95, 96, 97, 98, 99]);
});

it('forgets what is removed or replaced', () => {
  const shelf = shelfOf(100);
  shelf.add(0, 40, true);
  shelf.add(1, 40, false);
  shelf.add(1, 20, false);
  expect(shelf.bytes).toBe(60);
  shelf.remove(0);
  shelf.remove(0);
  expect(kept(shelf)).toEqual([1]);
  expect(shelf.bytes).toBe(20);
  // The room of a removed marked value is free for another.
  shelf.add(2, 50, true);
  for (let i = 3; i < 9; i++) shelf.add(i, 25, false);
  expect(shelf.get(2)).toBe(50);
});

it('never exceeds its budget, except for a single newest value', () => {
  const values = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.boolean()), { maxLength: 60 });
  fc.assert(
    fc.property(values, (added) => {
      const shelf = shelfOf(100);
      added.forEach(([bytes, marked], segment) => {
        shelf.add(segment, bytes, marked);
        const sum = kept(shelf).reduce((total, each) => total + (shelf.get(each) ?? 0), 0);
        expect(shelf.bytes).toBe(sum);
        // Half a budget of marked ones and one value of 60.
        expect(sum).toBeLessThanOrEqual(110);
        expect(shelf.get(segment)).toBe(bytes);
      });
    }),
    { seed: 1 },
  );
});
