// Names in Hugging Face's files: prefixes that wrappers add, old names, buffers, and the heads of other tasks.

const prefixes = ['module.', '_orig_mod.', 'model.'];

/**
 * The tensors without the prefixes that wrappers (DDP, torch.compile, a module's attribute) put in front of every name.
 * @returns `prefix` what was removed
 */
export function withoutPrefix<T>(tensors: ReadonlyMap<string, T>): { tensors: ReadonlyMap<string, T>; prefix: string } {
  let prefix = '';
  const names = [...tensors.keys()];
  for (;;) {
    const next = prefixes.find((each) => names.length > 0 && names.every((name) => name.startsWith(prefix + each)));
    if (next === undefined) break;
    prefix += next;
  }
  return { tensors: new Map([...tensors].map(([name, tensor]) => [name.slice(prefix.length), tensor])), prefix };
}

/** The name since version 1.0 of what was called gamma and beta before. */
export const presentName = (name: string) =>
  name.replace(/\bLayerNorm\.gamma$/, 'LayerNorm.weight').replace(/\bLayerNorm\.beta$/, 'LayerNorm.bias');

const buffers = /(^|\.)(position_ids|token_type_ids|attn\.(bias|masked_bias)|pos_emb\.inv_freq|rotary_emb\.inv_freq)$/;

/** Heads of other tasks, by the beginning of their names. */
const heads: readonly (readonly [prefix: RegExp, what: string])[] = [
  [/^cls\.predictions\./, 'the head of masked language modelling'],
  [/^cls\.seq_relationship\./, 'the head of next-sentence prediction'],
  [/^qa_outputs\./, 'the head of question answering'],
  [/^score\./, 'the head of sequence classification'],
  [/^multiple_choice_head\./, 'the head of multiple choice'],
];

/** Why a tensor that is no parameter is left out; undefined for an unknown one. */
export function leftOutReason(name: string): string | undefined {
  if (buffers.test(name)) return 'a buffer';
  return heads.find(([prefix]) => prefix.test(name))?.[1];
}
