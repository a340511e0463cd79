// Our own checkpoint format: parameters under Hugging Face's names, everything else as JSON in the file's metadata.
import * as v from 'valibot';
import { InputError } from '../../errors.ts';
import type { SafetensorsHeader } from '../../io/safetensors-header.ts';
import { checkTokenizer } from '../../io/tokenizer-json.ts';
import type { Blueprint } from '../blueprint.ts';
import { blueprintOf } from '../index.ts';
import type { Description, WritableFormat } from './format.ts';

/** Buffers that some versions of Hugging Face's models stored with the parameters. */
const buffers = new Set(['bert.embeddings.position_ids', 'bert.embeddings.token_type_ids']);
const masks = /^transformer\.h\.\d+\.attn\.(bias|masked_bias)$/;

function parseVocabulary(input: unknown, config: Blueprint['config'], where: string): string[] {
  const words = v.safeParse(v.array(v.string()), input);
  if (!words.success) throw new InputError(where, 'not a list of strings', 'the words in the order of their ids');
  if (words.output.length > config.vocab_size)
    throw new InputError(where, `${words.output.length} words`, `at most vocab_size ${config.vocab_size}`);
  return words.output;
}

function jsonOf({ metadata }: Pick<SafetensorsHeader, 'metadata'>, key: string, where: string): unknown {
  const text = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(`${where}: ${key}`, 'not JSON', 'JSON in the metadata');
  }
}

/** @throws InputError if it is none, has another number of pieces, or stands beside a vocabulary */
function parseTokenizer(
  text: string,
  { vocab_size: size }: Blueprint['config'],
  vocabulary: unknown,
  where: string,
): string {
  if (vocabulary !== undefined) throw new InputError(where, 'a tokenizer beside a vocabulary', 'one of them');
  checkTokenizer(text, size, `${where}: tokenizer`);
  return text;
}

export const ours: WritableFormat = {
  recognises: ({ metadata }) => Object.hasOwn(metadata, 'rmt_config'),

  describe(header, where): Description {
    const described = jsonOf(header, 'rmt_config', where);
    if (described === undefined)
      throw new InputError(where, "no 'rmt_config' in the metadata", 'the checkpoint of an RMT');
    const blueprint = blueprintOf(described, `${where}: rmt_config`);
    const vocabulary = jsonOf(header, 'vocabulary', where);
    const tokenizer = Object.hasOwn(header.metadata, 'tokenizer') ? header.metadata['tokenizer'] : undefined;
    const task = jsonOf(header, 'task', where);
    const training = jsonOf(header, 'training', where);
    return {
      blueprint,
      ...(vocabulary === undefined
        ? {}
        : { vocabulary: parseVocabulary(vocabulary, blueprint.config, `${where}: vocabulary`) }),
      ...(tokenizer === undefined ? {} : { tokenizer: parseTokenizer(tokenizer, blueprint.config, vocabulary, where) }),
      ...(task === undefined ? {} : { task }),
      ...(training === undefined ? {} : { training }),
    };
  },

  nameIn: (stored) => (buffers.has(stored) || masks.test(stored) ? undefined : stored),
  nameOut: (name) => name,

  metadata({ blueprint, vocabulary, tokenizer, task, training }, where) {
    if (vocabulary !== undefined) parseVocabulary(vocabulary, blueprint.config, `${where}: vocabulary`);
    if (tokenizer !== undefined) parseTokenizer(tokenizer, blueprint.config, vocabulary, where);
    const parts = Object.entries({ rmt_config: blueprint.config, vocabulary, task, training });
    const written = parts
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => [key, JSON.stringify(value)]);
    return { format: 'pt', ...Object.fromEntries(written), ...(tokenizer === undefined ? {} : { tokenizer }) };
  },
};
