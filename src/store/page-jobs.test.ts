// The page accepts reports only from the newest job of each kind.
import { describe, expect, it } from 'vitest';
import type { Event, Failed, JobKind, Report } from '../protocol/index.ts';
import type { Job, Wish } from '../testing/desk.ts';
import { encoderFacts, manifestOf } from '../testing/facts.ts';
import { kindOf, Line } from '../testing/line.ts';
import { detectModel } from '../testing/starting-point.ts';
import { memoryStorage } from './library/storage.ts';
import { slicesOf } from './slices/index.ts';
import type { JobReport, State } from './state.ts';
import { createPlayground } from './store.ts';

const model = encoderFacts;
const progress = { step: 1, steps: 10, stage: 0, stages: 1, stageStep: 1, stageSteps: 10, segments: 1 };
const probe = { matmulGflops: 2, matmulSize: 256, copyGBs: 3 };
const facts = { vendor: 'v', architecture: 'a', description: 'd', software: true, features: [], limits: {} };
const speed = { matmulGflops: 10, copyGBs: 20, dispatchMicroseconds: 30 };
const request = {
  shape: { kind: 'encoder', layers: 1, width: 8, heads: 2, inner: 8, memory: 1 },
  segment: 8,
  longest: 16,
  runs: 1,
  seconds: 1,
} as const;
const of = { model: 'rmt-bert', kernels: 'small' } as const;
const segment = {
  type: 'stream-segment',
  index: 0,
  words: ['a', 'b'],
  marks: [],
  memory: Float32Array.of(1, 0, 0, 0),
  probabilities: Float32Array.of(1),
  write: new Float32Array(6),
  read: new Float32Array(6),
  milliseconds: 1,
  gpuBytes: 5,
} as const;
const importReport = {
  format: 'f',
  model: 'rmt-bert',
  description: 'd',
  parameters: 1,
  renamed: [],
  leftOut: [],
  initialised: [],
  assumed: [],
  converted: {},
  config: {},
} as const;
const folder = {
  model: 'rmt-bert',
  task: 'memorize',
  parameters: 1,
  step: 0,
  steps: 2,
  samples: 3,
  reads: 3,
  validationSamples: 1,
  hasMoments: false,
} as const;
const estimate = {
  type: 'estimate',
  parameters: 10,
  bytes: { weights: 1, gradients: 1, optimiser: 2, activations: 3, validation: 1, checkpoint: 4, total: 12 },
  tokens: 1000,
  steps: 400,
  milliseconds: 2000,
  speed,
  obstacle: undefined,
} as const;
const failed = (during: Failed['during']): Failed => ({ type: 'failed', during, message: 'x: no', status: 1 });

/** How each kind of job is started on the page, and some of its reports; a new kind does not compile without an entry. */
const kinds: {
  readonly [K in JobKind]: {
    readonly start: (state: State) => void | Promise<void>;
    readonly reports: readonly JobReport<K>[];
  };
} = {
  connect: {
    start: ({ device }) => device.connect(),
    reports: [{ type: 'device', device: facts, details: {} as never }, failed('connect')],
  },
  describe: {
    start: async ({ start }) => {
      await start.choose(undefined);
      await start.choose('detect.safetensors');
    },
    reports: [{ type: 'describe-end', model: detectModel }, failed('describe')],
  },
  estimate: { start: ({ estimate: asked }) => asked.ask(), reports: [estimate, failed('estimate')] },
  train: {
    start: ({ run }) => run.start(),
    reports: [
      { type: 'train-begin', model, progress },
      { type: 'examples', progress, segments: 1, items: [] },
      { type: 'checkpoint', bytes: Uint8Array.of(1), progress },
      { type: 'train-end', progress, finished: false, suspicions: [] },
      failed('checkpoint'),
      failed('train'),
    ],
  },
  stream: {
    start: ({ stream }) => stream.start(),
    reports: [
      { type: 'stream-begin', model, segments: 4, expected: 'kitchen', tokens: 8 },
      segment,
      { type: 'stream-end', answer: 'a', expected: 'a', finished: true },
      failed('stream'),
    ],
  },
  capture: {
    start: ({ capture }) => capture.start(true),
    reports: [
      { type: 'capture-begin', segments: 2 },
      { type: 'capture-progress', read: 1 },
      { type: 'capture-end', bytes: Uint8Array.of(1), adapter: 'a' },
      failed('capture'),
    ],
  },
  look: {
    start: ({ look }) => look.read([0]),
    reports: [{ type: 'look-segment', index: 0, attention: new Float32Array(1) }, { type: 'look-end' }, failed('look')],
  },
  attribute: {
    start: ({ attribute }) => attribute.start(),
    reports: [
      { type: 'attribute-progress', phase: 'backward', segments: 1 },
      { type: 'attribute-end', finished: true },
      failed('attribute'),
    ],
  },
  patch: {
    start: ({ patch }) => patch.start({ other: { seed: 2 }, sweep: { kind: 'memory' } }),
    reports: [{ type: 'patch-end', finished: true }, failed('patch')],
  },
  inspect: {
    start: ({ inspect }) =>
      inspect.read({ source: 'stream', segment: 0, tensor: { part: 'hidden', layer: 0, gradient: false } }),
    reports: [
      {
        ...{ type: 'inspect-end', model, index: 0, words: [], part: 'hidden', layer: 0, gradient: false },
        ...{ shape: [1, 1], values: new Float32Array(1) },
      },
      failed('inspect'),
    ],
  },
  evaluate: {
    start: ({ evaluate }) => evaluate.start(),
    reports: [
      { type: 'evaluate-begin', model, task: 'detect' },
      {
        type: 'evaluate-point',
        segments: 1,
        right: 1,
        asked: 1,
        whole: 1,
        samples: 1,
        wanted: 1,
        loss: 1,
        commonest: 1,
        suspicions: [],
      },
      { type: 'evaluate-end', finished: true },
      failed('evaluate'),
    ],
  },
  generate: {
    start: ({ generate }) => generate.start(),
    reports: [
      { type: 'generate-begin', model, prompt: [], expected: [] },
      { type: 'generate-word', word: 'a', probability: 1, segments: 1 },
      { type: 'generate-end', finished: true },
      failed('generate'),
    ],
  },
  lens: {
    start: ({ lens }) => lens.start(),
    reports: [
      { type: 'lens-begin' },
      { type: 'lens-segment', index: 0, columns: [] },
      { type: 'lens-end', finished: true },
      failed('lens'),
    ],
  },
  associations: {
    start: ({ associations }) => associations.start(),
    reports: [
      { type: 'associations-begin' },
      { type: 'associations-segment', index: 0, layers: [] },
      { type: 'associations-end', finished: true },
      failed('associations'),
    ],
  },
  probe: {
    start: ({ probe }) => probe.start(),
    reports: [
      { type: 'probe-begin', model, task: 'detect' },
      { type: 'probe-reading', documents: 1, samples: 2 },
      { type: 'probe-end', finished: true },
      failed('probe'),
    ],
  },
  holders: {
    start: ({ holders }) => holders.start(),
    reports: [
      { type: 'holders-begin', model, task: 'detect' },
      { type: 'holders-reading', documents: 1 },
      {
        type: 'holders-end',
        found: { subjects: ['mary'], values: ['kitchen'], tokens: 1, variance: Float32Array.of(1) },
      },
      failed('holders'),
    ],
  },
  import: {
    start: ({ imports }) => void imports.begin({ choice: 'file:m', name: 'm', files: [] }, {}),
    reports: [{ type: 'import-end', report: importReport, bytes: 8, answers: 'class' }, failed('import')],
  },
  export: {
    start: ({ takeHome }) => takeHome.take(undefined, undefined),
    reports: [{ type: 'export-end', zip: Uint8Array.of(1), facts: folder }, failed('export')],
  },
  bench: {
    start: ({ bench }) => bench.start(),
    reports: [
      { type: 'bench-begin', device: facts, kernels: '', probe, cases: [], leftOut: [] },
      { type: 'bench-end', finished: true },
      failed('bench'),
    ],
  },
  measure: {
    start: ({ compute }) => compute.start(),
    reports: [
      { type: 'measure-begin', request, lengths: [8] },
      { type: 'measure-end', finished: true },
      failed('measure'),
    ],
  },
  check: {
    start: ({ check }) => check.start(),
    reports: [
      { type: 'check-begin', probe, tolerance: 1, cases: [of] },
      { type: 'check-end', finished: true },
      failed('check'),
    ],
  },
  tune: {
    start: ({ tune }) => tune.start(),
    reports: [{ type: 'tune-begin' }, { type: 'tune-end', finished: true, details: {} as never }, failed('tune')],
  },
};

/** A page with a GPU, a model and a stream: everything can be started. */
async function ready() {
  const posted: (Job | Wish)[] = [];
  const line = new Line(posted);
  const { getState: get } = createPlayground({
    post: line.post,
    fetchFile: async (path) =>
      path.endsWith('.json') ? new TextEncoder().encode(JSON.stringify(manifestOf(4))) : Uint8Array.of(1, 2, 3),
    runs: memoryStorage(),
    obstacle: undefined,
  });
  const receive = line.receiver(get);
  await get().models.load();
  get().device.connect();
  receive(...kinds.connect.reports.slice(0, 1));
  await get().stream.start();
  receive(...kinds.stream.reports.slice(0, 3));
  posted.length = 0;
  return { get, line, posted, receive };
}

describe.each(Object.keys(kinds) as JobKind[])('%s', (kind) => {
  const { start }: { readonly start: (state: State) => void | Promise<void> } = kinds[kind];
  const reports: readonly Report[] = kinds[kind].reports;

  it.each(reports.map((report) => [report.type, report] as const))(
    'is changed by its own %s only',
    async (_type, report) => {
      expect(kindOf(report)).toBe(kind);
      const { get, line } = await ready();
      await start(get());
      const replaced = line.idOf(kind);
      await start(get());
      const current = line.idOf(kind);
      expect(current).not.toBe(replaced);
      // A report of this type needs the earlier ones.
      for (const before of reports.slice(0, reports.indexOf(report)))
        if (before.type.endsWith('-begin')) get().receive({ ...before, id: current } as Event);
      const state = get();
      for (const id of [replaced, 0, 1e6]) get().receive({ ...report, id } as Event);
      expect(get()).toBe(state);
      get().receive({ ...report, id: current } as Event);
      expect(get()).not.toBe(state);
    },
  );

  it('is stopped when another replaces it, unless it is over', async () => {
    const { get, posted, receive } = await ready();
    await start(get());
    await start(get());
    expect(posted.filter((each) => 'type' in each)).toEqual([{ type: 'stop', of: kind }]);
    receive(failed(kind));
    posted.length = 0;
    await start(get());
    expect(posted.filter((each) => 'type' in each)).toEqual([]);
  });

  it('has a slice that receives its reports', () => {
    expect(slicesOf(kind).length).toBeGreaterThan(0);
  });
});

describe('a job whose request is still being prepared', () => {
  it('is not started after it was stopped', async () => {
    const { get, posted } = await ready();
    const starting = get().evaluate.start();
    get().evaluate.cancel();
    await starting;
    expect(posted).toEqual([]);
    expect(get().evaluate.status).toBe('idle');
  });
});

describe('the progress of reading a file', () => {
  it('is cleared with the job that reads it', async () => {
    const { get, receive } = await ready();
    await get().evaluate.start();
    receive({ type: 'reading', name: 'book.txt', share: 0.25 });
    expect(get().materials.reading).toEqual({ name: 'book.txt', share: 0.25 });
    get().evaluate.cancel();
    expect(get().materials.reading).toBeUndefined();
  });
});
