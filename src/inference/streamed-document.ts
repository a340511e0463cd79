// The document of a stream, before any model reads it: drawn and cut into segments without a GPU.
import { InputError } from '../errors.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import { type Drawn, documentOf } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { cut, segmentBatch } from '../models/segments.ts';
import { Random } from '../random.ts';
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

/** Another word at a position of a document. */
export interface WordEdit {
  readonly segment: number;
  /** Position among the segment's words. */
  readonly at: number;
  readonly word: string;
}

/** Which document it is. */
export interface DocumentSettings extends Pick<DocumentRequest, 'segments' | 'seed' | 'document'> {
  /** Words that are replaced in it; the right answer stays that of the document without them. */
  readonly edits?: readonly WordEdit[] | undefined;
}

const nothing = new Int32Array(0);

export class StreamedDocument {
  readonly drawn: Drawn;
  readonly segments: Segments;
  private readonly borders: readonly (readonly [number, number])[];
  private readonly size: number;

  /** @throws InputError if the user's facts do not fit, or an edited word */
  constructor(
    { config }: Pick<Blueprint, 'config'>,
    private readonly work: Work,
    { segments, seed, document, edits = [] }: DocumentSettings,
  ) {
    const drawn = documentOf(work, seed, segments, config.segment_size, document);
    this.size = config.segment_size;
    this.borders = cut(drawn.inputs.length, config.segment_size, config.segment_alignment);
    this.drawn = edits.length > 0 ? this.edited(drawn, edits) : drawn;
    this.segments = segmentBatch([this.drawn.inputs], config).segments;
  }

  private edited(drawn: Drawn, edits: readonly WordEdit[]): Drawn {
    const words = drawn.words.slice();
    for (const { segment, at, word } of edits) {
      const where = `word ${at + 1} of segment ${segment + 1}`;
      const [start, end] = this.borders[segment] ?? [0, 0];
      if (!Number.isInteger(at) || at < 0 || start + at >= end)
        throw new InputError(where, 'no such word', `one of the ${end - start} words of that segment`);
      const id = this.work.vocabulary.id(word);
      if (id === this.work.vocabulary.unknown) throw new InputError(where, `'${word}'`, 'a word of the vocabulary');
      words[start + at] = id;
    }
    return { ...drawn, words, inputs: words.subarray(0, drawn.inputs.length) };
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

  /**
   * A segment of noise that ends with the document's question, to ask before the end; undefined where the answer does not
   * depend on the question.
   */
  get asking(): Int32Array | undefined {
    const { task, material, vocabulary } = this.work;
    const question = this.drawn.sample.marks.findLast(({ kind }) => kind === 'question');
    if (task.kind !== 'classification' || !task.hasSubjects || !question) return undefined;
    const segment = material.noise.fill(new Random(1), this.size, vocabulary);
    const words = this.drawn.inputs.subarray(question.start, question.end);
    segment.set(words, this.size - words.length);
    return segment;
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
