// jax-js on WebGPU: the pass, and the whole training step with its optimiser, each one jitted function.
// It counts references: a call consumes its arguments; `.ref` keeps one for later use.
import { defaultDevice, init, jit, nn, numpy as np, tree, valueAndGrad } from '@jax-js/jax';
import type { Peer } from './peer.ts';
import { type Dense, type Norm, type Stacked, stacked } from './stacked.ts';
import { forwardSizes, labelsOf, optimiser, rowsOf, type Sizes, trainingSizes, weightsOf } from './workload.ts';

type Weights = Stacked<np.Array>;
type Encoder = Omit<Weights, 'pooler' | 'classifier'>;

const linear = (x: np.Array, { weight, bias }: Dense<np.Array>): np.Array => np.matmul(x, weight).add(bias);

function layerNorm(x: np.Array, { gain, bias }: Norm<np.Array>, eps: number): np.Array {
  const centred = x.ref.sub(x.mean(-1, { keepdims: true }));
  const variance = np.square(centred.ref).mean(-1, { keepdims: true });
  return centred
    .div(np.sqrt(variance.add(eps)))
    .mul(gain)
    .add(bias);
}

/** (B, S, D) from the last layer; consumes the encoder's weights. */
function encode({ B, S, D, heads, eps }: Sizes, weights: Encoder, rows: np.Array): np.Array {
  const embedded = np.take(weights.word, rows, 0).add(weights.position).add(weights.tokenType);
  let hidden = layerNorm(embedded, weights.norm, eps);
  for (const layer of weights.layers) {
    const projected = linear(hidden.ref, layer.qkv);
    const [query, key, value] = np.split(projected, 3, -1).map((part) => part.reshape([B, S, heads, D / heads])) as [
      np.Array,
      np.Array,
      np.Array,
    ];
    const attended = nn.dotProductAttention(query, key, value).reshape([B, S, D]);
    const middle = layerNorm(linear(attended, layer.out).add(hidden), layer.norm1, eps);
    const fed = linear(nn.gelu(linear(middle.ref, layer.up), { approximate: false }), layer.down);
    hidden = layerNorm(fed.add(middle), layer.norm2, eps);
  }
  return hidden;
}

/** Mean cross-entropy of the classes; consumes its arguments. */
function lossOf(sizes: Sizes, weights: Weights, rows: np.Array, target: np.Array): np.Array {
  const { B, D } = sizes;
  const hidden = encode(sizes, weights, rows);
  const [cls, rest] = np.split(hidden, [1], 1) as [np.Array, np.Array];
  rest.dispose();
  const logits = linear(np.tanh(linear(cls.reshape([B, D]), weights.pooler)), weights.classifier);
  return nn
    .logSoftmax(logits, -1)
    .mul(target)
    .sum()
    .mul(-1 / B);
}

async function open(): Promise<void> {
  const devices = await init('webgpu');
  if (!devices.includes('webgpu')) throw new Error('jax-js offers no device webgpu');
  defaultDevice('webgpu');
}

const tensors = (sizes: Sizes): Weights =>
  stacked(sizes, weightsOf(sizes), (values, shape) => np.array(values).reshape(shape));

export const jax: Peer = {
  async forward() {
    await open();
    const sizes = forwardSizes;
    const { pooler, classifier, ...weights } = tensors(sizes);
    tree.dispose([pooler, classifier]);
    const run = jit((given: Encoder, rows: np.Array) => encode(sizes, given, rows));
    const ids = rowsOf(sizes);
    return async () => {
      const rows = np.array(ids, { dtype: np.int32 }).reshape([sizes.B, sizes.S]);
      const values = (await run(tree.ref(weights), rows).data()) as Float32Array;
      return values.subarray(sizes.D, (1 + sizes.M) * sizes.D);
    };
  },

  async training() {
    await open();
    const sizes = trainingSizes;
    const { learningRate, beta1, beta2, epsilon, weightDecay } = optimiser;
    const [initial, structure] = tree.flatten(tensors(sizes));
    const step = jit(
      (theta: np.Array[], m: np.Array[], v: np.Array[], correct: np.Array[], rows: np.Array, target: np.Array) => {
        const [loss, grads] = valueAndGrad((leaves: np.Array[], rows: np.Array, target: np.Array) =>
          lossOf(sizes, tree.unflatten(structure, leaves) as unknown as Weights, rows, target),
        )(tree.ref(theta), rows, target);
        const [c1, c2] = correct as [np.Array, np.Array];
        const next = theta.map((x, i) => {
          const g = grads[i] as np.Array;
          const m1 = (m[i] as np.Array).mul(beta1).add(g.ref.mul(1 - beta1));
          const v1 = (v[i] as np.Array).mul(beta2).add(np.square(g).mul(1 - beta2));
          const change = m1.ref.div(c1.ref).div(np.sqrt(v1.ref).div(c2.ref).add(epsilon));
          return [x.mul(1 - learningRate * weightDecay).sub(change.mul(learningRate)), m1, v1] as const;
        });
        c1.dispose();
        c2.dispose();
        return [loss, next.map(([x]) => x), next.map(([, m]) => m), next.map(([, , v]) => v)] as [
          np.Array,
          np.Array[],
          np.Array[],
          np.Array[],
        ];
      },
    );
    let theta = initial as np.Array[];
    let m = theta.map((x) => np.zerosLike(x.ref));
    let v = theta.map((x) => np.zerosLike(x.ref));
    let count = 0;
    const [ids, labels] = [rowsOf(sizes), labelsOf(sizes)];
    return async () => {
      count++;
      const correct = [np.array(1 - beta1 ** count), np.array(Math.sqrt(1 - beta2 ** count))];
      const rows = np.array(ids, { dtype: np.int32 }).reshape([sizes.B, sizes.S]);
      const target = nn.oneHot(np.array(labels, { dtype: np.int32 }), sizes.classes);
      let loss: np.Array;
      [loss, theta, m, v] = step(theta, m, v, correct, rows, target);
      const [value = Number.NaN] = await loss.data();
      return value;
    };
  },
};
