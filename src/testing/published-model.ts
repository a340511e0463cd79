// A published BERT of a few kilobytes, in Hugging Face's layout: a bare model without a head, a configuration and words.
import { writeSafetensors } from '../io/safetensors.ts';
import { parameterShapes } from '../models/checkpoint.ts';
import { Random } from '../random.ts';
import { still, tinyConfigs } from './models.ts';

/** Its files by name; the same bytes for the same seed. */
export function publishedBert(seed = 1): Readonly<Record<string, Uint8Array<ArrayBuffer>>> {
  const { vocab_size, segment_size: _, model_type: __, num_mem_tokens: ___, ...sizes } = tinyConfigs.bert;
  const random = new Random(seed);
  const tensors = [...parameterShapes(still('bert'))].flatMap(([name, shape]) => {
    if (!name.startsWith('bert.') || name.includes('pooler')) return [];
    const count = shape.reduce((product, size) => product * size, 1);
    const data = Float32Array.from({ length: count }, () => 0.1 * random.normal());
    return [[name.slice('bert.'.length), { shape, data }] as const];
  });
  const config = { model_type: 'bert', architectures: ['BertModel'], vocab_size, ...sizes };
  const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a', 'b', 'c', 'd', '##e', '.'];
  const bytes = (text: string) => new TextEncoder().encode(text);
  return {
    'config.json': bytes(JSON.stringify(config)),
    'vocab.txt': bytes(words.join('\n')),
    'model.safetensors': writeSafetensors(tensors, { format: 'pt' }),
  };
}

/** The files as a browser gives them. */
export const filesOf = (model: Readonly<Record<string, Uint8Array<ArrayBuffer>>>): File[] =>
  Object.entries(model).map(([name, content]) => new File([content], name));
