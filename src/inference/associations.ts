// What ARMT's associations hold: their rank and size after each segment, what was written, and where what is recalled was
// written.
import { type Associations, type AssociativeLayer, matrixOf, recallOf, writeOf } from '../analysis/associations.ts';
import { dot, type Matrix } from '../analysis/linear-algebra.ts';
import { rankOf } from '../analysis/matrix-rank.ts';
import { InputError } from '../errors.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Checkpoint } from '../models/checkpoint.ts';
import type { Model } from '../models/model.ts';
import { positionsOf } from '../models/segments.ts';
import { readAgain, type SegmentAt, type SegmentRead } from './read-again.ts';

/** One layer's associations after a segment. */
export interface AssociationsSeen {
  readonly frobenius: number;
  readonly numerical: number;
  readonly effective: number;
  /** Of each memory token: β, γ, the length of its key and of the change it writes. */
  readonly writes: readonly {
    readonly beta: number;
    readonly gamma: number;
    readonly key: number;
    readonly change: number;
  }[];
  /** Length of what the answering position recalls, and of the state that it is added to. */
  readonly recalled: number;
  readonly state: number;
  /** The share of it that was written from each requested segment to before the next; empty in the first one. */
  readonly shares: Float32Array;
}

/** @throws InputError if the model has no associative memory */
export function associativeLayers({ blueprint, tensors }: Checkpoint): AssociativeLayer[] {
  const { config } = blueprint;
  const read = (name: string): Matrix => {
    const tensor = tensors.get(name);
    if (!tensor) throw new Error(`associations: no ${name} in the checkpoint`);
    const [rows = 0, columns = 1] = tensor.shape;
    return { rows, columns, values: Float64Array.from(tensor.data) };
  };
  const layers = blueprint
    .parameters()
    .flatMap(({ parts }) => parts.map(({ name }) => name))
    .filter((name) => name.endsWith('.W_mq.weight'))
    .map((name) => name.replace('.W_mq.weight', ''));
  if (layers.length === 0)
    throw new InputError(
      'associations',
      `a ${blueprint.description} without them`,
      'a model with associative memory (ARMT)',
    );
  return layers.map((layer) => ({
    query: read(`${layer}.W_mq.weight`),
    key: read(`${layer}.W_mk.weight`),
    value: read(`${layer}.W_mv.weight`),
    gate: read(`${layer}.W_mb.weight`).values,
    gateBias: read(`${layer}.W_mb.bias`).values[0] ?? 0,
    normalise: config['key_norm'] === 'l2',
    correction: config['correction'] !== false,
  }));
}

/** The position that answers: [CLS], or the one before the answer, or the last of the text. */
function answeringPosition({ text, start, drawn }: SegmentRead, { layout, answers }: Model['blueprint']): number {
  if (answers === 'class') return layout.head.first;
  const before = drawn.from - 1 - start;
  return layout.front + (before >= 0 && before < text.length ? before : Math.max(0, text.length - 1));
}

/** Limit for the states of all requested segments. */
const MOST_STATE_BYTES = 512 * 2 ** 20;

/**
 * Read some segments of a document again, each from the memory it received, and examine the associations.
 * @param at ascending; all but the first with their memory
 * @throws InputError if the model has no associations, or a segment or its memory does not belong to it
 */
export async function* associationsOf(
  model: Model,
  checkpoint: Checkpoint,
  work: Work,
  request: Pick<DocumentRequest, 'segments' | 'seed' | 'document'>,
  at: readonly SegmentAt[],
): AsyncGenerator<{ readonly index: number; readonly layers: readonly AssociationsSeen[] }> {
  const layers = associativeLayers(checkpoint);
  const { blueprint } = model;
  const { layout, shape } = blueprint;
  const { hiddenSize: D } = shape;
  const bytes = at.reduce((sum, { memory }) => sum + (memory?.byteLength ?? 0), 0);
  if (bytes > MOST_STATE_BYTES)
    throw new InputError(
      'associations of all segments',
      `${Math.round(bytes / 2 ** 20)} MiB`,
      `at most ${MOST_STATE_BYTES / 2 ** 20} MiB: fewer segments`,
    );
  const { count: M, first = 0, atEnd } = layout.memory;
  /** By layer, the associations that each requested segment so far has received. */
  const histories: Associations[][] = layers.map(() => []);
  for await (const read of readAgain(model, work, request, at, 'hidden')) {
    const given = at.find(({ index }) => index === read.index)?.memory;
    const states = [...read.view.states.values()];
    const length = positionsOf(layout, read.text.length);
    const rowsFrom = atEnd ? length - M : first;
    const answering = answeringPosition(read, blueprint);
    const row = (hidden: Float32Array | undefined, position: number) =>
      (hidden ?? new Float32Array(0)).subarray(position * D, (position + 1) * D);
    let offset = 0;
    const seen = layers.map((layer, l): AssociationsSeen => {
      const after = states[l] ?? new Float32Array(0);
      const before = given && { values: given.subarray(offset, offset + after.length), width: D };
      offset += after.length;
      if (before) histories[l]?.push(before);
      const writes = Array.from({ length: M }, (_, m) => writeOf(layer, row(read.hidden[l + 1], rowsFrom + m), before));
      const state = row(read.hidden[l], answering);
      const { recalled, shares } = recallOf(layer, state, before ? (histories[l] ?? []) : []);
      return {
        ...rankOf(matrixOf({ values: after, width: D })),
        writes: writes.map(({ beta, gamma, key, change }) => ({
          beta,
          gamma,
          key: Math.sqrt(dot(key, key)),
          change: Math.sqrt(dot(change, change)),
        })),
        recalled: Math.sqrt(dot(recalled, recalled)),
        state: Math.sqrt(dot(state, state)),
        shares: Float32Array.from(shares),
      };
    });
    yield { index: read.index, layers: seen };
  }
}
