// A tensor as a safetensors file, with where it comes from in the metadata.
import { tensorParts } from '../analysis/tensor-parts.ts';
import { writeSafetensors } from '../io/safetensors.ts';
import type { TensorShown } from './slices/inspect.ts';

/** One tensor, named by its part and layer; a gradient begins with `grad.`. */
export function tensorFile({ seen, step }: Pick<TensorShown, 'seen' | 'step'>): Uint8Array<ArrayBuffer> {
  const { part, layer, gradient, shape, values, index, words, model, loss } = seen;
  const { perLayer, axes } = tensorParts[part];
  const name = `${gradient ? 'grad.' : ''}${part}${perLayer ? `.${layer}` : ''}`;
  return writeSafetensors([[name, { shape, data: values }]], {
    format: 'pt',
    axes: axes.join(','),
    model: model.name,
    // Counted from 0, as in Python.
    segment: String(index),
    words: JSON.stringify(words),
    ...(loss === undefined ? {} : { loss: String(loss) }),
    ...(step === undefined ? {} : { step: String(step) }),
  });
}
