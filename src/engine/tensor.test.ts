import { describe, expect, it } from 'vitest';
import { ShapeError } from '../errors.ts';
import { bytesOf, elements, expectShape, reshape, type Tensor } from './tensor.ts';

const tensor: Tensor = {
  label: 'x',
  shape: [2, 3, 4],
  dtype: 'f32',
  storage: { label: 'x', bytes: 96, buffer: undefined },
  offset: 256,
};

describe('shapes', () => {
  it('count elements and bytes', () => {
    expect(elements([])).toBe(1);
    expect(elements([2, 0, 4])).toBe(0);
    expect(elements(tensor.shape)).toBe(24);
    expect(bytesOf(tensor)).toBe(96);
  });

  it('are checked by length and by size, and the error names op and operand', () => {
    expectShape('op', 'x', [2, 3], [2, 3]);
    for (const wrong of [[2], [2, 3, 1], [3, 2], []])
      expect(() => expectShape('op', 'x', wrong, [2, 3])).toThrow(
        new ShapeError(`op: 'x' has shape (${wrong.join(', ')}), expected (2, 3)`),
      );
  });

  it('can be changed without moving the numbers', () => {
    expect(reshape(tensor, [6, 4])).toEqual({ ...tensor, shape: [6, 4] });
    expect(() => reshape(tensor, [5, 5])).toThrow(
      new ShapeError("reshape: 'x' has shape (2, 3, 4), expected 25 elements for (5, 5)"),
    );
  });
});
