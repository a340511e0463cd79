// The inspect slice: one tensor of a segment, of the document on Stream or of the run in training, read when it is due.
import type { TensorChoice } from '../../analysis/tensor-parts.ts';
import type { DocumentRequest, ReportOf } from '../../protocol/index.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { documentRequest } from './stream.ts';

declare module '../state.ts' {
  interface State {
    readonly inspect: InspectSlice;
  }
}

/** What is read: the document on Stream, or the one that the run in training reads at its validations. */
export type TensorSource = 'stream' | 'training';

export interface TensorWanted {
  readonly source: TensorSource;
  readonly segment: number;
  readonly tensor: TensorChoice;
}

export interface TensorShown extends TensorWanted {
  readonly seen: ReportOf<'inspect-end'>;
  /** The step of the run, if it is the model of one. */
  readonly step: number | undefined;
}

export interface InspectSlice {
  readonly status: 'idle' | 'reading' | 'failed';
  readonly error: string | undefined;
  /** What is being read, or was read last. */
  readonly wanted: TensorWanted | undefined;
  readonly shown: TensorShown | undefined;
  /** Which of the two is looked at, if there are both. */
  readonly source: TensorSource;
  setSource(source: TensorSource): void;
  /** The step of the last validation of a run in training: its weights have changed since the one before. */
  readonly validated: number | undefined;
  read(wanted: TensorWanted): Promise<void>;
  readonly receive: (report: JobReport<'inspect'> | JobReport<'train'>) => void;
  lost(message: string): void;
}

export function inspectSlice({ jobs, get, change }: SliceTools<InspectSlice>): InspectSlice {
  const fail = (reason: unknown) =>
    change({ status: 'failed', error: `This tensor could not be read. ${sentenceOf(reason)}` });
  const requestFor = async (source: TensorSource): Promise<DocumentRequest | undefined> => {
    if (source === 'stream') return documentRequest(get());
    const { config, materials } = get().run;
    if (!config) return undefined;
    return {
      model: await get().models.source('training'),
      segments: Math.max(...config.stages),
      seed: config.seed,
      ...(materials ? { materials } : {}),
    };
  };
  return {
    status: 'idle',
    error: undefined,
    wanted: undefined,
    shown: undefined,
    source: 'stream',
    setSource: (source) => change({ source }),
    validated: undefined,
    async read(wanted) {
      const { source, segment: index, tensor } = wanted;
      const { log } = get().stream;
      const id = jobs.reserve('inspect');
      change({ status: 'reading', error: undefined, wanted });
      try {
        const request = await requestFor(source);
        if (!jobs.isCurrent(id)) return;
        if (!request) throw new Error('There is no model to read it with.');
        const memory = source === 'stream' && index > 0 ? log?.shelf.get(index)?.before : undefined;
        jobs.start(id, 'inspect', { ...request, tensor, at: { index, ...(memory ? { memory } : {}) } });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    receive(report) {
      switch (report.type) {
        case 'inspect-end': {
          const { wanted } = get().inspect;
          const step = wanted?.source === 'training' ? get().inspect.validated : undefined;
          if (wanted) change({ status: 'idle', shown: { ...wanted, seen: report, step } });
          return;
        }
        case 'validation':
          return change({ validated: report.progress.step });
        case 'train-begin':
          return change({ validated: undefined });
        case 'failed':
          if (report.during === 'inspect') fail(report);
          return;
        default:
          return;
      }
    },
    lost(message) {
      if (get().inspect.status === 'reading') fail(message);
    },
  };
}
