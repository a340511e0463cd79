import { expect, it } from 'vitest';
import { AttentionShelf, activity, attentionGrid, positionLabels } from './attention.ts';

const sizes = { layers: 2, heads: 2, memTokens: 2, positions: 7 };
const cells = 2 * 7;
const attention = {
  write: Float32Array.from({ length: 4 * cells }, (_, i) => i),
  read: Float32Array.from({ length: 4 * cells }, (_, i) => 1000 + i),
};

it('picks the matrix of a layer and a head', () => {
  const grid = attentionGrid(attention, sizes, 'write', 1, 1);
  expect([grid.rows, grid.columns]).toEqual([2, 7]);
  expect(grid.values[0]).toBe(3 * cells);
  expect(grid.values.length).toBe(cells);
});

it('turns rows and columns around for reading', () => {
  const grid = attentionGrid(attention, sizes, 'read', 0, 1);
  expect([grid.rows, grid.columns]).toEqual([7, 2]);
  expect(grid.values[0]).toBe(1000 + cells);
});

it('averages over heads', () => {
  const grid = attentionGrid(attention, sizes, 'write', 1, 'average');
  expect(grid.values[3]).toBe(2.5 * cells + 3);
});

it('names every position', () => {
  expect(positionLabels(sizes, ['mary', 'went'])).toEqual([
    '[CLS]',
    'mem 1',
    'mem 2',
    '[SEP]',
    'mary',
    'went',
    '[SEP]',
  ]);
  expect(positionLabels(sizes, ['mary'])).toEqual(['[CLS]', 'mem 1', 'mem 2', '[SEP]', 'mary', '[SEP]', '[PAD]']);
});

it('says where attention went', () => {
  const one = { layers: 1, heads: 1, memTokens: 1, positions: 6 };
  // [CLS] mem [SEP] word word [SEP]
  const write = Float32Array.of(0.1, 0.2, 0.05, 0.3, 0.3, 0.05);
  const read = Float32Array.of(0.7, 0, 0, 0, 0, 0);
  const { toWords, toMemory, clsToMemory } = activity({ write, read }, one, 2);
  expect(toWords).toBeCloseTo(0.6, 6);
  expect(toMemory).toBeCloseTo(0.2, 6);
  expect(clsToMemory).toBeCloseTo(0.7, 6);
});

it('keeps the newest segments and all marked ones', () => {
  const shelf = new AttentionShelf(100, 1000);
  for (let i = 0; i < 100; i++) shelf.add(i, attention, i === 3);
  expect(shelf.most).toBe(10);
  expect(shelf.size).toBe(11);
  expect(shelf.get(3)).toBe(attention);
  expect(shelf.get(50)).toBeUndefined();
  expect(shelf.get(99)).toBe(attention);
});
