// What the tests of runs share: a page on a storage, which trains a tiny run, and the reports of its training.
import { expect } from 'vitest';
import { presetConfig } from '../experiment/presets.ts';
import type { ModelFacts, Report, TrainProgress } from '../protocol/index.ts';
import { memoryStorage, type RunStorage, type Shelf } from '../store/library/storage.ts';
import { createPlayground } from '../store/store.ts';
import { derivedProgress } from '../train/progress.ts';
import type { Job, Wish } from './desk.ts';
import { eventually } from './eventually.ts';
import { encoderFacts } from './facts.ts';
import { Line } from './line.ts';
import { someMetrics } from './metrics.ts';

const model: ModelFacts = { ...encoderFacts, looks: {} };
export const at = (step: number): TrainProgress => ({
  step,
  stage: 0,
  stageStep: step,
  ...derivedProgress(presetConfig('tiny'), 0),
});
export const begin = (step = 0): Report => ({ type: 'train-begin', model, progress: at(step) });
export const step = (n: number): Report => ({
  type: 'train-step',
  progress: at(n),
  batchSegments: 1,
  ...someMetrics({ loss: 1 / n }),
  remaining: 1000,
});
export const steps = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => step(from + i));
export const validation = (n: number, accuracy: number): Report => ({
  type: 'validation',
  progress: at(n),
  segments: 2,
  samples: 8,
  accuracy,
  whole: 0,
  loss: 1,
  commonest: 0.25,
});
/** A training checkpoint's header, which names its step and configuration. */
export const bytesAt = (n: number, config = presetConfig('tiny')) => {
  const training = JSON.stringify({ config, progress: { step: n } });
  const header = new TextEncoder().encode(JSON.stringify({ __metadata__: { training } }));
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
};
export const checkpoint = (n: number): Report => ({ type: 'checkpoint', bytes: bytesAt(n), progress: at(n) });
export const end = (n: number, finished = n === 10): Report => ({
  type: 'train-end',
  progress: at(n),
  finished,
  suspicions: [],
});

/** A page on a storage; two on one shelf are two tabs, or one before and after a reload. */
export async function tab(shelf: Shelf, storage: RunStorage = memoryStorage(shelf)) {
  const posted: (Job | Wish)[] = [];
  const line = new Line(posted);
  const { getState: get } = createPlayground({
    post: line.post,
    fetchFile: async () => Promise.reject(new Error('none')),
    runs: storage,
    obstacle: undefined,
  });
  await get().runs.load();
  const receive = line.receiver(get);
  /** Start a tiny run and train it up to a step that is saved. */
  const train = async (to: number, seed = 1) => {
    get().experiment.choosePreset('tiny');
    get().experiment.setKnob('seed', seed);
    get().run.start();
    const { config } = get().experiment;
    receive(begin(), ...steps(1, to), { ...checkpoint(to), bytes: bytesAt(to, config) } as Report);
    const id = get().run.id ?? '';
    await eventually(() => expect(get().runs.find(id)?.progress.step).toBe(to));
    return id;
  };
  return { get, posted, receive, train, line };
}
/** A tab is closed or crashes: its locks are released. */
export const close = (shelf: Shelf) => {
  shelf.locks.clear();
  shelf.listeners.clear();
};
export const stepsOf = (page: Awaited<ReturnType<typeof tab>>) =>
  page
    .get()
    .run.curves.steps.view()
    .map(({ x, loss }) => [x, loss]);
