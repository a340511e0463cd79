// Stream: reads a document segment by segment, paced and paused by the user.
import { factsOf, loadModel } from '../../experiment/workspace.ts';
import { MOST_QUESTIONS } from '../../inference/asker.ts';
import { Stream } from '../../inference/stream.ts';
import { StreamedDocument } from '../../inference/streamed-document.ts';
import type { StreamEvent } from '../../protocol/index.ts';
import { Gate } from '../gate.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

/** The first segments, whose text is reported before they are read. */
const OPENING_SEGMENTS = 8;

export const stream: Job<'stream'> = {
  kind: 'stream',
  queue: 'stream',
  replaces: true,
  beginsWork: true,
  busyWith: 'a stream being read',
  gate: ({ interval, paused = false }) => new Gate(paused, interval),
  async *run(context, request, gate) {
    const { name, checkpoint, work } = await openModel(context, request);
    const { blueprint } = checkpoint;
    const document = new StreamedDocument(blueprint, work, request);
    const { expected, length: segments } = document;
    const opening = Array.from({ length: Math.min(segments, OPENING_SEGMENTS) }, (_, index) => document.textOf(index));
    // Known before there is a GPU.
    yield { type: 'stream-document', model: factsOf(blueprint, work, name), segments, expected, opening };
    const gpu = await context.device();
    const model = await loadModel(gpu, checkpoint);
    let reader: Stream | undefined;
    try {
      reader = await Stream.create(gpu, model, work, document, request);
      const { blank, othersExpected: others } = reader;
      const { report } = work;
      yield {
        type: 'stream-begin',
        model: factsOf(blueprint, work, name, gpu.bytes),
        segments,
        expected,
        tokens: document.drawn.inputs.length,
        ...(blank ? { blank } : {}),
        ...(others.length > 0 ? { others } : {}),
        ...(report ? { [request.materials?.noise ? 'noise' : 'text']: report } : {}),
      };
      let index = 0;
      const pausing = async function* (): AsyncGenerator<StreamEvent, void, void> {
        yield { type: 'stream-paused', index };
      };
      while (!reader.done && (yield* gate.pass(pausing))) {
        const segment = await reader.next(gate.isPaced ? 1 : MOST_QUESTIONS);
        index = segment.index;
        yield { type: 'stream-segment', ...segment };
      }
      const { answered, untouched, done } = reader;
      yield { type: 'stream-end', expected, finished: done, ...answered, ...(untouched ? { untouched } : {}) };
    } finally {
      reader?.release();
      model.release();
    }
  },
};
