// Attribution: which words and which memories of the document on show the answer depends on.
import type { AttributedSegment, AttributionProgress, AttributionSettings, ReportOf } from '../../protocol/index.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { documentRequest } from './stream.ts';

declare module '../state.ts' {
  interface State {
    readonly attribute: AttributeSlice;
  }
}

/** The answer that is explained. */
export type Explained = Omit<ReportOf<'attribute-begin'>, 'type'>;

export interface AttributeSlice {
  readonly status: 'idle' | 'running' | 'ended' | 'stopped' | 'failed';
  readonly error: string | undefined;
  readonly progress: AttributionProgress | undefined;
  readonly explained: Explained | undefined;
  /** By index; those without a path to the answer are missing. */
  readonly segments: ReadonlyMap<number, AttributedSegment>;
  /** Explain the answer of the document on show. */
  start(settings?: AttributionSettings): Promise<void>;
  stop(): void;
  /** Clear: another stream is shown. */
  clear(): void;
  readonly receive: (report: JobReport<'attribute'>) => void;
  lost(message: string): void;
}

export function attributeSlice({ jobs, get, change }: SliceTools<AttributeSlice>): AttributeSlice {
  const nothing = { progress: undefined, explained: undefined, segments: new Map() } as const;
  const fail = (reason: unknown) =>
    change({ ...nothing, status: 'failed', error: `The answer could not be attributed. ${sentenceOf(reason)}` });
  return {
    status: 'idle',
    error: undefined,
    ...nothing,
    async start(settings = {}) {
      const id = jobs.reserve('attribute');
      change({ ...nothing, status: 'running', error: undefined });
      try {
        const request = await documentRequest(get());
        if (!jobs.isCurrent(id)) return;
        if (!request) return change({ status: 'idle' });
        jobs.start(id, 'attribute', { ...request, ...settings });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    stop() {
      // What it found so far is of no use without the rest.
      jobs.drop('attribute');
      change({ ...nothing, status: 'stopped' });
    },
    clear() {
      jobs.drop('attribute');
      change({ ...nothing, status: 'idle', error: undefined });
    },
    receive(report) {
      switch (report.type) {
        case 'attribute-progress':
          return change({ progress: { phase: report.phase, segments: report.segments } });
        case 'attribute-begin': {
          const { type: _, ...explained } = report;
          return change({ explained });
        }
        case 'attribute-segment':
          return change({ segments: new Map(get().attribute.segments).set(report.index, report) });
        case 'attribute-end':
          return change(report.finished ? { status: 'ended' } : { ...nothing, status: 'stopped' });
        case 'failed':
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      if (get().attribute.status === 'running') fail(message);
    },
  };
}
