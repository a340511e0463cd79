// ARMT's associative memory: DPFP keys, a matrix read with them, and the delta rule that writes it.
import matchSource from '../../../shaders/associative_match.wgsl?raw';
import readSource from '../../../shaders/associative_read.wgsl?raw';
import writeSource from '../../../shaders/associative_write.wgsl?raw';
import deltaBackwardSource from '../../../shaders/delta_rule_backward.wgsl?raw';
import deltaForwardSource from '../../../shaders/delta_rule_forward.wgsl?raw';
import dpfpBackwardSource from '../../../shaders/dpfp_backward.wgsl?raw';
import dpfpBackwardLanesSource from '../../../shaders/dpfp_backward_lanes.wgsl?raw';
import dpfpForwardSource from '../../../shaders/dpfp_forward.wgsl?raw';
import dpfpForwardLanesSource from '../../../shaders/dpfp_forward_lanes.wgsl?raw';
import lanes from '../../../shaders/lib/lanes.wgsl?raw';
import lanesSingle from '../../../shaders/lib/lanes_single.wgsl?raw';
import recallBackwardSource from '../../../shaders/recall_backward.wgsl?raw';
import recallForwardSource from '../../../shaders/recall_forward.wgsl?raw';
import { defineKernel } from '../gpu/kernel.ts';
import type { Claim, Tape } from '../tape.ts';
import { elements, expectShape, type Tensor } from '../tensor.ts';
import { add, invocations } from './add.ts';
import { emitLanes, withLanes } from './splits.ts';

const dpfpForward = defineKernel({
  name: 'dpfp_forward',
  source: dpfpForwardSource,
  reads: ['inp'],
  writes: ['out', 'norm'],
  constants: ['K', 'NORMALISE'],
  sizes: ['R'],
});
const dpfpForwardLanes = defineKernel({
  name: 'dpfp_forward_lanes',
  source: [lanes, dpfpForwardLanesSource],
  reads: ['inp'],
  writes: ['out', 'norm'],
  constants: ['K', 'NORMALISE', 'LANES'],
  sizes: ['R'],
});
const dpfpBackward = defineKernel({
  name: 'dpfp_backward',
  source: dpfpBackwardSource,
  reads: ['inp', 'out', 'norm', 'd_out'],
  writes: ['d_inp'],
  constants: ['K', 'NORMALISE'],
  sizes: ['R'],
});
const dpfpBackwardLanes = defineKernel({
  name: 'dpfp_backward_lanes',
  source: [lanes, dpfpBackwardLanesSource],
  reads: ['inp', 'out', 'norm', 'd_out'],
  writes: ['d_inp'],
  constants: ['K', 'NORMALISE', 'LANES'],
  sizes: ['R'],
});
const read = defineKernel({
  name: 'associative_read',
  source: readSource,
  reads: ['keys', 'state'],
  writes: ['out'],
  constants: [],
  sizes: ['B', 'R', 'K', 'W'],
});
const match = defineKernel({
  name: 'associative_match',
  source: matchSource,
  reads: ['values', 'state'],
  writes: ['out'],
  constants: ['ACCUMULATE'],
  sizes: ['B', 'R', 'K', 'W'],
});
const write = defineKernel({
  name: 'associative_write',
  source: writeSource,
  reads: ['base', 'keys', 'values'],
  writes: ['out'],
  constants: ['ADD'],
  sizes: ['B', 'R', 'K', 'W'],
});
const recallForward = defineKernel({
  name: 'recall_forward',
  source: recallForwardSource,
  reads: ['hidden', 'found', 'phase'],
  writes: ['out'],
  constants: [],
  sizes: ['B', 'S', 'D'],
});
const recallBackward = withLanes(
  defineKernel({
    name: 'recall_backward',
    source: [lanesSingle, recallBackwardSource],
    reads: ['d_out', 'found', 'phase'],
    writes: ['d_found'],
    constants: [],
    sizes: ['B', 'S', 'D'],
  }),
);
const deltaForward = withLanes(
  defineKernel({
    name: 'delta_rule_forward',
    source: [lanesSingle, deltaForwardSource],
    reads: ['value', 'gate', 'keys', 'found', 'phase'],
    writes: ['out'],
    constants: ['CORRECTION', 'FLOOR'],
    sizes: ['B', 'M', 'D', 'K'],
  }),
);
const deltaBackward = withLanes(
  defineKernel({
    name: 'delta_rule_backward',
    source: [lanesSingle, deltaBackwardSource],
    reads: ['d_out', 'value', 'gate', 'found', 'phase'],
    writes: ['d_value', 'd_gate', 'd_found'],
    constants: [],
    sizes: ['B', 'M', 'D'],
  }),
);

/** Width of DPFP-3 keys for a projection of `width`. */
export const keyWidth = (width: number) => 6 * width;
/** Columns of the associative memory of a model of width D: D of values, one of the normaliser z, three of padding. */
export const associationColumns = (D: number) => D + 4;

/**
 * Claim a gradient for a kernel that overwrites it.
 * @throws Error if `tensor` has a later use, whose gradient would be overwritten
 */
function claimOverwrite(op: string, tape: Tape, tensor: Tensor): Tensor {
  const { into, accumulate } = tape.claim(tensor);
  if (accumulate) throw new Error(`${op}: '${tensor.label}' has another use`);
  return into;
}

/**
 * The DPFP-3 features of each row.
 * @param inp       (…, K)
 * @param normalise divide them by their L2 norm, at least 1e-12
 * @returns (…, 6·K)
 * @see Schlag et al. 2021, arXiv:2102.11174
 */
export function dpfp(tape: Tape, inp: Tensor, normalise: boolean): Tensor {
  const K = inp.shape.at(-1) ?? 0;
  const R = elements(inp.shape) / K;
  const out = tape.tensor(`${inp.label} keys`, [...inp.shape.slice(0, -1), keyWidth(K)]);
  const norm = tape.tensor(`${inp.label} norm`, [R]);
  const params = { R, K, NORMALISE: normalise };
  const rows = [R, K] as const;
  emitLanes(tape, { single: dpfpForward, split: dpfpForwardLanes }, { inp, out, norm }, params, rows);
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const d_inp = claimOverwrite('dpfp', tape, inp);
    const tensors = { inp, out, norm, d_out, d_inp };
    emitLanes(tape, { single: dpfpBackward, split: dpfpBackwardLanes }, tensors, params, rows);
  });
  return out;
}

interface Sizes {
  readonly B: number;
  readonly R: number;
  readonly K: number;
  readonly W: number;
}

function sizesOf(op: string, keys: Tensor, state: Tensor): Sizes {
  const [B = 0, K = 0, W = 0] = state.shape;
  const R = keys.shape[1] ?? 0;
  expectShape(op, 'keys', keys.shape, [B, R, K]);
  return { B, R, K, W };
}

function emitRead(tape: Tape, sizes: Sizes, keys: Tensor, state: Tensor, out: Tensor): void {
  tape.emit(read, { keys, state, out }, { ...sizes }, invocations(sizes.B * Math.ceil(sizes.R / 4) * (sizes.W / 4)));
}
function emitMatch(tape: Tape, sizes: Sizes, values: Tensor, state: Tensor, { into, accumulate }: Claim): void {
  const params = { ...sizes, ACCUMULATE: accumulate };
  tape.emit(match, { values, state, out: into }, params, invocations(sizes.B * Math.ceil(sizes.R / 4) * (sizes.K / 4)));
}

/**
 * out[b,r] = Σ_k keys[b,r,k] · state[b,k]
 * @param keys  (B, R, K)
 * @param state (B, K, W)
 * @returns (B, R, W)
 * @throws ShapeError if the shapes do not fit
 */
export function associativeRead(tape: Tape, keys: Tensor, state: Tensor): Tensor {
  const sizes = sizesOf('associative_read', keys, state);
  const { B, R, K, W } = sizes;
  const out = tape.tensor(`${keys.label} read`, [B, R, W]);
  emitRead(tape, sizes, keys, state, out);
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    emitMatch(tape, sizes, d_out, state, tape.claim(keys));
    const d_state = tape.claim(state);
    const into = d_state.accumulate ? tape.tensor(`d ${state.label} more`, [B, K, W]) : d_state.into;
    const params = { ...sizes, ADD: false };
    tape.emit(write, { base: d_out, keys, values: d_out, out: into }, params, invocations(B * (K / 4) * (W / 4)));
    if (d_state.accumulate) add(tape, into, d_state.into, true);
  });
  return out;
}

/**
 * next[b] = state[b] + Σ_r keys[b,r] ⊗ values[b,r]
 * @param state (B, K, W) and next, the same; the gradient of next must be bound
 * @throws ShapeError if the shapes do not fit
 */
export function associativeWrite(tape: Tape, keys: Tensor, values: Tensor, state: Tensor, next: Tensor): void {
  const sizes = sizesOf('associative_write', keys, state);
  const { B, R, K, W } = sizes;
  expectShape('associative_write', 'values', values.shape, [B, R, W]);
  expectShape('associative_write', 'next', next.shape, [B, K, W]);
  const params = { ...sizes, ADD: true };
  tape.emit(write, { base: state, keys, values, out: next }, params, invocations(B * (K / 4) * (W / 4)));
  tape.onBackward(() => {
    const d_next = tape.gradient(next);
    if (!d_next) return;
    emitRead(tape, sizes, keys, d_next, claimOverwrite('associative_write', tape, values));
    emitMatch(tape, sizes, values, d_next, tape.claim(keys));
    const { into, accumulate } = tape.claim(state);
    add(tape, d_next, into, accumulate);
  });
}

/**
 * out = hidden + the values read, divided by their normaliser; hidden alone until the row has passed its first segment.
 * @param hidden (B, S, D)
 * @param found  (B, S, D + 4), read from the associations
 * @param phase  (B) u32: 0 the row has not started, 1 its first segment, 2 a later one
 * @returns (B, S, D)
 * @throws ShapeError if the shapes do not fit
 * @see Rodkin et al. 2024, arXiv:2407.04841
 */
export function recall(tape: Tape, hidden: Tensor, found: Tensor, phase: Tensor): Tensor {
  const [B = 0, S = 0, D = 0] = hidden.shape;
  expectShape('recall', 'found', found.shape, [B, S, associationColumns(D)]);
  const out = tape.tensor(`${hidden.label} recalled`, hidden.shape);
  tape.emit(recallForward, { hidden, found, phase, out }, { B, S, D }, invocations(B * S * (D / 4)));
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const d_found = claimOverwrite('recall', tape, found);
    emitLanes(tape, recallBackward, { d_out, found, phase, d_found }, { B, S, D }, [B * S, D / 4]);
    tape.passOn(hidden, d_out);
  });
  return out;
}

export interface DeltaInputs {
  /** (B, M, D) */
  readonly value: Tensor;
  /** (B, M, 4), logits; only the first column is used. */
  readonly gate: Tensor;
  /** (B, M, K) */
  readonly keys: Tensor;
  /** (B, M, D + 4), what is already stored under the keys. */
  readonly found: Tensor;
}

/** γ, the fraction of a key that is new: clip(1 − (zᵀφ + 1e-5) / (‖φ‖² + floor), 0, 1), or 1 without the correction. */
export interface Novelty {
  readonly correction: boolean;
  readonly floor: number;
}

/**
 * The update to write: the gated difference between each new value and the value already stored under its key, and γ,
 * for the normaliser.
 * @param phase (B) u32, as for `recall`
 * @returns (B, M, D + 4); 0 where the row has not started
 * @throws ShapeError if the shapes do not fit
 * @see Rodkin et al. 2024, arXiv:2407.04841
 */
export function deltaRule(
  tape: Tape,
  { value, gate, keys, found }: DeltaInputs,
  phase: Tensor,
  { correction, floor }: Novelty,
): Tensor {
  const [B = 0, M = 0, D = 0] = value.shape;
  const K = keys.shape[2] ?? 0;
  expectShape('delta_rule', 'gate', gate.shape, [B, M, 4]);
  expectShape('delta_rule', 'keys', keys.shape, [B, M, K]);
  expectShape('delta_rule', 'found', found.shape, [B, M, associationColumns(D)]);
  const out = tape.tensor(`${value.label} change`, found.shape);
  const read = { value, gate, found, phase };
  const params = { B, M, D, K, CORRECTION: correction, FLOOR: floor };
  emitLanes(tape, deltaForward, { ...read, keys, out }, params, [B * M, D / 4]);
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const d_value = claimOverwrite('delta_rule', tape, value);
    const d_gate = claimOverwrite('delta_rule', tape, gate);
    const d_found = claimOverwrite('delta_rule', tape, found);
    const tensors = { ...read, d_out, d_value, d_gate, d_found };
    emitLanes(tape, deltaBackward, tensors, { B, M, D }, [B * M, D / 4]);
  });
  return out;
}
