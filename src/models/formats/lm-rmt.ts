// RMT over Transformer-XL as the code of the 2022 paper names it (a state dict of MemTransformerLM), and the same names
// with the prefix that Hugging Face gave them.
// Source: github.com/booydar/LM-RMT, pytorch/mem_transformer.py
import { InputError } from '../../errors.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { type Assumed, type ForeignFormat, memoryOf, type Published, parameter, shapeOf, written } from './foreign.ts';
import { leftOutReason } from './hugging-face-names.ts';

const MEMORY = 'mem_tokens';
const WORDS = 'word_emb.emb_layers.0.weight';
const OUTPUT = 'crit.out_layers.0.weight';
const prefix = 'transformer.';
/** Vectors that all layers share, which Hugging Face's class names in each layer too. */
const shared = /^layers\.\d+\.dec_attn\.(r_w_bias|r_r_bias)$/;

export const lmRmt: ForeignFormat = {
  name: 'LM-RMT',
  recognises: (names) => names.has(WORDS) || names.has(prefix + WORDS),
  async describe(given) {
    const found = given.tensors.has(MEMORY) ? shapeOf(given, MEMORY, 3) : undefined;
    const memory = found ? memoryOf(found[0] ?? 0, given) : (given.memory ?? given.memoryIfNone ?? 0);
    const { n_token, tgt_len, read_mem_from_cache: fromCache, mem_len = 0, ...config } = given.config;
    const size = given.segmentSize ?? config['segment_size'] ?? tgt_len;
    if (size === undefined) throw new InputError(given.where, 'no tgt_len', 'tgt_len, or --segment-size');
    const assumed: Assumed[] = [];
    const isAtEnd = config['mem_at_end'] ?? true;
    if (memory > 0 && config['mem_at_end'] === undefined)
      assumed.push({ field: 'mem_at_end', value: true, why: "as in LM-RMT's scripts" });
    return {
      config: {
        ...(n_token === undefined ? {} : { vocab_size: n_token }),
        ...config,
        model_type: 'transformer-xl',
        num_mem_tokens: memory,
        segment_size: size,
        mem_len,
        ...(memory > 0 ? { mem_at_end: isAtEnd, memory_mask: config['memory_mask'] ?? 'block' } : {}),
        relative_shift: config['relative_shift'] ?? 'lm-rmt',
        // Without a cache there is nothing to read from it.
        ...(fromCache === undefined || mem_len === 0 ? {} : { read_mem_from_cache: fromCache }),
      },
      assumed,
      place(stored) {
        const name = stored.startsWith(prefix) ? stored.slice(prefix.length) : stored;
        const why = leftOutReason(name);
        if (why !== undefined) return { leftOut: why };
        const [M = 0, , D = 0] = found ?? [];
        if (name === MEMORY) return memory > 0 ? { to: [{ name: 'rmt.memory', shape: [M, D] }] } : { leftOut: 'empty' };
        if (name === OUTPUT) return { same: given.tensors.has(WORDS) ? WORDS : prefix + WORDS };
        const [, vector] = shared.exec(name) ?? [];
        if (vector !== undefined) return { same: stored.startsWith(prefix) ? prefix + vector : vector };
        if (/^crit\./.test(name)) return { to: [{ name }] };
        return /^(word_emb|layers|r_w_bias|r_r_bias)\b/.test(name) ? { to: [{ name: prefix + name }] } : 'unknown';
      },
    };
  },
};

/** A checkpoint as a state dict of MemTransformerLM, with its arguments. */
export function publishLmRmt(checkpoint: Checkpoint): Published {
  const { blueprint, tensors } = checkpoint;
  const {
    model_type: ours,
    vocab_size,
    segment_size,
    segment_alignment,
    num_mem_tokens,
    mem_at_end,
    mem_len,
    ...rest
  } = blueprint.config;
  const memory = Number(num_mem_tokens ?? 0);
  const refuse = (field: string, expected: string) => {
    throw new InputError('export', `${field} is ${rest[field]}`, `${expected}, as LM-RMT computes`);
  };
  if (memory > 0 && rest['memory_mask'] !== 'block') refuse('memory_mask', 'block');
  if (memory > 0 && rest['relative_shift'] !== 'lm-rmt') refuse('relative_shift', 'lm-rmt');
  if (rest['layer_norm_epsilon'] !== 1e-5) refuse('layer_norm_epsilon', '1e-5');
  const D = Number(rest['d_model']);
  const frequencies = Float32Array.from(
    { length: D / 2 },
    (_, i) => 1 / Math.fround(10000 ** Math.fround((2 * i) / D)),
  );
  const own = [...tensors]
    .filter(([name]) => name !== 'rmt.memory' && !name.startsWith('crit.') && !name.startsWith('optimizer.'))
    .map(([name, tensor]) => written(name.slice(prefix.length), tensor));
  const memoryTokens =
    memory === 0 ? [] : [{ ...written(MEMORY, parameter(checkpoint, 'rmt.memory')), shape: [memory, 1, D] }];
  const { d_model, d_head, d_inner, n_layer, n_head, dropout, dropatt } = rest;
  return {
    tensors: [
      ...memoryTokens,
      ...own,
      written(OUTPUT, parameter(checkpoint, prefix + WORDS)),
      written('crit.out_layers.0.bias', parameter(checkpoint, 'crit.out_layers.0.bias')),
      { name: 'pos_emb.inv_freq', dtype: 'F32', shape: [D / 2], data: [frequencies] },
    ],
    config: {
      model_type: 'lm-rmt',
      n_token: vocab_size,
      n_layer,
      n_head,
      d_model,
      d_head,
      d_inner,
      dropout,
      dropatt,
      tgt_len: segment_size,
      mem_len,
      ...(memory > 0 ? { num_mem_tokens: memory, mem_at_end, read_mem_from_cache: true } : {}),
      attn_type: 0,
      pre_lnorm: false,
      same_length: false,
      clamp_len: -1,
      div_val: 1,
      tie_weight: true,
    },
    notes: [
      'model.pt is a state dict, not the whole object that the scripts of LM-RMT load: build MemTransformerLM with the arguments of config.json, then load_state_dict.',
      `The scripts cut text from the left; segment_alignment here is ${segment_alignment}.`,
    ],
  };
}
