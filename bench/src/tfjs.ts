// TensorFlow.js on its WebGPU backend, with its fused products.
import '@tensorflow/tfjs-backend-webgpu';
// A bundler would drop the gradients, because the package does not list them among its side effects.
import '@tensorflow/tfjs-core/dist/register_all_gradients';
import * as tf from '@tensorflow/tfjs-core';
import type { Peer } from './peer.ts';
import { type Dense, type Norm, type Stacked, stacked } from './stacked.ts';
import { forwardSizes, labelsOf, optimiser, rowsOf, type Sizes, trainingSizes, weightsOf } from './workload.ts';

const linear = (x: tf.Tensor2D, { weight, bias }: Dense<tf.Tensor>): tf.Tensor2D =>
  tf.fused.matMul({ a: x, b: weight as tf.Tensor2D, bias }) as tf.Tensor2D;

const gelu = (x: tf.Tensor): tf.Tensor2D => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));

function layerNorm(x: tf.Tensor, { gain, bias }: Norm<tf.Tensor>, eps: number): tf.Tensor2D {
  const centred = tf.sub(x, tf.mean(x, -1, true));
  const variance = tf.mean(tf.square(centred), -1, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, eps))), gain), bias);
}

/** (B·S, D) from the last layer. */
function encode({ B, S, D, heads, eps }: Sizes, weights: Stacked<tf.Tensor>, rows: tf.Tensor1D): tf.Tensor2D {
  const words = tf.reshape(tf.gather(weights.word, rows), [B, S, D]);
  const embedded = tf.add(tf.add(words, weights.position), weights.tokenType);
  let hidden = layerNorm(tf.reshape(embedded, [B * S, D]), weights.norm, eps);
  for (const layer of weights.layers) {
    const projected = tf.reshape(linear(hidden, layer.qkv), [B, S, 3, heads, D / heads]);
    const [query, key, value] = tf.unstack(tf.transpose(projected, [2, 0, 3, 1, 4])) as [
      tf.Tensor,
      tf.Tensor,
      tf.Tensor,
    ];
    // Scaling queries takes S/d as little as scaling scores.
    const scores = tf.matMul(tf.mul(query, Math.sqrt(heads / D)), key, false, true);
    const mixed = tf.matMul(tf.softmax(scores), value);
    const attended = tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [B * S, D]) as tf.Tensor2D;
    const middle = layerNorm(tf.add(linear(attended, layer.out), hidden), layer.norm1, eps);
    const fed = linear(gelu(linear(middle, layer.up)), layer.down);
    hidden = layerNorm(tf.add(fed, middle), layer.norm2, eps);
  }
  return hidden;
}

/** The tanh pooler over [CLS] and the classifier: (B, classes). */
function head({ B, S, D }: Sizes, weights: Stacked<tf.Tensor>, hidden: tf.Tensor2D): tf.Tensor2D {
  const cls = tf.reshape(tf.slice(tf.reshape(hidden, [B, S, D]), [0, 0, 0], [B, 1, D]), [B, D]) as tf.Tensor2D;
  return linear(tf.tanh(linear(cls, weights.pooler)), weights.classifier);
}

const open = async () => {
  tf.enableProdMode();
  await tf.setBackend('webgpu');
  await tf.ready();
};

export const tfjs: Peer = {
  async forward() {
    await open();
    const sizes = forwardSizes;
    const weights = stacked(sizes, weightsOf(sizes), (values, shape) => tf.tensor(values, shape));
    const ids = rowsOf(sizes);
    return async () => {
      const hidden = tf.tidy(() => encode(sizes, weights, tf.tensor1d(ids, 'int32')));
      const values = (await hidden.data()) as Float32Array;
      hidden.dispose();
      return values.subarray(sizes.D, (1 + sizes.M) * sizes.D);
    };
  },

  async training() {
    await open();
    const sizes = trainingSizes;
    const variables: tf.Variable[] = [];
    const weights = stacked(sizes, weightsOf(sizes), (values, shape): tf.Tensor => {
      const variable = tf.variable(tf.tensor(values, shape));
      variables.push(variable);
      return variable;
    });
    const { learningRate, beta1, beta2, epsilon, weightDecay } = optimiser;
    const adam = tf.train.adam(learningRate, beta1, beta2, epsilon);
    const [ids, labels] = [rowsOf(sizes), labelsOf(sizes)];
    return async () => {
      const value = tf.tidy(() => {
        const rows = tf.tensor1d(ids, 'int32');
        const target = tf.oneHot(tf.tensor1d(labels, 'int32'), sizes.classes);
        const { value, grads } = tf.variableGrads(
          () => tf.losses.softmaxCrossEntropy(target, head(sizes, weights, encode(sizes, weights, rows))) as tf.Scalar,
        );
        // Its Adam has no decoupled decay; Adam's step does not depend on θ, so decaying first gives AdamW.
        for (const variable of variables) variable.assign(tf.mul(variable, 1 - learningRate * weightDecay));
        adam.applyGradients(Object.entries(grads).map(([name, tensor]) => ({ name, tensor })));
        return value;
      });
      const [loss = Number.NaN] = await value.data();
      value.dispose();
      return loss;
    };
  },
};
