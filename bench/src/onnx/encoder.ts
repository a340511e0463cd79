// The encoder as an ONNX model: in standard operators, or in ONNX Runtime's own fused ones for transformers.
import { stacked } from '../stacked.ts';
import type { Sizes, Weights } from '../workload.ts';
import { int, ints, OnnxGraph, real } from './model.ts';

const FUSED = 'com.microsoft';

/** Which fused operators the model uses. */
export interface Fused {
  readonly attention: boolean;
  /** Bias with GELU, and bias with residual and normalisation. */
  readonly rest: boolean;
}

/** Input `rows` (B, S), output `hidden` (B, S, D). */
export function encoderModel(sizes: Sizes, weights: Weights, fused: Fused): Uint8Array<ArrayBuffer> {
  const { B, S, D, heads, eps } = sizes;
  const graph = new OnnxGraph();
  const given = stacked(sizes, weights, (values, shape, name) => graph.weight(name, shape, values));
  const op = (name: string, ...inputs: string[]) => graph.node(name, inputs);
  const epsilon = { epsilon: real(eps) };
  const [half, one, rootHalf, scale] = [0.5, 1, Math.SQRT1_2, Math.sqrt(heads / D)].map((value) => graph.scalar(value));

  type Dense = (typeof given.layers)[number]['out'];
  type Norm = typeof given.norm;
  const constant = (value: string | undefined) => value ?? '';
  const product = (x: string, { weight }: Dense) => op('MatMul', x, weight);
  const linear = (x: string, dense: Dense) => op('Add', product(x, dense), dense.bias);
  const layerNorm = (x: string, { gain, bias }: Norm) =>
    graph.node('LayerNormalization', [x, gain, bias], { axis: int(-1 + 3), ...epsilon });

  const attention = (x: string, { weight, bias }: Dense): string => {
    if (fused.attention) return graph.node('Attention', [x, weight, bias], { num_heads: int(heads) }, FUSED);
    const split = graph.shape([B, S, 3, heads, D / heads]);
    const projected = graph.node('Transpose', [op('Reshape', linear(x, { weight, bias }), split)], {
      perm: ints([2, 0, 3, 1, 4]),
    });
    const parts = graph.many('Split', [projected, graph.shape([1, 1, 1])], 3, { axis: int(0) });
    const [query, key, value] = parts.map((part) => op('Squeeze', part, graph.shape([0]))) as [string, string, string];
    const scores = op(
      'MatMul',
      op('Mul', query, constant(scale)),
      graph.node('Transpose', [key], { perm: ints([0, 1, 3, 2]) }),
    );
    const mixed = op('MatMul', graph.node('Softmax', [scores], { axis: int(3) }), value);
    return op('Reshape', graph.node('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }), graph.shape([B, S, D]));
  };
  /** A linear layer, the residual beside it, and the normalisation of their sum. */
  const close = (x: string, dense: Dense, residual: string, norm: Norm): string =>
    fused.rest
      ? graph.node(
          'SkipLayerNormalization',
          [product(x, dense), residual, norm.gain, norm.bias, dense.bias],
          epsilon,
          FUSED,
        )
      : layerNorm(op('Add', linear(x, dense), residual), norm);
  const gelu = (x: string, dense: Dense): string => {
    if (fused.rest) return graph.node('BiasGelu', [product(x, dense), dense.bias], {}, FUSED);
    const inner = linear(x, dense);
    const error = op('Erf', op('Mul', inner, constant(rootHalf)));
    return op('Mul', op('Mul', inner, op('Add', error, constant(one))), constant(half));
  };

  const rows = graph.input('rows', [B, S]);
  const words = op('Gather', given.word, rows);
  let hidden = layerNorm(op('Add', op('Add', words, given.position), given.tokenType), given.norm);
  for (const layer of given.layers) {
    const middle = close(attention(hidden, layer.qkv), layer.out, hidden, layer.norm1);
    hidden = close(gelu(middle, layer.up), layer.down, middle, layer.norm2);
  }
  graph.output('hidden', hidden, [B, S, D]);
  return graph.bytes();
}
