// Linear layers: y = act(x Wᵀ + b) + residual, their gradients, and the feed-forward block made of two of them.
import activationSource from '../../../shaders/lib/activation.wgsl?raw';
import operands from '../../../shaders/lib/linear_operands.wgsl?raw';
import product from '../../../shaders/lib/product.wgsl?raw';
import quadsMain from '../../../shaders/lib/product_quads.wgsl?raw';
import registersMain from '../../../shaders/lib/product_registers.wgsl?raw';
import workgroupMain from '../../../shaders/lib/product_workgroup.wgsl?raw';
import tile from '../../../shaders/lib/tile.wgsl?raw';
import tilesHalf from '../../../shaders/lib/tiles_half.wgsl?raw';
import tilesSingle from '../../../shaders/lib/tiles_single.wgsl?raw';
import activationForwardSource from '../../../shaders/linear_activation_forward.wgsl?raw';
import backwardInputSource from '../../../shaders/linear_backward_input.wgsl?raw';
import backwardWeightSource from '../../../shaders/linear_backward_weight.wgsl?raw';
import forwardSource from '../../../shaders/linear_forward.wgsl?raw';
import tanhBackwardSource from '../../../shaders/tanh_backward.wgsl?raw';
import { ShapeError } from '../../errors.ts';
import { defineKernel, type Kernel, type KernelDefinition, type Params } from '../gpu/kernel.ts';
import { grid, type Workgroups } from '../gpu/program.ts';
import { type ProductVariant, productFor } from '../gpu/tuning.ts';
import type { Claim, Tape } from '../tape.ts';
import { elements, expectShape, showShape, type Tensor } from '../tensor.ts';
import { invocations } from './add.ts';

/** A matrix-product kernel in all its variants; `half` where it can be computed from f16. */
type Product = Readonly<Record<ProductVariant['kind'], Kernel>> & { readonly half?: Kernel };

function defineProduct({ half, ...definition }: KernelDefinition & { readonly half?: true }): Product {
  const variant = (name: string, main: readonly string[], constants: readonly string[]): Kernel =>
    defineKernel({
      ...definition,
      name,
      source: [...main, definition.source].flat(),
      constants: [...definition.constants, ...constants],
    });
  const { name } = definition;
  const cuts = ['PER_ROW', 'PER_VEC', 'DEPTH'];
  return {
    registers: variant(name, [registersMain], []),
    quads: variant(name, [quadsMain], ['BLOCKS', 'ROWS', 'QUADS']),
    workgroup: variant(name, [tilesSingle, workgroupMain], cuts),
    ...(half ? { half: variant(`${name}_half`, [tilesHalf, workgroupMain], cuts) } : {}),
  };
}

const forward = defineProduct({
  name: 'linear_forward',
  source: [tile, product, operands, forwardSource],
  reads: ['inp', 'weight', 'bias', 'residual'],
  writes: ['out'],
  constants: ['ACTIVATION', 'HAS_BIAS', 'HAS_RESIDUAL', 'LAYERED'],
  sizes: ['R', 'N', 'K', 'LAYERS', 'STRIDE'],
  half: true,
});
const activationForward = defineProduct({
  name: 'linear_activation_forward',
  source: [tile, product, activationSource, operands, activationForwardSource],
  reads: ['inp', 'weight', 'bias'],
  writes: ['out', 'pre'],
  constants: ['ACTIVATION', 'LAYERED'],
  sizes: ['R', 'N', 'K', 'LAYERS', 'STRIDE'],
  half: true,
});
const backwardInput = defineProduct({
  name: 'linear_backward_input',
  source: [tile, product, activationSource, backwardInputSource],
  reads: ['d_out', 'weight', 'pre'],
  writes: ['d_inp'],
  constants: ['ACTIVATION', 'ACCUMULATE'],
  sizes: ['R', 'N', 'K'],
});
const backwardWeight = defineProduct({
  name: 'linear_backward_weight',
  source: [tile, product, backwardWeightSource],
  reads: ['d_out', 'inp'],
  writes: ['d_weight', 'd_bias'],
  constants: ['HAS_BIAS'],
  sizes: ['R', 'N', 'K'],
});
const tanhBackward = defineKernel({
  name: 'tanh_backward',
  source: tanhBackwardSource,
  reads: ['d_out', 'out'],
  writes: ['d_inp'],
  constants: [],
  sizes: ['N'],
});

/** Weight (N,K) and optional bias (N) of a linear layer. */
export interface LinearParameters {
  readonly weight: Tensor;
  readonly bias?: Tensor;
}

/** The activation between the layers of a feed-forward block; the numbers are those of lib/activation.wgsl. */
const activations = { gelu: 1, gelu_new: 2, relu: 3 } as const;
export type Activation = keyof typeof activations;
export const activationNames = Object.keys(activations) as Activation[];

interface Sizes {
  readonly R: number;
  readonly N: number;
  readonly K: number;
}

/** A parameter's layers as kernel parameters. */
export const layerParams = ({ layers }: Tensor) => ({
  LAYERED: layers !== undefined,
  LAYERS: layers?.count ?? 1,
  STRIDE: layers?.stride ?? 0,
});

function sizesOf(op: string, inp: Tensor, { weight, bias }: LinearParameters): Sizes {
  const [N = 0, K = 0] = weight.shape;
  const R = elements(inp.shape) / K;
  if (weight.shape.length !== 2 || inp.shape.at(-1) !== K)
    throw new ShapeError(`${op}: 'weight' has shape ${showShape(weight.shape)}, expected (N, ${inp.shape.at(-1)})`);
  if (N % 4 !== 0 || K % 4 !== 0)
    throw new ShapeError(`${op}: 'weight' has shape ${showShape(weight.shape)}, expected multiples of 4`);
  if (bias) expectShape(op, 'bias', bias.shape, [N]);
  const { count = 1, stride } = weight.layers ?? {};
  if (R % count !== 0) throw new ShapeError(`${op}: 'inp' has ${R} rows, expected a multiple of ${count} layers`);
  if (bias && ((bias.layers?.count ?? 1) !== count || bias.layers?.stride !== stride))
    throw new ShapeError(`${op}: 'bias' is of other layers than 'weight'`);
  return { R, N, K };
}

/** How a variant tiles a product of these sizes: its parameters and its workgroups. */
function cut(variant: ProductVariant, rows: number, cols: number): { params: Params; workgroups: Workgroups } {
  if (variant.kind === 'registers') return { params: {}, workgroups: invocations(Math.ceil(rows / 8) * (cols / 4)) };
  if (variant.kind === 'workgroup') {
    const { PER_ROW, PER_VEC, DEPTH } = variant;
    const tiles = Math.ceil(rows / (16 * PER_ROW)) * Math.ceil(cols / (64 * PER_VEC));
    return { params: { PER_ROW, PER_VEC, DEPTH }, workgroups: grid(tiles) };
  }
  // At most as many blocks of sixteen columns as there are.
  const BLOCKS = Math.min(variant.BLOCKS, cols <= 16 ? 1 : cols <= 32 ? 2 : 4);
  const { ROWS, QUADS } = variant;
  const quads = Math.ceil(cols / (16 * BLOCKS)) * Math.ceil(rows / ROWS);
  return { params: { BLOCKS, ROWS, QUADS }, workgroups: grid(Math.ceil(quads / QUADS)) };
}

/**
 * Record a product of (rows, inner) and (inner, cols) in the variant chosen for the adapter.
 * @param layers among which the rows are divided, each with its own matrix
 */
function emitProduct(
  tape: Tape,
  kernel: Product,
  tensors: Readonly<Record<string, Tensor>>,
  params: Params,
  [rows, cols, inner]: readonly [rows: number, cols: number, inner: number],
  layers = 1,
): void {
  // Chosen by the product of one layer: each layer's tiles are its own, and its bits those of the layer alone.
  const each = rows / layers;
  const variant = productFor(tape.program.gpu.tuning, each * cols * inner);
  const { params: own, workgroups } = cut(variant, each, cols);
  const halved = variant.kind === 'workgroup' && variant.half ? kernel.half : undefined;
  const [x, y = 1] = workgroups;
  tape.emit(halved ?? kernel[variant.kind], tensors, { ...params, ...own }, [x, y, layers]);
}

function emitBackwardInput(
  tape: Tape,
  sizes: Sizes,
  d_out: Tensor,
  weight: Tensor,
  claim: Claim,
  activated?: { readonly pre: Tensor; readonly by: Activation },
): void {
  emitProduct(
    tape,
    backwardInput,
    { d_out, weight, pre: activated?.pre ?? d_out, d_inp: claim.into },
    { ...sizes, ACTIVATION: activated ? activations[activated.by] : 0, ACCUMULATE: claim.accumulate },
    [sizes.R, sizes.K, sizes.N],
  );
}

function emitBackwardWeight(
  tape: Tape,
  sizes: Sizes,
  d_out: Tensor,
  inp: Tensor,
  { weight, bias }: LinearParameters,
): void {
  if (weight.layers) throw new Error('linear: no backward pass for a weight of several layers');
  if (weight.constant) return;
  // Parameter gradients are bound to buffers cleared at the start of the step, so this is always +=.
  const d_weight = tape.claim(weight).into;
  const d_bias = bias ? tape.claim(bias).into : tape.tensor('no bias', [4]);
  const params = { ...sizes, HAS_BIAS: bias !== undefined };
  emitProduct(tape, backwardWeight, { d_out, inp, d_weight, d_bias }, params, [sizes.N, sizes.K, sizes.R]);
}

/**
 * out = act(inp · weightᵀ + bias) + residual
 * @param inp      (…, K)
 * @param layer    weight (N,K), bias (N) or none; those of several layers divide the rows among them, without a backward pass
 * @param residual (…, N), added after the activation
 * @returns out (…, N)
 * @throws ShapeError if the shapes do not fit or N or K is not a multiple of 4
 */
export function linear(
  tape: Tape,
  inp: Tensor,
  layer: LinearParameters,
  options: { readonly residual?: Tensor; readonly activation?: 'none' | 'tanh' } = {},
): Tensor {
  const { residual, activation = 'none' } = options;
  const sizes = sizesOf('linear', inp, layer);
  const shape = [...inp.shape.slice(0, -1), sizes.N];
  if (residual) expectShape('linear', 'residual', residual.shape, shape);
  if (residual && activation !== 'none')
    throw new ShapeError('linear: a residual with an activation is not supported, expected at most one of them');
  const out = tape.tensor(`${layer.weight.label} out`, shape);
  const layers = layerParams(layer.weight);
  emitProduct(
    tape,
    forward,
    { inp, weight: layer.weight, bias: layer.bias ?? layer.weight, residual: residual ?? layer.weight, out },
    {
      ...sizes,
      ACTIVATION: activation === 'tanh' ? 1 : 0,
      HAS_BIAS: layer.bias !== undefined,
      HAS_RESIDUAL: residual !== undefined,
      ...layers,
    },
    [sizes.R, sizes.N, sizes.K],
    layers.LAYERS,
  );
  tape.onBackward(() => {
    let d_out = tape.gradient(out);
    if (!d_out) return;
    if (activation === 'tanh') {
      const N = elements(out.shape);
      const d_pre = tape.tensor(`d ${out.label} pre`, shape);
      tape.emit(tanhBackward, { d_out, out, d_inp: d_pre }, { N }, invocations(N / 4));
      d_out = d_pre;
    }
    if (!inp.constant) emitBackwardInput(tape, sizes, d_out, layer.weight, tape.claim(inp));
    emitBackwardWeight(tape, sizes, d_out, inp, layer);
    if (residual) tape.passOn(residual, d_out);
  });
  return out;
}

/**
 * The feed-forward block: f(inp · W₁ᵀ + b₁) · W₂ᵀ + b₂ + residual
 * @param inp   (…, D)
 * @param inner weight (F,D), bias (F)
 * @param outer weight (D,F), bias (D)
 * @param by    f: gelu, its tanh approximation gelu_new, or relu
 * @param look  called with the hidden layer (…, F) before and after f; the gradient of the latter is not computed
 * @returns (…, D)
 */
export function feedForward(
  tape: Tape,
  inp: Tensor,
  inner: Required<LinearParameters>,
  outer: Required<LinearParameters>,
  {
    residual,
    by = 'gelu',
    look = () => {},
  }: {
    readonly residual?: Tensor;
    readonly by?: Activation;
    readonly look?: (kind: 'inner' | 'activated', tensor: Tensor) => void;
  } = {},
): Tensor {
  const sizes = sizesOf('feed_forward', inp, inner);
  const shape = [...inp.shape.slice(0, -1), sizes.N];
  const hidden = tape.tensor(`${inner.weight.label} out`, shape);
  const pre = tape.tensor(`${inner.weight.label} pre`, shape);
  const back = sizesOf('feed_forward', hidden, outer);
  if (residual) expectShape('feed_forward', 'residual', residual.shape, [...inp.shape.slice(0, -1), back.N]);
  emitProduct(
    tape,
    activationForward,
    { inp, weight: inner.weight, bias: inner.bias, out: hidden, pre },
    { ...sizes, ACTIVATION: activations[by], ...layerParams(inner.weight) },
    [sizes.R, sizes.N, sizes.K],
    inner.weight.layers?.count,
  );
  tape.onBackward(() => {
    const d_pre = tape.gradient(pre);
    if (!d_pre) return;
    emitBackwardInput(tape, sizes, d_pre, inner.weight, tape.claim(inp));
    emitBackwardWeight(tape, sizes, d_pre, inp, inner);
  });
  look('inner', pre);
  look('activated', hidden);
  const out = tape.tensor(`${outer.weight.label} out`, [...inp.shape.slice(0, -1), back.N]);
  emitProduct(
    tape,
    forward,
    { inp: hidden, weight: outer.weight, bias: outer.bias, residual: residual ?? outer.bias, out },
    {
      ...back,
      ACTIVATION: 0,
      HAS_BIAS: true,
      HAS_RESIDUAL: residual !== undefined,
      ...layerParams(outer.weight),
    },
    [back.R, back.N, back.K],
    outer.weight.layers?.count,
  );
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    emitBackwardInput(tape, back, d_out, outer.weight, tape.claim(pre), { pre, by });
    emitBackwardWeight(tape, back, d_out, hidden, outer);
    if (residual) tape.passOn(residual, d_out);
  });
  return out;
}
