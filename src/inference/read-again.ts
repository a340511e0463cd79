// Some segments of a document are read again, each from the memory it received, to look into them.
import { InputError } from '../errors.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { Drawn } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';
import { SegmentReader, type SegmentView } from '../models/reader.ts';
import { positionsOf } from '../models/segments.ts';
import { SiteValues } from '../models/site-values.ts';
import { stateLayoutOf } from './interventions.ts';
import { StreamedDocument } from './streamed-document.ts';

/** A segment to be read again. */
export interface SegmentAt {
  readonly index: number;
  /** The memory it received; the initial memory by default. */
  readonly memory?: Float32Array | undefined;
}

/** A segment that was read again. */
export interface SegmentRead {
  readonly index: number;
  /** Its token ids, and where it begins in the document. */
  readonly text: Int32Array;
  readonly start: number;
  readonly drawn: Drawn;
  readonly view: SegmentView;
  /** (S, D) for each layer's input, then the last layer's output; empty unless asked for. */
  readonly hidden: readonly Float32Array[];
}

/** What to look at: all attention, or the hidden states between layers. */
export type LookedAt = 'attention' | 'hidden';

/**
 * @throws InputError if a segment or its memory does not belong to this document and model
 */
export async function* readAgain(
  model: Model,
  work: Work,
  request: Pick<DocumentRequest, 'segments' | 'seed' | 'document'>,
  at: readonly SegmentAt[],
  look: LookedAt,
): AsyncGenerator<SegmentRead> {
  const { blueprint } = model;
  const document = new StreamedDocument(blueprint, work, request);
  const { segments, drawn } = document;
  const { size } = stateLayoutOf(blueprint);
  for (const { index, memory } of at) {
    if (!segments[index]) throw new InputError('segment', String(index + 1), `one from 1 to ${segments.length}`);
    if (memory && memory.length !== size)
      throw new InputError(`memory before segment ${index + 1}`, `${memory.length} numbers`, String(size));
  }
  const reader = await SegmentReader.create(model, {
    batch: 1,
    attention: look === 'attention' ? 'full' : 'none',
    sites: look === 'hidden',
  });
  let values: SiteValues | undefined;
  try {
    const sites = look === 'hidden' ? reader.sites.filter(({ kind }) => kind === 'hidden') : [];
    values = await SiteValues.create(model.gpu, sites);
    const kept = values;
    for (const { index, memory } of at) {
      reader.reset();
      const before = segments
        .slice(0, index)
        .flatMap(([text]) => (text ? [positionsOf(blueprint.layout, text.length)] : []));
      if (memory && size > 0)
        reader.writeStates(
          memory,
          before.reduce((sum, count) => sum + count, 0),
        );
      const visit = look === 'hidden' ? kept.take.bind(kept) : undefined;
      const view = await reader.step(segments[index] ?? [], false, visit);
      const hidden = look === 'hidden' ? await kept.read(sites) : [];
      yield { index, text: document.idsOf(index), start: document.startOf(index), drawn, view, hidden };
    }
  } finally {
    values?.release();
    reader.release();
  }
}
