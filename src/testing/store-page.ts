// A page's state without a page or a session, for tests: models, reports of a run and a stream, and a store on a shelf.
import type { ModelFacts, Report, TrainProgress } from '../protocol/index.ts';
import { memoryStorage, type Shelf } from '../store/library/storage.ts';
import type { Environment } from '../store/state.ts';
import { createPlayground } from '../store/store.ts';
import type { Job, Wish } from './desk.ts';
import { encoderFacts, manifestOf } from './facts.ts';
import { Line } from './line.ts';
import { someMetrics } from './metrics.ts';

export const classes = ['bathroom', 'hallway', 'garden', 'office', 'bedroom', 'kitchen'];
export const model: ModelFacts = { ...encoderFacts, classes };
export const decoder: ModelFacts = {
  ...model,
  kind: 'RMT, decoder',
  answers: 'tokens',
  task: 'copy',
  positions: 4,
  front: 1,
  looks: { write: { rows: 1, columns: 4 }, read: { rows: 4, columns: 1 } },
  classes: [],
};
export const progress: TrainProgress = {
  step: 3,
  steps: 10,
  stage: 0,
  stages: 2,
  stageStep: 3,
  stageSteps: 5,
  segments: 1,
};
export const manifest = manifestOf(48);
export const at = (step: number): TrainProgress => ({ ...progress, step });
export const segmentEvent = (index: number): Report => ({
  type: 'stream-segment',
  index,
  words: ['a', 'b'],
  marks: index === 1 ? [{ kind: 'fact', start: 0, end: 1 }] : [],
  memory: Float32Array.of(1, index, 0, 0),
  probabilities: Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.1, 0.5),
  write: new Float32Array(6),
  read: new Float32Array(6),
  milliseconds: 1,
  gpuBytes: 5,
});
export const stepEvent = (step: number, stage = 0): Report => ({
  type: 'train-step',
  progress: { ...progress, step, stage, segments: stage + 1 },
  batchSegments: 1,
  ...someMetrics(),
  remaining: 1000,
});

/**
 * @param posted receives the page's requests
 * @param shelf  the browser's storage; two pages on one shelf are two tabs, or one tab before and after a reload
 */
export function openPage(posted: (Job | Wish)[], shelf: Shelf, changed: Partial<Environment> = {}) {
  const line = new Line(posted);
  const { getState: get } = createPlayground({
    post: line.post,
    fetchFile: async (path) =>
      path.endsWith('.json') ? new TextEncoder().encode(JSON.stringify(manifest)) : Uint8Array.of(1, 2, 3),
    runs: memoryStorage(shelf),
    obstacle: undefined,
    ...changed,
  });
  return { get, receive: line.receiver(get), line };
}
