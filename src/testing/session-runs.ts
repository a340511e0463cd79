// Shared by the tests of the session: a tiny run, its complete course, and altered checkpoints. All use models of one
// shape, because every new shape has to compile its pipelines.
import { expect } from 'vitest';
import { parseConfig, type RunConfig } from '../experiment/config.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../models/checkpoint.ts';
import type { ModelSource, Report } from '../protocol/index.ts';
import { tasks } from '../tasks/index.ts';
import type { TimingKey } from '../train/metrics.ts';
import { Desk, type Job, last, type Of, ofType } from './desk.ts';
import { withoutTiming } from './metrics.ts';
import { tinySizes } from './tiny-run.ts';

export type Bytes = Uint8Array<ArrayBuffer>;

/** Two stages of three steps each, with dropout and noise on the memory. */
export const tiny = parseConfig({
  ...tinySizes,
  num_hidden_layers: 2,
  stages: [1, 2],
  stage_steps: [3],
  learning_rate: 0.01,
  validate_every: 2,
  validate_samples: 32,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  memory_noise: 0.2,
});
export const plain: Partial<RunConfig> = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, memory_noise: 0 };
/** More steps than needed, for a run that a test stops. */
export const endless: Partial<RunConfig> = { stage_steps: [100_000], validate_every: 100_000 };

type Start = Job<'train'>;
export const start = (config: Partial<RunConfig> = {}, more: Partial<Start> = {}): Start => ({
  kind: 'train',
  config: { ...tiny, ...config },
  ...more,
});
export const stop = { type: 'stop', of: 'train' } as const;
export const step = { type: 'step', of: 'train' } as const;
export const save = { type: 'checkpoint', of: 'train' } as const;

export const stream = (model: ModelSource, more: Partial<Job<'stream'>> = {}) =>
  ({ kind: 'stream', model, segments: 5, seed: 1, attention: true, ...more }) as const;
export const evaluate = (model: ModelSource, more: Partial<Job<'evaluate'>> = {}) =>
  ({ kind: 'evaluate', model, segments: [1, 2, 3], samples: 70, seed: 1, ...more }) as const;
export const training = { kind: 'training' } as const;
export const taskIds = Object.keys(tasks).join(', ');
export const file = (bytes: Bytes, name = 'run.safetensors') => ({ kind: 'checkpoint', name, bytes }) as const;

/** The outcomes of a run, without its timings. */
export const outcomes = (events: readonly Report[]) =>
  events.flatMap((event): (Of<'validation'> | Omit<Of<'train-step'>, TimingKey | 'remaining'>)[] => {
    if (event.type === 'validation') return [event];
    if (event.type !== 'train-step') return [];
    const { remaining, ...outcome } = event;
    return [withoutTiming(outcome)];
  });

/** An undisturbed run and the checkpoint it ends with; each configuration is run once. */
const wholeRuns = new Map<string, Promise<{ events: Report[]; bytes: Bytes }>>();
export function completeRun(config: Partial<RunConfig> = {}) {
  const key = JSON.stringify(config);
  const known = wholeRuns.get(key);
  if (known) return known;
  const run = new Desk()
    .run(start(config))
    .then((events) => ({ events, bytes: last(ofType(events, 'checkpoint')).bytes }));
  wholeRuns.set(key, run);
  return run;
}

/** Run the first `k` steps one by one; afterwards the run is paused. */
export async function firstSteps(desk: Desk, k: number, config: Partial<RunConfig> = {}): Promise<void> {
  await desk.ask(start(config, { paused: true }), 'train-paused');
  for (let i = 0; i < k; i++) await desk.ask(step, 'train-paused');
}

export function expectSameBytes(got: Bytes, want: Bytes): void {
  expect(got.length).toBe(want.length);
  const at = got.findIndex((byte, i) => byte !== want[i]);
  if (at >= 0) expect.fail(`byte ${at} of ${want.length} differs`);
}

/** A checkpoint with changed parts. */
export function altered(bytes: Bytes, change: (checkpoint: Checkpoint) => Partial<Checkpoint>): Bytes {
  const checkpoint = readCheckpoint(bytes, 'altered');
  const merged = { ...checkpoint, ...change(checkpoint) };
  return writeCheckpoint(
    Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as never,
  );
}

/** The checkpoint with one tensor's numbers replaced. */
export const withTensor = (bytes: Bytes, name: string, values: (i: number, old: number) => number): Bytes =>
  altered(bytes, ({ tensors }) => ({
    tensors: new Map(
      [...tensors].map(([key, { shape, data }]) => [
        key,
        { shape, data: key === name ? data.map((old, i) => values(i, old)) : data },
      ]),
    ),
  }));
