// A recorded stream for a page without a GPU: the events of a real session, with arrays as 8-bit numbers.
import * as v from 'valibot';
import type { ReportOf } from '../protocol/index.ts';
import { pieceStyles } from '../text/pieces/spelling.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const packed = v.pipe(
  v.object({ scale: v.number(), bytes: v.pipe(v.string(), v.base64('numbers in base64')) }),
  v.transform(({ scale, bytes }) =>
    Float32Array.from(atob(bytes), (letter) => scale * (((letter.charCodeAt(0) ^ 128) & 255) - 128)),
  ),
);
const size = v.object({ rows: count, columns: count });
const recording = v.object({
  /** The command, adapter and date of the recording. */
  made: v.object({ checkpoint: v.string(), command: v.string(), adapter: v.string(), date: v.string() }),
  begin: v.object({
    model: v.object({
      name: v.string(),
      kind: v.string(),
      answers: v.picklist(['class', 'tokens']),
      task: v.optional(v.string()),
      pieces: v.optional(v.picklist(pieceStyles)),
      parameters: count,
      gpuBytes: count,
      layers: count,
      heads: count,
      hiddenSize: count,
      memTokens: count,
      cacheSize: count,
      segmentSize: count,
      positions: count,
      front: count,
      looks: v.object({ write: size, read: size }),
      classes: v.array(v.string()),
    }),
    segments: count,
    expected: v.string(),
    tokens: count,
    blank: packed,
  }),
  segments: v.array(
    v.object({
      words: v.array(v.string()),
      ids: v.optional(
        v.pipe(
          v.array(count),
          v.transform((ids) => Int32Array.from(ids)),
        ),
      ),
      marks: v.array(v.object({ kind: v.picklist(['fact', 'question', 'answer']), start: count, end: count })),
      probabilities: v.pipe(
        v.array(v.number()),
        v.transform((values) => Float32Array.from(values)),
      ),
      memory: packed,
      write: packed,
      read: packed,
      milliseconds: v.number(),
      gpuBytes: count,
    }),
  ),
  end: v.object({ answer: v.string(), expected: v.string(), finished: v.boolean() }),
});

export interface Recording {
  readonly made: {
    readonly checkpoint: string;
    readonly command: string;
    readonly adapter: string;
    readonly date: string;
  };
  readonly begin: ReportOf<'stream-begin'>;
  readonly segments: readonly ReportOf<'stream-segment'>[];
  readonly end: ReportOf<'stream-end'>;
}

/** @throws Error naming the invalid entry */
export function parseRecording(bytes: Uint8Array): Recording {
  const result = v.safeParse(recording, JSON.parse(new TextDecoder().decode(bytes)));
  if (!result.success) {
    const [issue] = result.issues;
    throw new Error(`recorded stream: ${v.getDotPath(issue) ?? 'document'}: ${issue.message}`);
  }
  const { made, begin, segments, end } = result.output;
  const { task, pieces, ...model } = begin.model;
  const facts = { ...model, task, ...(pieces === undefined ? {} : { pieces }) };
  return {
    made,
    begin: { type: 'stream-begin', ...begin, model: facts },
    segments: segments.map(({ ids, ...segment }, index) => ({
      type: 'stream-segment',
      index,
      ...segment,
      ...(ids ? { ids } : {}),
    })),
    end: { type: 'stream-end', ...end },
  };
}

/** The recorded streams that the page offers, by their file in the folder `recorded`. */
export const recordings = {
  detect: {
    title: 'Detect & memorize',
    note: 'The bundled model finds the fact, keeps it in memory, and answers.',
  },
  minilm: {
    title: 'MiniLM-L6 on real text',
    note: 'The published weights of all-MiniLM-L6-v2 read the README of this project in WordPiece tokens. Its 4 memory tokens and its 2 classes are new and were not trained: this shows how an untrained memory moves, not one that works, and the class means nothing.',
  },
} as const;
export type RecordingName = keyof typeof recordings;
