// Encoder RMT: memory vectors are written in at positions 1..M of a segment and read out of its last layer.
// Source: Bulatov et al. 2023, arXiv:2304.11062

import type { Rectangle } from '../../engine/ops/attention.ts';
import { crossEntropy } from '../../engine/ops/cross-entropy.ts';
import { memoryBroadcast, readOut } from '../../engine/ops/read-out.ts';
import type { Tape } from '../../engine/tape.ts';
import type { Tensor } from '../../engine/tensor.ts';
import { type BertConfig, bertClassify, bertEncode, bertParameters } from '../backbones/bert.ts';
import { type ParameterGroup, type Parameters, single } from '../parameters.ts';
import type { SegmentConfig, SegmentInputs } from '../segments.ts';

/** The configuration of a BERT encoder with recurrent memory; the fields of a checkpoint's `rmt_config`. */
export type RmtEncoderConfig = BertConfig & SegmentConfig;

const MEMORY = 'rmt.memory';
/** The stream of randomness of the memory's noise, far from those the backbone counts up. */
const NOISE_STREAM = 0x10000;

/** The backbone's parameters and, for M > 0, the M initial memory vectors. */
export function rmtEncoderParameters(config: RmtEncoderConfig): ParameterGroup[] {
  const { num_mem_tokens: M, hidden_size: D } = config;
  return M === 0 ? bertParameters(config) : [...bertParameters(config), single(MEMORY, [M, D], 'normal')];
}

/** The memory a segment reads (`memory`) and the one it leaves (`next`), both (B, M, D). */
export interface MemoryState {
  readonly memory: Tensor;
  readonly next: Tensor;
}

/** What of a recorded segment may be read back. */
export interface RecordedSegment {
  /** (B, num_labels up to a multiple of 4) */
  readonly logits: Tensor;
  /** (B, 2): cross-entropy, predicted class. */
  readonly result: Tensor;
  /** For each layer, the rectangles of attention asked for: (B, heads, rows, columns). */
  readonly attentions: readonly (readonly Tensor[])[];
}

/** Record memory = initial memory for every sequence, as section `begin`. */
export function rmtEncoderBegin(tape: Tape, config: RmtEncoderConfig, parameters: Parameters, memory: Tensor): void {
  if (config.num_mem_tokens === 0) return;
  tape.program.section('begin');
  memoryBroadcast(tape, parameters.get(MEMORY), memory);
}

/**
 * Record one segment: section `encode` from the embeddings to the memory's read-out, section `head` from [CLS] to the loss.
 * The head runs only where a loss or an answer is wanted.
 * @param noise standard deviation of the noise on the memory handed on, in training
 */
export function rmtEncoderSegment(
  tape: Tape,
  config: RmtEncoderConfig,
  parameters: Parameters,
  inputs: SegmentInputs,
  state: MemoryState,
  looks: readonly Rectangle[],
  noise: number,
): RecordedSegment {
  tape.program.section('encode');
  const { hidden, attentions } = bertEncode(tape, config, parameters, inputs, state.memory, looks);
  const cls = readOut(tape, hidden, state.memory, inputs.started, inputs.rowWeight, state.next, noise, {
    counter: inputs.counter,
    stream: NOISE_STREAM,
  });
  tape.program.section('head');
  const logits = tape.program.keep(bertClassify(tape, config, parameters, cls, inputs.counter));
  const result = tape.program.keep(crossEntropy(tape, logits, config.num_labels, inputs.labels, inputs.rowWeight));
  return { logits, result, attentions };
}
