// Capture: reads a document from its beginning, and makes one file of all that the model computes of it.
import { loadModel } from '../../experiment/workspace.ts';
import { Capture } from '../../inference/capture.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

/** Milliseconds between two reports. */
const REPORT = 250;

export const capture: Job<'capture'> = {
  kind: 'capture',
  queue: 'capture',
  replaces: true,
  beginsWork: true,
  async *run(context, request, gate) {
    const { name, checkpoint, work } = await openModel(context, request);
    const gpu = await context.device();
    const model = await loadModel(gpu, checkpoint);
    let reading: Capture | undefined;
    try {
      reading = await Capture.create(gpu, model, work, request, name);
      yield { type: 'capture-begin', segments: reading.length };
      let reported = performance.now();
      for (let read = 1; !reading.done && !gate.stopped; read++) {
        await reading.next();
        if (performance.now() - reported < REPORT) continue;
        reported = performance.now();
        yield { type: 'capture-progress', read };
      }
      yield { type: 'capture-end', ...(reading.done ? { bytes: reading.bytes } : {}), adapter: gpu.name };
    } finally {
      reading?.release();
      model.release();
    }
  },
};
