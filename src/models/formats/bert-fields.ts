// What the layouts of BERT have in common: its configuration, and its names.
import { type Assumed, countIn, type Described, type Fields, type Given, type Placed, segmentOf } from './foreign.ts';
import { leftOutReason, presentName } from './hugging-face-names.ts';

/** Positions that [CLS], and [SEP] before and after the text, take. */
export const specialPositions = 3;

/** Models whose head has the classifier's name, but answers for each token, choice or pair. */
const otherHeads = /For(TokenClassification|MultipleChoice|NextSentencePrediction|QuestionAnswering)$/;

/** The ids of [CLS] and [SEP] in bert-base's vocabulary, and in small ones that begin with the special tokens. */
const usualIds = { cls_token_id: 101, sep_token_id: 102 };
const firstIds = { cls_token_id: 2, sep_token_id: 3 };

/** The number of classes, and why the stored head is left out, if it is. */
function labelsOf({ tensors, config, labels }: Given, classifier: string) {
  const rows = tensors.get(classifier)?.shape[0];
  const [architecture] = Array.isArray(config['architectures']) ? config['architectures'] : [];
  const isOther = otherHeads.test(String(architecture));
  const { id2label } = config;
  const named = typeof id2label === 'object' && id2label !== null ? Object.keys(id2label).length : undefined;
  const said = config['num_labels'] ?? named;
  if (isOther) return { count: labels ?? 2, isAssumed: labels === undefined, leftOut: `the head of ${architecture}` };
  if (labels !== undefined && rows !== undefined && rows !== labels)
    return { count: labels, isAssumed: false, leftOut: `a head of ${rows} classes, where ${labels} are wanted` };
  const count = labels ?? said ?? rows;
  return { count: count ?? 2, isAssumed: count === undefined };
}

function specialsOf({ config, specials }: Given): { ids: Fields; assumed: readonly Assumed[] } {
  const size = Number(config['vocab_size']);
  const usual = size > usualIds.sep_token_id ? usualIds : firstIds;
  const why = `no tokenizer says it; ${usual === usualIds ? 'as in bert-base' : 'as in vocabularies that begin with [PAD], [UNK], [CLS], [SEP]'}`;
  const ids: Record<string, unknown> = {};
  const assumed: Assumed[] = [];
  for (const field of ['cls_token_id', 'sep_token_id'] as const) {
    ids[field] = config[field] ?? specials[field] ?? usual[field];
    if (config[field] === undefined && specials[field] === undefined) assumed.push({ field, value: usual[field], why });
  }
  ids['pad_token_id'] = config['pad_token_id'] ?? specials['pad_token_id'] ?? 0;
  return { ids, assumed };
}

/**
 * A BERT's configuration for us.
 * @param memory     number of memory tokens
 * @param classifier the stored name of its head
 */
export function describeBert(
  given: Given,
  memory: number,
  classifier: string,
): Omit<Described, 'place'> & { leftOutHead?: string } {
  const labels = labelsOf(given, classifier);
  const specials = specialsOf(given);
  const segment = segmentOf(given, {
    field: 'max_position_embeddings',
    count: countIn(given, 'max_position_embeddings', 512),
    taken: memory + specialPositions,
  });
  return {
    config: {
      ...given.config,
      model_type: 'bert',
      num_mem_tokens: memory,
      segment_size: segment.size,
      num_labels: labels.count,
      ...specials.ids,
    },
    assumed: [
      ...segment.assumed,
      ...specials.assumed,
      ...(labels.isAssumed
        ? [{ field: 'num_labels', value: labels.count, why: 'the model has no head of its own' }]
        : []),
    ],
    ...(labels.leftOut === undefined ? {} : { leftOutHead: labels.leftOut }),
  };
}

/** Where a tensor of a BERT belongs; those of a bare BertModel have no prefix. */
export function placeBert(stored: string, leftOutHead: string | undefined): Placed {
  const name = presentName(stored);
  const why = leftOutReason(name);
  if (why !== undefined) return { leftOut: why };
  if (name.startsWith('classifier.')) return leftOutHead === undefined ? { to: [{ name }] } : { leftOut: leftOutHead };
  if (/^(embeddings|encoder|pooler)\./.test(name)) return { to: [{ name: `bert.${name}` }] };
  return /^(bert\.|rmt\.memory$)/.test(name) ? { to: [{ name }] } : 'unknown';
}
