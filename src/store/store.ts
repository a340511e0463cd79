// The store: its slices put together, and every event of the session handed to the slice it concerns.
import { createStore, type StoreApi } from 'zustand/vanilla';
import { benchSlice } from './slices/bench.ts';
import { checkSlice } from './slices/check.ts';
import { deviceSlice } from './slices/device.ts';
import { estimateSlice } from './slices/estimate.ts';
import { evaluateSlice } from './slices/evaluate.ts';
import { examplesSlice } from './slices/examples.ts';
import { experimentSlice } from './slices/experiment.ts';
import { generateSlice } from './slices/generate.ts';
import { lookSlice } from './slices/look.ts';
import { materialsSlice } from './slices/materials.ts';
import { computeSlice } from './slices/measure.ts';
import { modelsSlice } from './slices/models.ts';
import { offlineSlice } from './slices/offline.ts';
import { runSlice } from './slices/run.ts';
import { runsSlice } from './slices/runs.ts';
import { streamSlice } from './slices/stream.ts';
import type { Outside, SliceTools, State } from './state.ts';

export function createPlayground(outside: Outside): StoreApi<State> {
  return createStore<State>()((set, get) => {
    type SliceName = Exclude<keyof State, 'receive'>;
    const tools = <N extends SliceName>(name: N): SliceTools<State[N]> => ({
      outside,
      get,
      change: (part) => set((state) => ({ [name]: { ...state[name], ...part } }) as unknown as Partial<State>),
    });
    return {
      device: deviceSlice(tools('device')),
      experiment: experimentSlice(tools('experiment')),
      materials: materialsSlice(tools('materials')),
      models: modelsSlice(tools('models')),
      run: runSlice(tools('run')),
      runs: runsSlice(tools('runs')),
      estimate: estimateSlice(tools('estimate')),
      examples: examplesSlice(tools('examples')),
      stream: streamSlice(tools('stream')),
      look: lookSlice(tools('look')),
      generate: generateSlice(tools('generate')),
      evaluate: evaluateSlice(tools('evaluate')),
      bench: benchSlice(tools('bench')),
      compute: computeSlice(tools('compute')),
      check: checkSlice(tools('check')),
      offline: offlineSlice(tools('offline')),
      receive(event) {
        const { device, materials, run, estimate, examples, stream, look, generate, evaluate, bench, compute, check } =
          get();
        // Files are read before a job begins: whatever comes next of it, that is over.
        if (event.type.endsWith('-begin') || event.type === 'failed') materials.read();
        switch (event.type) {
          case 'device':
            return device.found(event.device, event.details);
          case 'failed':
            switch (event.during) {
              case 'connect':
                return device.refused(event.message);
              case 'estimate':
                return estimate.failed(event.message);
              case 'train':
                return run.failed(event.message);
              case 'checkpoint':
                return run.notSaved(event.message);
              case 'stream':
                return stream.failed(event.message);
              case 'look':
                return look.failed(event.message);
              case 'evaluate':
                return evaluate.failed(event.message);
              case 'generate':
                return generate.failed(event.message);
              case 'bench':
                return bench.failed(event.message);
              case 'measure':
                return compute.failed(event.message);
              case 'check':
                return check.failed(event.message);
              default:
                return event.during satisfies never;
            }
          case 'device-lost':
            device.lost(event.message);
            run.lost();
            materials.read();
            stream.lost(event.message);
            look.lost(event.message);
            generate.lost(event.message);
            bench.lost(event.message);
            compute.lost(event.message);
            check.lost(event.message);
            return evaluate.lost(event.message);
          case 'reading':
            return materials.progress(event);
          case 'estimate':
            return estimate.answered(event);
          case 'train-begin':
            run.begin(event);
            examples.forget();
            return estimate.begin();
          case 'train-step':
            run.stepped(event);
            return estimate.stepped(event);
          case 'examples':
            return examples.take(event);
          case 'validation':
            return run.validated(event);
          case 'train-paused':
            return run.paused(event.progress);
          case 'train-end':
            run.end(event);
            return estimate.end();
          case 'checkpoint':
            return run.keep(event);
          case 'stream-begin':
            return stream.begin(event);
          case 'stream-segment':
            return stream.segment(event);
          case 'stream-paused':
            return; // the buttons already say so
          case 'stream-end':
            return stream.end(event);
          case 'look-begin':
            return look.begin();
          case 'look-segment':
            return look.segment(event);
          case 'look-end':
            return look.end();
          case 'evaluate-begin':
            return evaluate.begin(event);
          case 'evaluate-point':
            return evaluate.point(event);
          case 'evaluate-end':
            return evaluate.end(event.finished);
          case 'generate-begin':
            return generate.begin(event);
          case 'generate-word':
            return generate.word(event);
          case 'generate-end':
            return generate.end(event);
          case 'bench-begin':
            return bench.begin(event);
          case 'bench-progress':
            return bench.progress(event);
          case 'bench-row':
            return bench.row(event);
          case 'bench-refused':
            return bench.refused(event);
          case 'bench-end':
            return bench.end(event.finished);
          case 'measure-begin':
            return compute.begin(event);
          case 'measure-progress':
            return compute.progress(event);
          case 'measure-point':
            return compute.point(event);
          case 'measure-limit':
            return compute.limit(event);
          case 'measure-end':
            return compute.end(event.finished);
          case 'check-begin':
            return check.begin(event);
          case 'check-progress':
            return check.progress(event);
          case 'check-result':
            return check.found(event);
          case 'check-end':
            return check.end(event.finished);
          default:
            event satisfies never;
        }
      },
    };
  });
}
