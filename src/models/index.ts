// The models by name, each a backbone with the memories that wrap it.
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import { bert } from './backbones/bert.ts';
import { gpt2 } from './backbones/gpt2.ts';
import { transformerXl } from './backbones/transformer-xl.ts';
import type { Blueprint } from './blueprint.ts';
import type { ModelId } from './catalogue.ts';
import { type Architecture, compose, type Parts } from './compose.ts';
import { armt } from './memory/armt.ts';
import { rmtDecoder, rmtDecoderBlock } from './memory/rmt-decoder.ts';
import { rmtEncoder } from './memory/rmt-encoder.ts';
import { xlCache } from './memory/xl-cache.ts';

/** What each kind of model is made of. */
const parts: Readonly<Record<ModelId, Parts>> = {
  'rmt-bert': { backbone: bert, memories: [rmtEncoder] },
  bert: { backbone: bert },
  'rmt-gpt2': { backbone: gpt2, memories: [rmtDecoder] },
  gpt2: { backbone: gpt2 },
  'transformer-xl': { backbone: transformerXl, memories: [xlCache] },
  'rmt-transformer-xl': { backbone: transformerXl, memories: [rmtDecoderBlock, xlCache] },
  'armt-gpt2': { backbone: gpt2, memories: [armt] },
  'armt-bert': { backbone: bert, memories: [armt] },
};

/** Every kind of model by its `model_type`. */
export const architectures: Readonly<Record<string, Architecture>> = Object.fromEntries(
  Object.entries(parts).map(([id, made]) => [id, compose(id, made)]),
);

/** @throws InputError if there is no such kind of model */
export function findArchitecture(id: string, where = 'model'): Architecture {
  const found = Object.hasOwn(architectures, id) ? architectures[id] : undefined;
  if (!found) throw new InputError(where, `no model '${id}'`, `one of ${Object.keys(architectures).join(', ')}`);
  return found;
}

/** Variants that Hugging Face's configurations can ask for and that are not ours. */
const only = {
  position_embedding_type: 'absolute',
  is_decoder: false,
  add_cross_attention: false,
  scale_attn_by_inverse_layer_idx: false,
  reorder_and_upcast_attn: false,
  scale_attn_weights: true,
} as const;

/**
 * The model that a checkpoint's `rmt_config` describes; an encoder RMT where it names no `model_type`.
 * @throws InputError naming the field, what was found and what was expected
 */
export function blueprintOf(input: unknown, where: string): Blueprint {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new InputError(where, shown(input), 'an object');
  const given: Record<string, unknown> = Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== null),
  );
  for (const [field, wanted] of Object.entries(only))
    if (given[field] !== undefined && given[field] !== wanted)
      throw new InputError(where, `${field} is ${shown(given[field])}`, String(wanted));
  // Hugging Face's config has a name for each label instead of their number.
  const labels = given['id2label'];
  if (given['num_labels'] === undefined && typeof labels === 'object' && labels !== null)
    given['num_labels'] = Object.keys(labels).length;
  const type = given['model_type'] ?? 'rmt-bert';
  const known = typeof type === 'string' && Object.hasOwn(architectures, type) ? architectures[type] : undefined;
  if (!known) throw new InputError(where, `model_type is ${shown(type)}`, Object.keys(architectures).join(' or '));
  // Hugging Face's own name of the backbone, in a checkpoint that has memory.
  const wrapped = Number(given['num_mem_tokens'] ?? 0) > 0 && architectures[`rmt-${known.id}`];
  return (wrapped || known).blueprint(given, where);
}
