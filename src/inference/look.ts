// Full attention of some segments of a document: each is read again from the memory it received.

import { InputError } from '../errors.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';
import { joined } from '../models/states.ts';
import { readAgain, type SegmentAt } from './read-again.ts';

export type { SegmentAt };

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
  const { shape, layout } = model.blueprint;
  const bytes = 4 * shape.layers * shape.heads * layout.S * (shape.cacheSize + layout.S);
  if (bytes > MOST_LOOK_BYTES)
    throw new InputError(
      'all attention of a segment',
      `${Math.round(bytes / 2 ** 20)} MiB`,
      `at most ${MOST_LOOK_BYTES / 2 ** 20} MiB: a model of fewer layers, heads or positions`,
    );
  for await (const { index, view } of readAgain(model, work, request, at, 'attention'))
    yield { index, attention: joined(view.attentions.map(([all]) => all)) };
}
