// Full attention of some segments of a document: each is read again from the memory it received.

import { InputError } from '../errors.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import { documentOf } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';
import { SegmentReader } from '../models/reader.ts';
import { positionsOf, segmentBatch } from '../models/segments.ts';
import { joined } from '../models/states.ts';
import { stateLayoutOf } from './interventions.ts';

/** A segment to be read again. */
export interface SegmentAt {
  readonly index: number;
  /** The memory it received; the initial memory by default. */
  readonly memory?: Float32Array | undefined;
}

export interface SegmentAttention {
  readonly index: number;
  /** (layers, heads, positions, keys); keys count the cache's entries first. */
  readonly attention: Float32Array;
}

/** Limit for one segment: more would be too slow to send and to draw. */
const MOST_LOOK_BYTES = 64 * 2 ** 20;

/**
 * Read some segments of a document again, each from the memory it received, with all of their attention.
 * @throws InputError if a segment or its memory does not belong to this document and model
 */
export async function* lookAt(
  model: Model,
  work: Work,
  request: Pick<DocumentRequest, 'segments' | 'seed' | 'document'>,
  at: readonly SegmentAt[],
): AsyncGenerator<SegmentAttention> {
  const { blueprint, config } = model;
  const { shape, layout } = blueprint;
  const bytes = 4 * shape.layers * shape.heads * layout.S * (shape.cacheSize + layout.S);
  if (bytes > MOST_LOOK_BYTES)
    throw new InputError(
      'all attention of a segment',
      `${Math.round(bytes / 2 ** 20)} MiB`,
      `at most ${MOST_LOOK_BYTES / 2 ** 20} MiB: a model of fewer layers, heads or positions`,
    );
  const sample = documentOf(work, request.seed, request.segments, config.segment_size, request.document);
  const { segments } = segmentBatch([sample.inputs], config);
  const { size } = stateLayoutOf(blueprint);
  for (const { index, memory } of at) {
    if (!segments[index]) throw new InputError('segment', String(index + 1), `one from 1 to ${segments.length}`);
    if (memory && memory.length !== size)
      throw new InputError(`memory before segment ${index + 1}`, `${memory.length} numbers`, String(size));
  }
  const reader = await SegmentReader.create(model, { batch: 1, attention: 'full' });
  try {
    for (const { index, memory } of at) {
      reader.reset();
      const before = segments.slice(0, index).flatMap(([text]) => (text ? [positionsOf(layout, text.length)] : []));
      if (memory && size > 0)
        reader.writeStates(
          memory,
          before.reduce((sum, count) => sum + count, 0),
        );
      const { attentions } = await reader.step(segments[index] ?? [], false);
      yield { index, attention: joined(attentions.map(([all]) => all)) };
    }
  } finally {
    reader.release();
  }
}
