// Parameters of several layers: each divides the rows among its layers, which compute what each computes alone.
import { describe, expect, it } from 'vitest';
import { ShapeError } from '../../errors.ts';
import { normals, onGpu, type RunOptions, type Stage } from '../../testing/ops.ts';
import { quads, registers, tiles, variantName } from '../gpu/tuning.ts';
import { reshape, type Tensor } from '../tensor.ts';
import { layerNorm } from './layer-norm.ts';
import { feedForward, linear } from './linear.ts';

const LAYERS = 3;
/** Numbers between two layers: more than a parameter has. */
const STRIDE = 1024;

/** A parameter of every layer in one tensor, and alone. */
function parameterOf(stage: Stage, label: string, shape: readonly number[], seed: number) {
  const count = shape.reduce((a, b) => a * b, 1);
  const all = normals(LAYERS * STRIDE, seed);
  const { storage } = stage.f32(label, [LAYERS * STRIDE], all);
  const one = { label, shape, dtype: 'f32', storage, offset: 0 } as const;
  const together: Tensor = { ...one, layers: { count: LAYERS, stride: STRIDE } };
  const alone = Array.from({ length: LAYERS }, (_, l) =>
    stage.f32(`${label} ${l}`, shape, all.subarray(l * STRIDE, l * STRIDE + count)),
  );
  return { together, alone };
}

/** Expect an op on all layers to have the bits it has on each. */
async function compare(
  [rows, K, width]: readonly [rows: number, K: number, width: number],
  record: (
    stage: Stage,
    inp: Tensor,
    choose: (label: string, shape: readonly number[], seed: number) => Tensor,
  ) => Tensor,
  options: RunOptions,
) {
  const inp = normals(LAYERS * rows * K, 1);
  const got = await onGpu((stage) => {
    const known = new Map<string, ReturnType<typeof parameterOf>>();
    const named = (label: string, shape: readonly number[], seed: number) => {
      const made = known.get(label) ?? parameterOf(stage, label, shape, seed);
      known.set(label, made);
      return made;
    };
    const whole = stage.f32('inp', [LAYERS, rows, K], inp);
    const together = record(stage, whole, (...given) => named(...given).together);
    const alone = Array.from({ length: LAYERS }, (_, l) => {
      const part = stage.f32(`inp ${l}`, [rows, K], inp.subarray(l * rows * K, (l + 1) * rows * K));
      return record(stage, part, (...given) => named(...given).alone[l] as Tensor);
    });
    return () => ({
      together: reshape(together, [LAYERS * rows * width]),
      ...Object.fromEntries(alone.map((each, l) => [`alone ${l}`, each])),
    });
  }, options);
  const results: Readonly<Record<string, Float32Array>> = got;
  for (let l = 0; l < LAYERS; l++)
    expect(results['together']?.subarray(l * rows * width, (l + 1) * rows * width), `layer ${l}`).toEqual(
      results[`alone ${l}`],
    );
}

// Rows that do and do not fill a tile: a layer's last tile must not reach into the next layer.
describe.each([registers, quads, tiles[0] ?? registers].map((variant) => [variantName(variant), variant] as const))(
  'products of several layers, %s',
  (_name, product) => {
    it.each([1, 8, 21])('have the bits of each layer alone, %i rows', async (rows) => {
      await compare(
        [rows, 12, 16],
        ({ tape }, inp, choose) => {
          const first = linear(tape, inp, { weight: choose('w', [20, 12], 2), bias: choose('b', [20], 3) });
          const plain = linear(tape, first, { weight: choose('p', [16, 20], 4) }, { activation: 'tanh' });
          const inner = { weight: choose('i', [24, 16], 5), bias: choose('j', [24], 6) };
          const outer = { weight: choose('o', [16, 24], 7), bias: choose('q', [16], 8) };
          return feedForward(tape, plain, inner, outer, { residual: plain });
        },
        { product },
      );
    });
  },
);

describe.each([
  ['one invocation per row', true],
  ['several invocations per row', false],
])('layer norms of several layers, %s', (_lanes, software) => {
  it.each([1, 70])('have the bits of each layer alone, %i rows', async (rows) => {
    const norm = (
      { tape }: Stage,
      inp: Tensor,
      choose: (label: string, shape: readonly number[], seed: number) => Tensor,
    ) => layerNorm(tape, inp, choose('affine', [2, 12], 2), 1e-5);
    await compare([rows, 12, 12], norm, { software });
  });
});

it('refuses rows that cannot be divided, biases of other layers, and a backward pass', async () => {
  const refused = (record: (stage: Stage) => void) =>
    expect(
      onGpu((stage) => {
        record(stage);
        return () => ({});
      }),
    ).rejects;
  await refused((stage) => {
    const { together } = parameterOf(stage, 'w', [4, 4], 1);
    linear(stage.tape, stage.f32('inp', [4, 4], normals(16, 1)), { weight: together });
  }).toThrow(new ShapeError("linear: 'inp' has 4 rows, expected a multiple of 3 layers"));
  await refused((stage) => {
    const { together } = parameterOf(stage, 'w', [4, 4], 1);
    const bias = stage.f32('b', [4], normals(4, 2));
    linear(stage.tape, stage.f32('inp', [3, 4], normals(12, 1)), { weight: together, bias });
  }).toThrow(new ShapeError("linear: 'bias' is of other layers than 'weight'"));
  await refused((stage) => {
    const { together } = parameterOf(stage, 'affine', [2, 4], 1);
    layerNorm(stage.tape, stage.f32('inp', [4, 4], normals(16, 1)), together, 1e-5);
  }).toThrow(new ShapeError("layer_norm: 'inp' has 4 rows, expected a multiple of 3 layers"));
  for (const op of ['linear', 'layer_norm'] as const)
    await refused((stage) => {
      const inp = stage.parameter('inp', [3, 4], normals(12, 1));
      const { together } = parameterOf(stage, 'w', [op === 'linear' ? 4 : 2, 4], 1);
      const out =
        op === 'linear' ? linear(stage.tape, inp, { weight: together }) : layerNorm(stage.tape, inp, together, 1e-5);
      stage.gradient(out, normals(12, 2));
    }).toThrow(`${op}: no backward pass for`);
});
