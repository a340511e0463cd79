// The weights of a run that starts from nothing.
import { expect, it } from 'vitest';
import { encoderOf } from '../testing/encoder.ts';
import { initialValues } from './initial-values.ts';

const blueprint = encoderOf();
const given = { seed: 3, initializer_range: 0.02, memory_position_range: 0 };
const table = 'bert.embeddings.position_embeddings.weight';
const { count, first = 0 } = blueprint.layout.memory;
const D = blueprint.shape.hiddenSize;

it('embeds the positions of memory tokens with their own standard deviation, and changes nothing else', () => {
  const plain = initialValues(given, blueprint);
  const apart = initialValues({ ...given, memory_position_range: 1 }, blueprint);
  expect(count).toBeGreaterThan(0);
  for (const [name, values] of plain) {
    const other = apart.get(name) ?? [];
    const wanted = [...values].map((value, i) =>
      name === table && i >= first * D && i < (first + count) * D ? Math.fround((value * 1) / 0.02) : value,
    );
    expect([...other], name).toEqual(wanted);
  }
});
