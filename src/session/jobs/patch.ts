// Patch: a map of how the answer moves when parts of another document's reading are put into a document's.
import { loadModel } from '../../experiment/workspace.ts';
import { Patching } from '../../inference/patching.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

export const patch: Job<'patch'> = {
  kind: 'patch',
  queue: 'patch',
  replaces: true,
  beginsWork: true,
  busyWith: 'a sweep of patches',
  async *run(context, request, gate) {
    const { checkpoint, work } = await openModel(context, request);
    const model = await loadModel(await context.device(), checkpoint);
    const proceed = () => !gate.stopped;
    let patching: Patching | undefined;
    try {
      patching = await Patching.create(model, work, request, proceed);
      if (patching) {
        const { map, reading } = patching;
        yield { type: 'patch-begin', rows: map.rows, columns: map.columns, ...reading };
        for (let from = 0; from < map.patches.length && proceed(); ) {
          const count = patching.together(from);
          const patched = await patching.read(map.patches.slice(from, from + count), proceed);
          if (!patched) break;
          yield {
            type: 'patch-cells',
            from,
            margins: Float32Array.from(patched, ({ margin }) => margin),
            answer: Float32Array.from(patched, ({ answer }) => answer),
            than: Float32Array.from(patched, ({ than }) => than),
          };
          from += count;
        }
      }
      yield { type: 'patch-end', finished: !gate.stopped };
    } finally {
      patching?.release();
      model.release();
    }
  },
};
