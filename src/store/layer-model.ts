// The layers whose cost is shown: those of the configuration on Train, or of a checkpoint, read from its header.
import * as v from 'valibot';
import type { TransformerSize } from '../analysis/flops.ts';
import { type LayerShape, overheadOf } from '../analysis/layer-shape.ts';
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import { catalogue } from '../models/catalogue.ts';
import { bertSizes } from '../models/schemas/bert.ts';
import { gpt2Sizes } from '../models/schemas/gpt2.ts';
import { memoryTokens } from '../models/schemas/memory.ts';
import { segmentSize } from '../models/schemas/segment.ts';
import { transformerXlSizes } from '../models/schemas/transformer-xl.ts';
import { findTask } from '../tasks/index.ts';
import { generatedNoise } from '../text/noise.ts';
import { rmtConfigOf } from './checkpoint-header.ts';

export interface LayerModel {
  readonly shape: LayerShape;
  /** Positions of a segment. */
  readonly segment: number;
  /** Words of the output layer; 0 for a classifier. */
  readonly vocabulary: number;
}

const modelOf = (shape: Omit<LayerShape, 'memory'>, memory: number, text: number, vocabulary: number): LayerModel => {
  // A model without memory is measured with one memory token, the minimum.
  const whole = { ...shape, memory: Math.max(1, memory) };
  return { shape: whole, segment: text + overheadOf(whole), vocabulary };
};

/** As configured on Train, with the task's built-in words. */
export function layersOfConfig(config: RunConfig): LayerModel {
  const kind = catalogue[config.model].answers === 'class' ? 'encoder' : 'decoder';
  const task = findTask(config.task);
  const values: Readonly<Record<string, unknown>> = { ...config };
  const knobs = Object.fromEntries(Object.keys(task.knobs).map((name) => [name, String(values[name])]));
  const vocabulary =
    kind === 'encoder' ? 0 : task.vocabulary({ noise: generatedNoise(config.noise_words), knobs }).words.length;
  const shape = {
    kind,
    layers: config.num_hidden_layers,
    width: config.hidden_size,
    heads: config.num_attention_heads,
    inner: config.intermediate_size,
  } as const;
  return modelOf(shape, config.num_mem_tokens, config.segment_size, vocabulary);
}

const segments = { segment_size: segmentSize, num_mem_tokens: v.optional(memoryTokens, 0) };
const bert = v.pipe(
  v.object({ ...segments, ...bertSizes }),
  v.transform((given) =>
    modelOf(
      {
        kind: 'encoder',
        layers: given.num_hidden_layers,
        heads: given.num_attention_heads,
        width: given.hidden_size,
        inner: given.intermediate_size,
      },
      given.num_mem_tokens,
      given.segment_size,
      0,
    ),
  ),
);
interface DecoderSizes extends v.InferOutput<v.ObjectSchema<typeof segments, undefined>> {
  readonly n_layer: number;
  readonly n_head: number;
  readonly vocab_size: number;
}
const decoderModel = (given: DecoderSizes, width: number, inner: number) =>
  modelOf(
    { kind: 'decoder', layers: given.n_layer, heads: given.n_head, width, inner },
    given.num_mem_tokens,
    given.segment_size,
    given.vocab_size,
  );
const gpt2 = v.pipe(
  v.object({ ...segments, ...gpt2Sizes }),
  v.transform((given) => decoderModel(given, given.n_embd, given.n_inner ?? 4 * given.n_embd)),
);
const transformerXl = v.pipe(
  v.object({ ...segments, ...transformerXlSizes }),
  v.transform((given) => decoderModel(given, given.d_model, given.d_inner)),
);
const anyModel = v.union([bert, gpt2, transformerXl]);

/**
 * The layers of a model, from its `rmt_config`.
 * @throws InputError if that lacks them
 */
export function layersOfModel(name: string, config: Readonly<Record<string, unknown>> = {}): LayerModel {
  // Hugging Face writes missing values as null.
  const given = Object.entries(config).filter(([, value]) => value !== null);
  const found = v.safeParse(anyModel, Object.fromEntries(given));
  if (found.success) return found.output;
  throw new InputError(name, 'no sizes of a model in its header', 'a checkpoint with an rmt_config');
}

/** The layers of a checkpoint, from its header. @throws InputError if its `rmt_config` lacks them */
export const layersOfCheckpoint = (name: string, bytes: Uint8Array): LayerModel =>
  layersOfModel(name, rmtConfigOf(bytes));

/** The sizes for the FLOPs formula of RMT-1M. */
export function sizeOf({ shape, vocabulary }: LayerModel): TransformerSize {
  const { layers, heads, width, inner } = shape;
  return { layers, heads, width, inner, vocabulary };
}
