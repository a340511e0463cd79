// Evaluations: accuracy by number of segments, one result for each time one was started.

import type { Command, Event, ModelFacts } from '../../protocol/index.ts';
import { chanceOf, type Measure, measureOf } from '../../tasks/measures.ts';
import { messageOf } from '../address.ts';
import { Latest } from '../latest.ts';
import type { SliceTools } from '../state.ts';
import { fileNames } from './materials.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'evaluate-start' }>;

export interface AccuracyPoint {
  readonly segments: number;
  readonly right: number;
  /** Answers asked for: one a sample, or words of the answers. */
  readonly asked: number;
  /** Samples with every answer right. */
  readonly whole: number;
  /** Samples whose answer the model wrote rightly by itself, if it was let. */
  readonly generated: number | undefined;
  /** Where the answer is a class: macro F1. */
  readonly f1: number | undefined;
  readonly samples: number;
  readonly wanted: number;
  /** Mean cross-entropy of an answer, in nats. */
  readonly loss: number;
  /** Language modelling, once all samples are in: the loss at every position. */
  readonly positions: Float32Array | undefined;
}

export interface EvaluateResult {
  readonly id: number;
  readonly label: string;
  readonly task: string;
  readonly measure: Measure;
  /** What a text is cut into, for language modelling. */
  readonly unit: string | undefined;
  /** Accuracy of guessing, where there is such a thing. */
  readonly chance: number | undefined;
  readonly model: ModelFacts;
  /** Files of the visitor's that were read. */
  readonly files: readonly string[];
  readonly points: readonly AccuracyPoint[];
  readonly segments: readonly number[];
  readonly samples: number;
  readonly status: 'running' | 'finished' | 'cancelled';
}

export interface EvaluateSlice {
  readonly status: 'idle' | 'starting' | 'running' | 'failed';
  readonly error: string | undefined;
  /** Oldest first. */
  readonly results: readonly EvaluateResult[];
  /** Models that are still to be evaluated after the one being evaluated. */
  readonly waiting: readonly string[];
  /** Evaluate every model chosen, one after the other. */
  start(): Promise<void>;
  /** Take one result off the plot. */
  remove(id: number): void;
  cancel(): void;
  clear(): void;
  begin(event: Of<'evaluate-begin'>): void;
  point(event: Of<'evaluate-point'>): void;
  end(finished: boolean): void;
  failed(message: string): void;
  lost(message: string): void;
}

export function evaluateSlice({ outside, get, change }: SliceTools<EvaluateSlice>): EvaluateSlice {
  const latest = new Latest<Start>(outside.post);
  let made = 0;
  let attempts = 0;
  let running:
    | { readonly label: string; readonly command: Start; readonly knobs: Readonly<Record<string, string>> }
    | undefined;
  const replaceLast = (part: Partial<EvaluateResult>) => {
    const { results } = get().evaluate;
    const last = results.at(-1);
    if (last) change({ results: [...results.slice(0, -1), { ...last, ...part }] });
  };
  /** Say that one could not be evaluated; those after it have their turn all the same. */
  const refuse = (message: string): void => {
    const { error, waiting } = get().evaluate;
    change({ status: 'failed', error: error === undefined ? message : `${error} · ${message}` });
    if (waiting.length > 0) void next();
  };
  /** Begin with the first of those that wait. */
  const next = async (): Promise<void> => {
    const { experiment, models, evaluate } = get();
    const [choice, ...waiting] = evaluate.waiting;
    if (choice === undefined) return;
    const { task, segments, samples, seed, generate } = experiment.evaluate;
    const attempt = ++attempts;
    change({ status: 'starting', waiting });
    try {
      const model = await models.source(choice);
      if (attempt !== attempts) return;
      const materials = models.materials(choice, task ?? models.card(choice)?.task);
      const command: Start = {
        type: 'evaluate-start',
        model,
        ...(task === undefined ? {} : { task }),
        segments,
        samples,
        seed,
        ...(generate ? { generate } : {}),
        ...(materials ? { materials } : {}),
      };
      running = { label: models.title(choice), command, knobs: models.card(choice)?.knobs ?? {} };
      latest.start(command);
    } catch (error) {
      if (attempt === attempts) refuse(messageOf(error));
    }
  };
  return {
    status: 'idle',
    error: undefined,
    results: [],
    waiting: [],
    async start() {
      const { experiment, models } = get();
      const { model, also } = experiment.evaluate;
      const chosen = [models.resolve(model), ...also].filter((choice) => choice !== undefined);
      change({ error: undefined, waiting: [...new Set(chosen)] });
      if (chosen.length > 0) return next();
      change({ status: 'failed', error: 'model: none is chosen (expected a checkpoint)' });
    },
    remove: (id) =>
      change({ results: get().evaluate.results.filter((each) => each.id !== id || each.status === 'running') }),
    cancel() {
      attempts++;
      change({ waiting: [] });
      latest.drop();
      outside.post({ type: 'evaluate-stop' });
      if (get().evaluate.status === 'starting') change({ status: 'idle' });
    },
    clear: () => change({ results: get().evaluate.results.filter(({ status }) => status === 'running') }),
    begin({ task, unit, model }) {
      if (!latest.answered() || !running) return;
      if (get().evaluate.status === 'idle') return outside.post({ type: 'evaluate-stop' });
      const { label, command, knobs } = running;
      const { segments, samples, materials = {} } = command;
      const result: EvaluateResult = {
        id: ++made,
        label,
        task,
        measure: measureOf(task),
        unit,
        chance: chanceOf(task, knobs),
        model,
        files: fileNames(materials),
        points: [],
        segments,
        samples,
        status: 'running',
      };
      change({ status: 'running', results: [...get().evaluate.results, result] });
    },
    point({ segments, right, asked, whole, generated, f1, samples, wanted, loss, positions }) {
      const points = get().evaluate.results.at(-1)?.points;
      if (latest.replacing || !points) return;
      const others = points.filter((point) => point.segments !== segments);
      const point = { segments, right, asked, whole, generated, f1, samples, wanted, loss, positions };
      replaceLast({ points: [...others, point].sort((a, b) => a.segments - b.segments) });
    },
    end(finished) {
      if (get().evaluate.results.at(-1)?.status === 'running')
        replaceLast({ status: finished ? 'finished' : 'cancelled' });
      if (latest.replacing) return;
      change({ status: 'idle' });
      if (finished) void next();
    },
    failed(message) {
      if (latest.replacing && !latest.answered()) return;
      if (get().evaluate.results.at(-1)?.status === 'running') replaceLast({ status: 'cancelled' });
      refuse(message);
    },
    lost(message) {
      const { status, failed } = get().evaluate;
      change({ waiting: [] });
      if (status === 'starting' || status === 'running') failed(message);
    },
  };
}
