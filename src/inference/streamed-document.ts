// The document of a stream, before any model reads it: drawn and cut into segments without a GPU.
import type { DocumentRequest } from '../experiment/document-request.ts';
import { type Drawn, documentOf } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { cut, segmentBatch } from '../models/segments.ts';
import type { Mark } from '../tasks/task.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { spell } from '../text/vocabulary.ts';

/** Segments of one sequence, as a reader takes them. */
export type Segments = readonly (readonly (Int32Array | undefined)[])[];

/** The text of a segment. */
export interface SegmentText {
  /** Words, in order (without PAD). */
  readonly words: readonly string[];
  /** Their token ids, if they are pieces of a tokenizer. */
  readonly ids?: Int32Array;
  /** Facts, question and answer inside this segment, in positions of `words`. */
  readonly marks: readonly Mark[];
}

const nothing = new Int32Array(0);

export class StreamedDocument {
  readonly drawn: Drawn;
  readonly segments: Segments;
  private readonly borders: readonly (readonly [number, number])[];

  /** @throws InputError if the user's facts do not fit */
  constructor(
    { config }: Pick<Blueprint, 'config'>,
    private readonly work: Work,
    { segments, seed, document }: Pick<DocumentRequest, 'segments' | 'seed' | 'document'>,
  ) {
    this.drawn = documentOf(work, seed, segments, config.segment_size, document);
    this.segments = segmentBatch([this.drawn.inputs], config).segments;
    this.borders = cut(this.drawn.inputs.length, config.segment_size, config.segment_alignment);
  }

  get length(): number {
    return this.segments.length;
  }

  /** The correct answer, in words. */
  get expected(): string {
    const { words, from, to, answer } = this.drawn;
    const { vocabulary, task } = this.work;
    if (task.kind === 'classification') return task.classes[answer] ?? '';
    return spell(
      Array.from(words.subarray(from, to), (id) => vocabulary.word(id)),
      vocabulary instanceof PieceVocabulary ? vocabulary.tokenizer.style : undefined,
    );
  }

  /** The token ids of a segment. */
  idsOf(index: number): Int32Array {
    return this.segments[index]?.[0] ?? nothing;
  }

  /** Where a segment's text begins in the document. */
  startOf(index: number): number {
    return this.borders[index]?.[0] ?? 0;
  }

  textOf(index: number): SegmentText {
    const { vocabulary } = this.work;
    const ids = this.idsOf(index);
    const [start, end] = this.borders[index] ?? [0, 0];
    const marks = this.drawn.sample.marks
      .filter((mark) => mark.start < end && mark.end > start)
      .map((mark) => ({
        kind: mark.kind,
        start: Math.max(mark.start, start) - start,
        end: Math.min(mark.end, end) - start,
      }));
    return {
      words: Array.from(ids, (id) => vocabulary.word(id)),
      ...(vocabulary instanceof PieceVocabulary ? { ids: ids.slice() } : {}),
      marks,
    };
  }
}
