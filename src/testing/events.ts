// Events of a session, for tests that replay them: an adapter, the stream of a document, a training run.
import type { DeviceDetails, DeviceFacts, ModelFacts, Report, ReportOf, TrainProgress } from '../protocol/index.ts';
import { encoderFacts } from './facts.ts';
import { someMetrics } from './metrics.ts';

export const softwareDevice: { readonly device: DeviceFacts; readonly details: DeviceDetails } = {
  device: {
    vendor: 'google',
    architecture: 'swiftshader',
    description: '',
    software: true,
    features: ['subgroups'],
    limits: {},
  },
  details: {
    info: { vendor: 'google', architecture: 'swiftshader' },
    features: ['subgroups', 'bgra8unorm-storage'],
    limits: { maxBindGroups: 4, maxStorageBufferBindingSize: 134_217_728 },
    kernels: {
      product: { small: 'registers', large: 'subgroups' },
      attention: { small: 'rows', large: 'quads' },
      chosenBy: 'facts',
    },
  },
};

const places = ['bathroom', 'hallway', 'garden', 'office', 'bedroom', 'kitchen'];
/** An encoder with two memory tokens that answers with a place. */
export const placeModel: ModelFacts = {
  ...encoderFacts,
  memTokens: 2,
  classes: places,
  looks: { write: { rows: 2, columns: 8 }, read: { rows: 8, columns: 2 } },
  positions: 8,
  front: 4,
};
/** A decoder that answers with the words of a text. */
export const copyModel: ModelFacts = {
  ...placeModel,
  kind: 'RMT, decoder',
  answers: 'tokens',
  task: 'copy',
  segmentSize: 4,
  front: 2,
  classes: [],
};

/** The start of the stream of a document. */
export const streamBegin = (
  segments: number,
  more: Partial<ReportOf<'stream-begin'>> = {},
): ReportOf<'stream-begin'> => ({
  type: 'stream-begin',
  model: placeModel,
  segments,
  expected: 'kitchen',
  tokens: 2 * segments,
  ...more,
});

/** One segment of a document: two words, and the probability of each place after it. */
export const streamSegment = (
  index: number,
  more: Partial<ReportOf<'stream-segment'>> = {},
): ReportOf<'stream-segment'> => ({
  type: 'stream-segment',
  index,
  words: ['john', 'went'],
  marks: [],
  memory: Float32Array.of(1, index, 0, 0, 0, 1, index, 0),
  probabilities: Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.1, 0.5),
  write: new Float32Array(16).fill(1 / 8),
  read: new Float32Array(16).fill(1 / 2),
  milliseconds: 3,
  gpuBytes: 4096,
  ...more,
});

export const streamEnd = (more: Partial<ReportOf<'stream-end'>> = {}): ReportOf<'stream-end'> => ({
  type: 'stream-end',
  answer: 'kitchen',
  expected: 'kitchen',
  finished: true,
  ...more,
});

/** A complete document: a fact in the second segment, the question in the last. */
export function document(segments: number, end: Partial<ReportOf<'stream-end'>> = {}): Report[] {
  return [
    streamBegin(segments),
    ...Array.from({ length: segments }, (_, index) =>
      streamSegment(index, {
        marks:
          index === 1
            ? [{ kind: 'fact', start: 0, end: 2 }]
            : index === segments - 1
              ? [{ kind: 'question', start: 0, end: 2 }]
              : [],
      }),
    ),
    streamEnd(end),
  ];
}

/** The progress of a run of two stages after `step` steps. */
export const progressAt = (step: number, steps = 40): TrainProgress => ({
  step,
  steps,
  stage: step * 2 > steps ? 1 : 0,
  stages: 2,
  stageStep: step,
  stageSteps: steps / 2,
  segments: step * 2 > steps ? 2 : 1,
});

export const trainBegin = (progress = progressAt(0)): ReportOf<'train-begin'> => ({
  type: 'train-begin',
  model: placeModel,
  progress,
});

export const trainStep = (step: number, steps = 40): ReportOf<'train-step'> => ({
  type: 'train-step',
  progress: progressAt(step, steps),
  batchSegments: 1,
  ...someMetrics({ loss: 1.25, tokensPerSecond: 100 }),
  remaining: 30_000,
});

export const validation = (step: number, accuracy: number, segments = 1): ReportOf<'validation'> => ({
  type: 'validation',
  progress: progressAt(step),
  segments,
  samples: 16,
  accuracy,
  whole: accuracy,
  loss: 1 - accuracy,
  commonest: 0.25,
});
