// The models by name, composed of the backbone and the memories that the catalogue names.
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import type { Backbone, Entries } from './backbones/backbone.ts';
import { bert } from './backbones/bert.ts';
import { gpt2 } from './backbones/gpt2.ts';
import { transformerXl } from './backbones/transformer-xl.ts';
import type { Blueprint } from './blueprint.ts';
import { type BackboneId, catalogue, type MemoryId, type ModelEntry } from './catalogue.ts';
import { type Architecture, compose } from './compose.ts';
import { armt } from './memory/armt.ts';
import type { Memory } from './memory/memory.ts';
import { rmtDecoder, rmtDecoderBlock } from './memory/rmt-decoder.ts';
import { rmtEncoder } from './memory/rmt-encoder.ts';
import { xlCache } from './memory/xl-cache.ts';

const backbones: Readonly<Record<BackboneId, Backbone<Entries>>> = { bert, gpt2, transformerXl };
const memories: Readonly<Record<MemoryId, Memory<Entries>>> = { rmtEncoder, rmtDecoder, xlCache, armt };

/** A memory as it wraps a backbone: around Transformer-XL the default mask is LM-RMT's. */
const memoryAround = (backbone: BackboneId, id: MemoryId) =>
  id === 'rmtDecoder' && backbone === 'transformerXl' ? rmtDecoderBlock : memories[id];

/** Every kind of model by its `model_type`. */
export const architectures: Readonly<Record<string, Architecture>> = Object.fromEntries(
  Object.entries(catalogue).map(([id, { backbone, memories }]: [string, ModelEntry]) => [
    id,
    compose(id, { backbone: backbones[backbone], memories: memories.map((memory) => memoryAround(backbone, memory)) }),
  ]),
);

/** @throws InputError if there is no such kind of model */
export function findArchitecture(id: string, where = 'model'): Architecture {
  const found = Object.hasOwn(architectures, id) ? architectures[id] : undefined;
  if (!found) throw new InputError(where, `no model '${id}'`, `one of ${Object.keys(architectures).join(', ')}`);
  return found;
}

/**
 * The model that a checkpoint's `rmt_config` describes; an encoder RMT if it names no `model_type`.
 * @throws InputError naming the field, what was found and what was expected
 */
export function blueprintOf(input: unknown, where: string): Blueprint {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new InputError(where, shown(input), 'an object');
  const given: Record<string, unknown> = Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== null),
  );
  // Hugging Face's config names each label instead of giving their number.
  const labels = given['id2label'];
  if (given['num_labels'] === undefined && typeof labels === 'object' && labels !== null)
    given['num_labels'] = Object.keys(labels).length;
  const type = given['model_type'] ?? 'rmt-bert';
  const known = typeof type === 'string' && Object.hasOwn(architectures, type) ? architectures[type] : undefined;
  if (!known) throw new InputError(where, `model_type is ${shown(type)}`, Object.keys(architectures).join(' or '));
  // A checkpoint with memory under Hugging Face's own name of the backbone.
  const hasMemory = (given['num_mem_tokens'] ?? 0) !== 0;
  const wrapped = hasMemory ? architectures[`rmt-${known.id}`] : undefined;
  return (wrapped ?? known).blueprint(given, where);
}
