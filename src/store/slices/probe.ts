// The probe slice: what a linear classifier finds in the memory of many documents, and their states in two dimensions.
import type { ModelFacts, ProbedDocuments, ProbePoint, ReportOf, StateProjection } from '../../protocol/index.ts';
import { sentenceOf } from '../error-text.ts';
import { sampledRequest } from '../sampled-request.ts';
import type { JobReport, SliceTools, State } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly probe: ProbeSlice;
  }
}

export interface ProbeSettings {
  /** Undefined: as many as the document on show has, up to 16. */
  readonly segments: number | undefined;
  readonly samples: number;
  readonly seed: number;
  /** λ of the L2 penalty. */
  readonly penalty: number;
  /** The word of a text answer that is predicted, from 1. */
  readonly word: number;
}

/** One probe, as far as it has come. */
export interface ProbeOutcome {
  readonly model: ModelFacts;
  readonly task: string;
  readonly settings: ProbeSettings & { readonly segments: number };
  readonly documents: ProbedDocuments | undefined;
  /** The segments measured, from 0. */
  readonly at: readonly number[];
  readonly points: readonly ProbePoint[];
  readonly projections: readonly StateProjection[];
  readonly status: 'running' | 'finished' | 'stopped';
}

export interface ProbeSlice {
  readonly status: 'idle' | 'starting' | 'reading' | 'fitting' | 'failed';
  readonly error: string | undefined;
  readonly settings: ProbeSettings;
  /** Documents read by the running probe. */
  readonly read: number;
  readonly outcome: ProbeOutcome | undefined;
  set(part: Partial<ProbeSettings>): void;
  /** Probe the model chosen on Stream. */
  start(): Promise<void>;
  stop(): void;
  readonly receive: (report: JobReport<'probe'>) => void;
  lost(message: string): void;
}

/** The length of the documents that are probed. */
export const probedSegments = ({ probe, stream }: Pick<State, 'probe' | 'stream'>): number =>
  probe.settings.segments ?? Math.min(MOST_POINTS, stream.log?.total ?? MOST_POINTS);

/** Segments measured at most: enough for a curve, and each takes two fits. */
const MOST_POINTS = 16;

export function probeSlice({ jobs, get, change }: SliceTools<ProbeSlice>): ProbeSlice {
  let asked: ProbeOutcome['settings'] | undefined;
  const isRunning = () => ['starting', 'reading', 'fitting'].includes(get().probe.status);
  const extend = (part: (outcome: ProbeOutcome) => Partial<ProbeOutcome>) => {
    const { outcome } = get().probe;
    if (outcome) change({ outcome: { ...outcome, ...part(outcome) } });
  };
  const fail = (reason: unknown) => {
    extend(({ status }) => ({ status: status === 'running' ? 'stopped' : status }));
    change({ status: 'failed', error: `The memory could not be probed. ${sentenceOf(reason)}` });
  };
  const begin = ({ model, task }: ReportOf<'probe-begin'>) => {
    if (!asked) return;
    const outcome = { model, task, settings: asked, documents: undefined, at: [], points: [], projections: [] };
    change({ status: 'reading', read: 0, outcome: { ...outcome, status: 'running' } });
  };
  return {
    status: 'idle',
    error: undefined,
    settings: { segments: undefined, samples: 300, seed: 1, penalty: 0.1, word: 1 },
    read: 0,
    outcome: undefined,
    set: (part) => change({ settings: { ...get().probe.settings, ...part } }),
    async start() {
      const { experiment, models } = get();
      const choice = models.resolve(experiment.stream.model);
      if (choice === undefined)
        return change({ status: 'failed', error: 'No model is chosen. Choose one on Stream, then start again.' });
      const id = jobs.reserve('probe');
      change({ status: 'starting', error: undefined });
      try {
        const request = await sampledRequest(get(), choice);
        if (!jobs.isCurrent(id)) return;
        asked = { ...get().probe.settings, segments: probedSegments(get()) };
        const { word, ...settings } = asked;
        jobs.start(id, 'probe', {
          ...request,
          ...settings,
          word: word - 1,
          points: MOST_POINTS,
        });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    stop() {
      if (get().probe.status !== 'starting') return jobs.control('probe', 'stop');
      jobs.drop('probe');
      change({ status: 'idle' });
    },
    receive(report) {
      switch (report.type) {
        case 'probe-begin':
          return begin(report);
        case 'probe-reading':
          return change({ read: report.documents });
        case 'probe-documents': {
          const { type: _, at, ...documents } = report;
          extend(() => ({ at, documents }));
          return change({ status: 'fitting' });
        }
        case 'probe-projection': {
          const { type: _, ...projection } = report;
          return extend(({ projections }) => ({ projections: [...projections, projection] }));
        }
        case 'probe-point': {
          const { type: _, ...point } = report;
          return extend(({ points }) => ({ points: [...points, point] }));
        }
        case 'probe-end':
          extend(() => ({ status: report.finished ? 'finished' : 'stopped' }));
          return change({ status: 'idle' });
        case 'failed':
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      if (isRunning()) fail(message);
    },
  };
}
