// Evaluations: accuracy by number of segments, one result for each time one was started.
import { findTask } from '../tasks/index.ts';
import type { Command, Event } from '../train/protocol.ts';
import { messageOf } from './address.ts';
import { Latest } from './latest.ts';
import type { SliceTools } from './state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'evaluate-start' }>;

export interface AccuracyPoint {
  readonly segments: number;
  readonly right: number;
  readonly samples: number;
  readonly wanted: number;
}

export interface EvaluateResult {
  readonly id: number;
  readonly label: string;
  readonly task: string;
  /** Accuracy of guessing. */
  readonly chance: number;
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
  start(): Promise<void>;
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
  let running: { readonly label: string; readonly command: Start } | undefined;
  const replaceLast = (part: Partial<EvaluateResult>) => {
    const { results } = get().evaluate;
    const last = results.at(-1);
    if (last) change({ results: [...results.slice(0, -1), { ...last, ...part }] });
  };
  return {
    status: 'idle',
    error: undefined,
    results: [],
    async start() {
      const { experiment, models } = get();
      const { task, segments, samples, seed } = experiment.evaluate;
      const choice = models.resolve(experiment.evaluate.model);
      if (choice === undefined)
        return change({ status: 'failed', error: 'model: none is chosen (expected a checkpoint)' });
      const attempt = ++attempts;
      change({ status: 'starting', error: undefined });
      try {
        const model = await models.source(choice);
        if (attempt !== attempts) return;
        const command: Start = {
          type: 'evaluate-start',
          model,
          ...(task === undefined ? {} : { task }),
          segments,
          samples,
          seed,
        };
        const bundled = models.bundled.find(({ file }) => file === choice);
        const label = bundled?.title ?? (choice === 'training' ? 'My model' : choice.replace(/^file:/, ''));
        running = { label, command };
        latest.start(command);
      } catch (error) {
        if (attempt === attempts) change({ status: 'failed', error: messageOf(error) });
      }
    },
    cancel() {
      attempts++;
      latest.drop();
      outside.post({ type: 'evaluate-stop' });
      if (get().evaluate.status === 'starting') change({ status: 'idle' });
    },
    clear: () => change({ results: get().evaluate.results.filter(({ status }) => status === 'running') }),
    begin({ task }) {
      if (!latest.answered() || !running) return;
      if (get().evaluate.status === 'idle') return outside.post({ type: 'evaluate-stop' });
      const { label, command } = running;
      const { segments, samples } = command;
      const chance = 1 / findTask(task).classes.length;
      const result: EvaluateResult = {
        id: ++made,
        label,
        task,
        chance,
        points: [],
        segments,
        samples,
        status: 'running',
      };
      change({ status: 'running', results: [...get().evaluate.results, result] });
    },
    point({ segments, right, samples, wanted }) {
      const points = get().evaluate.results.at(-1)?.points;
      if (latest.replacing || !points) return;
      const others = points.filter((point) => point.segments !== segments);
      replaceLast({
        points: [...others, { segments, right, samples, wanted }].sort((a, b) => a.segments - b.segments),
      });
    },
    end(finished) {
      if (get().evaluate.results.at(-1)?.status === 'running')
        replaceLast({ status: finished ? 'finished' : 'cancelled' });
      if (!latest.replacing) change({ status: 'idle' });
    },
    failed(message) {
      if (latest.replacing && !latest.answered()) return;
      if (get().evaluate.results.at(-1)?.status === 'running') replaceLast({ status: 'cancelled' });
      change({ status: 'failed', error: message });
    },
    lost(message) {
      const { status, failed } = get().evaluate;
      if (status === 'starting' || status === 'running') failed(message);
    },
  };
}
