// The capture slice: the document on Stream, read from its beginning and saved as one file with all that the model computes.
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { fileName, type OutgoingFile } from './runs.ts';
import { documentRequest } from './stream.ts';

declare module '../state.ts' {
  interface State {
    readonly capture: CaptureSlice;
  }
}

export interface CaptureSlice {
  readonly status: 'idle' | 'reading' | 'done' | 'failed';
  readonly error: string | undefined;
  /** Segments read, and of how many; undefined while the model is prepared. */
  readonly progress: { readonly read: number; readonly segments: number } | undefined;
  /** Bytes of the last file. */
  readonly size: number | undefined;
  /** A file waiting to be saved. */
  readonly download: OutgoingFile | undefined;
  /** @param attention include that of all layers and heads */
  start(attention: boolean): Promise<void>;
  stop(): void;
  downloaded(): void;
  readonly receive: (report: JobReport<'capture'>) => void;
  lost(message: string): void;
}

export function captureSlice({ jobs, get, change }: SliceTools<CaptureSlice>): CaptureSlice {
  let name = '';
  const fail = (reason: unknown) =>
    change({ status: 'failed', error: `The stream could not be saved. ${sentenceOf(reason)}` });
  return {
    status: 'idle',
    error: undefined,
    progress: undefined,
    size: undefined,
    download: undefined,
    async start(attention) {
      const { log } = get().stream;
      if (!log) return;
      const id = jobs.reserve('capture');
      change({ status: 'reading', error: undefined, progress: undefined, size: undefined });
      try {
        const request = await documentRequest(get());
        if (!jobs.isCurrent(id) || !request) return;
        const { changes = [] } = get().experiment.stream;
        name = fileName(`${log.model.name} ${log.total} segments seed ${request.seed}`);
        jobs.start(id, 'capture', { ...request, attention, ...(changes.length > 0 ? { interventions: changes } : {}) });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    stop() {
      jobs.drop('capture');
      change({ status: 'idle' });
    },
    downloaded: () => change({ download: undefined }),
    receive(report) {
      switch (report.type) {
        case 'capture-begin':
          return change({ progress: { read: 0, segments: report.segments } });
        case 'capture-progress': {
          const { progress } = get().capture;
          return change({ progress: progress && { ...progress, read: report.read } });
        }
        case 'capture-end': {
          const { bytes } = report;
          if (!bytes) return change({ status: 'idle' });
          const download = { name: `${name}.safetensors`, content: new Blob([bytes]) };
          return change({ status: 'done', size: bytes.length, download });
        }
        case 'failed':
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      if (get().capture.status === 'reading') fail(message);
    },
  };
}
