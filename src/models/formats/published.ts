// The published layouts that are read, in the order in which they are tried.
import type { ForeignFormat } from './foreign.ts';
import { huggingFaceBert } from './hugging-face-bert.ts';
import { huggingFaceGpt2 } from './hugging-face-gpt2.ts';
import { lmRmt } from './lm-rmt.ts';
import { officialAssociative } from './official-associative.ts';
import { officialDecoder } from './official-decoder.ts';
import { officialEncoder } from './official-encoder.ts';

export const published: readonly ForeignFormat[] = [
  officialEncoder,
  officialAssociative,
  officialDecoder,
  lmRmt,
  huggingFaceBert,
  huggingFaceGpt2,
];

/** The `model_type` of a configuration whose model we compute as its authors do. */
export const knownTypes: ReadonlySet<unknown> = new Set([undefined, null, 'bert', 'gpt2', 'lm-rmt', 'transfo-xl']);
