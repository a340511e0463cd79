import { expect, it } from 'vitest';
import { readSafetensors } from '../io/safetensors.ts';
import { placeModel } from '../testing/events.ts';
import { tensorFile } from './tensor-file.ts';

it('a tensor in a file has its numbers, its name and where it comes from', () => {
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const seen = {
    ...({ type: 'inspect-end', model: placeModel, part: 'weights', layer: 1, gradient: true } as const),
    ...{ index: 4, words: ['a', 'b'], shape: [1, 2, 3], values, loss: 0.25 },
  };
  const { tensors, metadata } = readSafetensors(tensorFile({ seen, step: 10 }), 'it');
  expect(tensors.get('grad.weights.1')).toMatchObject({ shape: [1, 2, 3], data: values });
  expect(metadata).toMatchObject({
    segment: '4',
    words: '["a","b"]',
    axes: 'head,position,key',
    loss: '0.25',
    step: '10',
  });
});
