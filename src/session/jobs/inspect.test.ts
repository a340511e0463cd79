// The inspect job: tensors of a streamed document, next to what a stream and a look report of the same segments.
import { describe, expect, it } from 'vitest';
import { statisticsOf, type TensorChoice, tensorPartNames, tensorParts } from '../../analysis/tensor-parts.ts';
import { expectClose } from '../../testing/close.ts';
import { Desk, ofType } from '../../testing/desk.ts';
import { completeRun, file, stream } from '../../testing/session-runs.ts';

const document = { segments: 3, seed: 5 };
type Read = Partial<TensorChoice> & Pick<TensorChoice, 'part'>;

async function modelAndDesk() {
  const { bytes } = await completeRun({ stages: [1], stage_steps: [1] });
  const model = file(bytes);
  const desk = new Desk();
  const read = async (tensor: Read, index: number, memory?: Float32Array) => {
    const at = { index, ...(memory ? { memory } : {}) };
    const job = { kind: 'inspect', model, ...document, at, tensor: { layer: 0, gradient: false, ...tensor } } as const;
    return ofType(await desk.run(job), 'inspect-end')[0];
  };
  return { model, desk, read };
}

describe('a tensor of a segment', () => {
  it('is what the stream and its attention have', async () => {
    const { model, desk, read } = await modelAndDesk();
    const segments = ofType(await desk.run(stream(model, { ...document, attention: true })), 'stream-segment');
    const [first, second] = segments;
    const memory = first?.memory ?? new Float32Array(0);
    expect((await read({ part: 'memory-out' }, 0))?.values).toEqual(memory);
    // Read from the beginning, or from the memory that is given.
    expect((await read({ part: 'memory-in' }, 1))?.values).toEqual(memory);
    const out = await read({ part: 'memory-out' }, 1, memory.slice());
    expect(out?.values).toEqual(second?.memory);
    expect(out?.words).toEqual(second?.words);
    const at = [{ index: 1, memory: memory.slice() }];
    const [looked] = ofType(await desk.run({ kind: 'look', model, ...document, at }), 'look-segment');
    const weights = await read({ part: 'weights' }, 1);
    const { layers = 1, positions = 0 } = out?.model ?? {};
    const [heads = 0, rows = 0, columns = 0] = weights?.shape ?? [];
    expect(looked?.attention).toHaveLength(layers * heads * positions * positions);
    for (let h = 0; h < heads; h++)
      for (let r = 0; r < rows; r++)
        expectClose(
          weights?.values.subarray((h * rows + r) * columns, (h * rows + r + 1) * columns) ?? [],
          looked?.attention.subarray((h * positions + r) * positions, (h * positions + r) * positions + columns) ?? [],
          { atol: 1e-7, label: `head ${h}, row ${r}` },
        );
  });

  it('has a shape as its axes say, and no padding; its gradient has the same', async () => {
    const { read } = await modelAndDesk();
    const has = tensorPartNames.filter((part) => !part.startsWith('associations') && part !== 'cache');
    for (const part of has) {
      const value = await read({ part }, 1);
      expect(value?.shape, part).toHaveLength(tensorParts[part].axes.length);
      expect(value?.values.length, part).toBe(value?.shape.reduce((a, b) => a * b));
      expect(statisticsOf(value?.values ?? new Float32Array(0)).notFinite, part).toBe(0);
      if (!tensorParts[part].gradient) continue;
      const gradient = await read({ part, gradient: true }, 1);
      expect(gradient?.shape, part).toEqual(value?.shape);
      expect(gradient?.loss).toBeGreaterThan(0);
      // The answer depends on the second of three segments through its memory only; no head answers after it.
      const { max, min } = statisticsOf(gradient?.values ?? new Float32Array(0));
      expect(max > 0 || min < 0, part).toBe(part !== 'logits');
    }
  });

  it('is refused where there is none', async () => {
    const { desk, model } = await modelAndDesk();
    const ask = (tensor: TensorChoice, index = 0) =>
      desk.run({ kind: 'inspect', model, ...document, at: { index }, tensor });
    const message = async (...given: Parameters<typeof ask>) => ofType(await ask(...given), 'failed')[0]?.message;
    expect(await message({ part: 'cache', layer: 0, gradient: false })).toContain('tensor: Cache received');
    expect(await message({ part: 'activated', layer: 0, gradient: true })).toContain('gradient:');
    expect(await message({ part: 'hidden', layer: 99, gradient: false })).toContain('layer: 100');
    expect(await message({ part: 'hidden', layer: 0, gradient: false }, 99)).toContain('segment: 100');
  });
});
