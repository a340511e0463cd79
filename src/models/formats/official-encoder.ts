// The encoder RMT of its authors: RMTEncoderForSequenceClassification, whose memory is the last rows of the word table.
// Source: github.com/booydar/recurrent-memory-transformer, branch aaai24
import { InputError } from '../../errors.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { describeBert, placeBert, specialPositions } from './bert-fields.ts';
import {
  type ForeignFormat,
  type Given,
  memoryOf,
  type Published,
  parameter,
  shapeOf,
  type Written,
  written,
} from './foreign.ts';
import { labelNames } from './hugging-face-bert.ts';

const prefix = 'model.';
const WORDS = 'bert.embeddings.word_embeddings.weight';
const TABLE = prefix + WORDS;
const ALIAS = 'model.embeddings.weight';
const buffers = ['cls_token', 'sep_token', 'mem_token_ids'];

/** The number in a buffer of one. */
async function idIn({ tensors, where }: Given, name: string): Promise<number> {
  const tensor = tensors.get(name);
  const bytes = tensor?.dtype === 'I64' && tensor.shape.join() === '1' ? await tensor.bytes() : undefined;
  if (!bytes) throw new InputError(where, `no single whole number '${name}'`, 'the id that the official class stores');
  return Number(new DataView(bytes.buffer, bytes.byteOffset).getBigInt64(0, true));
}

export const officialEncoder: ForeignFormat = {
  name: 'official RMT, encoder',
  recognises: (names) => names.has(TABLE) && names.has('mem_token_ids'),

  async describe(given) {
    const [ids = 0] = shapeOf(given, 'mem_token_ids', 1);
    const [rows = 0] = shapeOf(given, TABLE, 2);
    const memory = memoryOf(ids, given);
    const specials = {
      cls_token_id: await idIn(given, 'cls_token'),
      sep_token_id: await idIn(given, 'sep_token'),
    };
    const { leftOutHead, config, assumed } = describeBert({ ...given, specials }, memory, `${prefix}classifier.weight`);
    const words = rows - memory;
    return {
      config,
      assumed,
      place(stored) {
        if (buffers.includes(stored)) return { leftOut: 'a buffer' };
        const memoryRows = { name: 'rmt.memory', rows: [words, rows] as const };
        if (stored === TABLE) return { to: [{ name: WORDS, rows: [0, words] }, ...(memory > 0 ? [memoryRows] : [])] };
        if (stored === ALIAS) return { same: TABLE };
        return stored.startsWith(prefix) ? placeBert(stored.slice(prefix.length), leftOutHead) : 'unknown';
      },
    };
  },
};

/** A checkpoint for the official class. */
export function publishOfficialEncoder(checkpoint: Checkpoint): Published {
  const { blueprint, tensors } = checkpoint;
  const {
    model_type: ours,
    num_mem_tokens: m,
    num_labels,
    segment_size,
    segment_alignment,
    ...config
  } = blueprint.config;
  const memory = Number(m);
  const words = parameter(checkpoint, WORDS);
  const [V = 0, D = 0] = words.shape;
  const table = {
    dtype: 'F32',
    shape: [V + memory, D],
    data: [words.data, parameter(checkpoint, 'rmt.memory').data],
  } as const;
  const id = (name: string, values: readonly number[]): Written => ({
    name,
    dtype: 'I64',
    shape: [values.length],
    data: [BigInt64Array.from(values, BigInt)],
  });
  const own = [...tensors].filter(
    ([name]) => name !== WORDS && name !== 'rmt.memory' && !name.startsWith('optimizer.'),
  );
  return {
    tensors: [
      id('cls_token', [Number(config['cls_token_id'])]),
      id('sep_token', [Number(config['sep_token_id'])]),
      id(
        'mem_token_ids',
        Array.from({ length: memory }, (_, k) => V + k),
      ),
      { name: TABLE, ...table },
      ...own.map(([name, tensor]) => written(prefix + name, tensor)),
      { name: ALIAS, ...table },
    ],
    config: {
      architectures: ['BertForSequenceClassification'],
      model_type: 'bert',
      ...config,
      ...labelNames(Number(num_labels)),
    },
    notes: [
      `num_mem_tokens ${memory}, input_size ${segment_size + memory + specialPositions} (text tokens, memory and special tokens), segment_alignment ${segment_alignment}.`,
      '--backbone_cls transformers:BertForSequenceClassification --model_cfg config.json, --model_cpt: this folder.',
    ],
  };
}
