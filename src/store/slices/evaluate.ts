// The evaluation slice: accuracy by number of segments, one result per evaluation.

import type { EvaluateRequest, Reading, ReportOf } from '../../protocol/index.ts';
import { chanceOf, measureOf } from '../../tasks/measures.ts';
import { sentenceOf } from '../error-text.ts';
import { type EvaluateResult, keepResults, keptResults } from '../evaluation-results.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { fileNames } from './materials.ts';

declare module '../state.ts' {
  interface State {
    readonly evaluate: EvaluateSlice;
  }
}

export type { AccuracyPoint, EvaluateResult } from '../evaluation-results.ts';

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
  /** Remove a result from the plot. */
  remove(id: number): void;
  cancel(): void;
  /** Whether the last evaluation was cancelled and can continue with the lengths that are not complete. */
  readonly canResume: boolean;
  /** Continue the cancelled evaluation. */
  resume(): Promise<void>;
  clear(): void;
  readonly receive: (report: JobReport<'evaluate'>) => void;
  lost(message: string): void;
}

export function evaluateSlice({ environment, jobs, get, change }: SliceTools<EvaluateSlice>): EvaluateSlice {
  const kept = keptResults(environment.visit);
  let made = Math.max(0, ...kept.map(({ id }) => id));
  const keep = () => keepResults(environment.visit, get().evaluate.results);
  /** The title of the current model. */
  let label = '';
  let running: { readonly request: EvaluateRequest; readonly knobs: Readonly<Record<string, string>> } | undefined;
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
    const { error, waiting } = get().evaluate;
    const message = `Could not evaluate “${label}”. ${sentenceOf(reason)}`;
    change({ status: 'failed', reading: undefined, error: error === undefined ? message : `${error} ${message}` });
    if (waiting.length > 0) void next();
  };
  /** Start the next waiting model. */
  const next = async (): Promise<void> => {
    const { experiment, models, evaluate } = get();
    const [choice, ...waiting] = evaluate.waiting;
    if (choice === undefined) return;
    const { task, segments, samples, seed, generate } = experiment.evaluate;
    const id = jobs.reserve('evaluate');
    resumes = false;
    label = models.title(choice);
    cancelLast();
    change({ status: 'starting', waiting });
    try {
      const model = await models.source(choice);
      if (!jobs.isCurrent(id)) return;
      const materials = models.materials(choice, task ?? models.card(choice)?.task);
      const request: EvaluateRequest = {
        model,
        ...(task === undefined ? {} : { task }),
        segments,
        samples,
        seed,
        ...(generate ? { generate } : {}),
        ...(materials ? { materials } : {}),
      };
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
    const { segments, samples, materials = {} } = request;
    const result: EvaluateResult = {
      id: ++made,
      label,
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
      const { model, also } = experiment.evaluate;
      const chosen = [models.resolve(model), ...also].filter((choice) => choice !== undefined);
      change({ error: undefined, canResume: false, waiting: [...new Set(chosen)] });
      if (chosen.length > 0) return next();
      change({ status: 'failed', error: 'No model is chosen. Choose a checkpoint, then start again.' });
    },
    remove(id) {
      change({ results: get().evaluate.results.filter((each) => each.id !== id || each.status === 'running') });
      keep();
    },
    cancel() {
      change({ waiting: [] });
      if (get().evaluate.status !== 'starting') return jobs.control('evaluate', 'stop');
      jobs.drop('evaluate');
      change({ status: 'idle' });
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
      const results = get().evaluate.results.filter(({ status }) => status === 'running');
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
            ?.points.filter(({ segments }) => segments !== report.segments);
          const points = [...(others ?? []), { ...figures, generated, f1, positions }];
          change({ reading: undefined });
          replaceLast({ points: points.sort((a, b) => a.segments - b.segments) });
          // A length is done: what took minutes is not lost by a reload.
          if (report.samples === report.wanted) keep();
          return;
        }
        case 'evaluate-reading':
          return change({ reading: { segments: report.segments, reading: report.reading } });
        case 'evaluate-end':
          replaceLast({ status: report.finished ? 'finished' : 'cancelled' });
          keep();
          change({ status: 'idle', reading: undefined, canResume: !report.finished });
          if (report.finished) void next();
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
      change({ waiting: [] });
      if (status !== 'starting' && status !== 'running') return;
      cancelLast();
      refuse(message);
    },
  };
}
