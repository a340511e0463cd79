// The evaluation slice: accuracy by number of segments, and by settings of the task; one result per evaluation.

import type { EvaluateRequest, Reading, ReportOf } from '../../protocol/index.ts';
import { chanceOf, measureOf } from '../../tasks/measures.ts';
import { sentenceOf } from '../error-text.ts';
import { type AccuracyPoint, type EvaluateResult, keepResults, keptResults } from '../evaluation-results.ts';
import type { RunId } from '../library/record.ts';
import type { JobReport, Outcome, SliceTools } from '../state.ts';
import { fileNames } from './materials.ts';
import { runPrefix } from './models.ts';

declare module '../state.ts' {
  interface State {
    readonly evaluate: EvaluateSlice;
  }
}

export type { AccuracyPoint, EvaluateResult } from '../evaluation-results.ts';

/** One model, and what to evaluate it on. */
export interface Asked extends Omit<EvaluateRequest, 'model' | 'materials'> {
  readonly choice: string;
  /** The model's title, if it has a better one than its choice. */
  readonly label?: string;
}

export interface EvaluateSlice {
  readonly status: 'idle' | 'starting' | 'running' | 'failed';
  readonly error: string | undefined;
  /** Oldest first. */
  readonly results: readonly EvaluateResult[];
  /** How far the documents being read have come, while they take long. */
  readonly reading: { readonly segments: number; readonly reading: Reading } | undefined;
  /** Models waiting to be evaluated. */
  readonly waiting: readonly string[];
  /** Evaluate all chosen models, one after the other. */
  start(): Promise<void>;
  /**
   * Evaluate one model on what is asked, after those that wait.
   * @returns how it ended, once it has; its result is the last one then
   */
  measure(asked: Asked): Promise<Outcome>;
  /** Remove a result from the plot. */
  remove(id: number): void;
  cancel(): void;
  /** Whether the last evaluation was cancelled and can continue with the lengths that are not complete. */
  readonly canResume: boolean;
  /** Continue the cancelled evaluation. */
  resume(): Promise<void>;
  /** Remove all results by length; those of Capacity stay. */
  clear(): void;
  readonly receive: (report: JobReport<'evaluate'>) => void;
  lost(message: string): void;
}

type Round = Pick<AccuracyPoint, 'segments' | 'settings'>;
const isSameRound = (a: Round, b: Round) =>
  a.segments === b.segments && JSON.stringify(a.settings) === JSON.stringify(b.settings);

export function evaluateSlice({ environment, jobs, get, change }: SliceTools<EvaluateSlice>): EvaluateSlice {
  const kept = keptResults(environment.visit);
  /** Keep the points of a finished evaluation of a run, on its own task and data, with the run. */
  const keepWithRun = () => {
    const { run, task, points = [], settings } = get().evaluate.results.at(-1) ?? {};
    if (run === undefined || task === undefined || settings) return;
    const { seed = 0 } = running?.request ?? {};
    const kept = points.flatMap(({ segments, right, asked, loss, samples, wanted }) =>
      samples === wanted && Number.isFinite(loss) ? [{ segments, accuracy: right / asked, loss, samples, seed }] : [],
    );
    if (kept.length > 0) void get().runs.evaluated(run, task, kept);
  };
  /** The run of the library that a choice names. */
  const runOf = (choice: string): RunId | undefined =>
    choice === 'training' ? get().run.id : choice.startsWith(runPrefix) ? choice.slice(runPrefix.length) : undefined;
  let made = Math.max(0, ...kept.map(({ id }) => id));
  const keep = () => keepResults(environment.visit, get().evaluate.results);
  /** The title of the current model. */
  let label = '';
  let running: { readonly request: EvaluateRequest; readonly knobs: Readonly<Record<string, string>> } | undefined;
  /** Those to evaluate after the current one, each with what to call when it ends. */
  let queue: (Asked & { readonly over?: (outcome: Outcome) => void })[] = [];
  let over: (outcome: Outcome) => void = () => {};
  const enqueue = (asked: typeof queue) => {
    queue = asked;
    change({ waiting: queue.map(({ choice }) => choice) });
  };
  /** The current one ended. */
  const end = (outcome: Outcome) => {
    const call = over;
    over = () => {};
    call(outcome);
  };
  /** Nothing that waits is evaluated. */
  const drain = () => {
    for (const waiting of queue) waiting.over?.('stopped');
    enqueue([]);
  };
  const isBusy = () => ['starting', 'running'].includes(get().evaluate.status);
  /** The model that was evaluated last, and its result. */
  let latest: { readonly choice: string; readonly request: EvaluateRequest; readonly id?: number } | undefined;
  let resumes = false;
  const replaceLast = (part: Partial<EvaluateResult>) => {
    const { results } = get().evaluate;
    const last = results.at(-1);
    if (last) change({ results: [...results.slice(0, -1), { ...last, ...part }] });
  };
  /** Mark an unfinished result as cancelled. */
  const cancelLast = () => {
    if (get().evaluate.results.at(-1)?.status === 'running') replaceLast({ status: 'cancelled' });
    keep();
  };
  /** Report that the current model could not be evaluated; the waiting ones continue. */
  const refuse = (reason: unknown): void => {
    const { error } = get().evaluate;
    const message = `Could not evaluate “${label}”. ${sentenceOf(reason)}`;
    change({ status: 'failed', reading: undefined, error: error === undefined ? message : `${error} ${message}` });
    end('failed');
    if (!isBusy() && queue.length > 0) void next();
  };
  /** Start the next waiting model. */
  const next = async (): Promise<void> => {
    const { models } = get();
    const [first, ...rest] = queue;
    if (!first) return;
    const { choice, over: call = () => {}, label: given, ...asked } = first;
    const id = jobs.reserve('evaluate');
    resumes = false;
    over = call;
    label = given ?? models.title(choice);
    cancelLast();
    enqueue(rest);
    change({ status: 'starting' });
    try {
      const model = await models.source(choice);
      if (!jobs.isCurrent(id)) return;
      const materials = models.materials(choice, asked.task ?? models.card(choice)?.task);
      const request: EvaluateRequest = { ...asked, model, ...(materials ? { materials } : {}) };
      running = { request, knobs: models.card(choice)?.knobs ?? {} };
      latest = { choice, request };
      jobs.start(id, 'evaluate', request);
    } catch (error) {
      if (jobs.isCurrent(id)) refuse(error);
    }
  };
  const begin = ({ task, unit, model, text }: ReportOf<'evaluate-begin'>) => {
    if (!running) return;
    if (resumes) {
      replaceLast({ status: 'running' });
      return change({ status: 'running' });
    }
    const { request, knobs } = running;
    const { segments, samples, settings, materials = {} } = request;
    const of = latest && runOf(latest.choice);
    const result: EvaluateResult = {
      id: ++made,
      label,
      ...(of === undefined ? {} : { run: of }),
      task,
      measure: measureOf(task),
      unit,
      chance: chanceOf(task, knobs),
      model,
      files: fileNames(materials),
      text,
      points: [],
      segments,
      samples,
      settings,
      status: 'running',
    };
    if (latest) latest = { ...latest, id: result.id };
    change({ status: 'running', results: [...get().evaluate.results, result] });
  };
  return {
    status: 'idle',
    error: undefined,
    results: kept,
    reading: undefined,
    canResume: false,
    waiting: [],
    async start() {
      const { experiment, models } = get();
      const { model, also, task, generate, ...asked } = experiment.evaluate;
      const chosen = [models.resolve(model), ...also].filter((choice) => choice !== undefined);
      const more = { ...(task === undefined ? {} : { task }), ...(generate ? { generate } : {}) };
      change({ error: undefined, canResume: false });
      drain();
      enqueue([...new Set(chosen)].map((choice) => ({ choice, ...more, ...asked })));
      if (chosen.length > 0) return next();
      change({ status: 'failed', error: 'No model is chosen. Choose a checkpoint, then start again.' });
    },
    measure(asked) {
      return new Promise((resolve) => {
        change({ error: undefined, canResume: false });
        enqueue([...queue, { ...asked, over: resolve }]);
        if (!isBusy()) void next();
      });
    },
    remove(id) {
      change({ results: get().evaluate.results.filter((each) => each.id !== id || each.status === 'running') });
      keep();
    },
    cancel() {
      drain();
      if (get().evaluate.status !== 'starting') return jobs.control('evaluate', 'stop');
      jobs.drop('evaluate');
      change({ status: 'idle' });
      end('stopped');
    },
    async resume() {
      const result = get().evaluate.results.at(-1);
      if (!latest || !result || !get().evaluate.canResume || result.id !== latest.id) return;
      const { choice, request } = latest;
      const complete = result.points.filter(({ samples }) => samples === result.samples);
      const done = new Set(complete.map(({ segments }) => segments));
      const id = jobs.reserve('evaluate');
      resumes = true;
      change({ status: 'starting', error: undefined, canResume: false });
      try {
        const model = await get().models.source(choice);
        if (!jobs.isCurrent(id)) return;
        const segments = request.segments.filter((length) => !done.has(length));
        jobs.start(id, 'evaluate', { ...request, model, segments });
      } catch (error) {
        if (jobs.isCurrent(id)) refuse(error);
      }
    },
    clear() {
      const results = get().evaluate.results.filter(({ status, settings }) => status === 'running' || settings);
      change({ error: undefined, canResume: false, results });
      keep();
    },
    receive(report) {
      switch (report.type) {
        case 'evaluate-begin':
          return begin(report);
        case 'evaluate-point': {
          const { type: _, generated, f1, positions, ...figures } = report;
          const others = get()
            .evaluate.results.at(-1)
            ?.points.filter((point) => !isSameRound(point, report));
          const points = [...(others ?? []), { ...figures, generated, f1, positions }];
          change({ reading: undefined });
          // Results at several settings stay in the order of their rounds.
          replaceLast({ points: report.settings ? points : points.sort((a, b) => a.segments - b.segments) });
          // A length is done: what took minutes is not lost by a reload.
          if (report.samples === report.wanted) keep();
          return;
        }
        case 'evaluate-reading':
          return change({ reading: { segments: report.segments, reading: report.reading } });
        case 'evaluate-end':
          replaceLast({ status: report.finished ? 'finished' : 'cancelled' });
          keep();
          if (report.finished) keepWithRun();
          change({ status: 'idle', reading: undefined, canResume: !report.finished && !running?.request.settings });
          end(report.finished ? 'finished' : 'stopped');
          if (report.finished && !isBusy()) void next();
          return;
        case 'failed':
          cancelLast();
          return refuse(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      const { status } = get().evaluate;
      drain();
      if (status !== 'starting' && status !== 'running') return;
      cancelLast();
      refuse(message);
    },
  };
}
