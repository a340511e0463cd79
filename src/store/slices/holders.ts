// The holders slice: which memory token of the chosen model holds what is told of whom.
import type { Holders, ModelFacts, ReportOf } from '../../protocol/index.ts';
import { sentenceOf } from '../error-text.ts';
import { sampledRequest } from '../sampled-request.ts';
import type { JobReport, SliceTools, State } from '../state.ts';
import type { StreamLog } from './stream-log.ts';

declare module '../state.ts' {
  interface State {
    readonly holders: HoldersSlice;
  }
}

export interface HoldersSettings {
  readonly documents: number;
  /** Segments read before something is told. */
  readonly segments: number;
  readonly seed: number;
}

export interface HoldersOutcome {
  readonly model: ModelFacts;
  readonly task: string;
  readonly settings: HoldersSettings;
  readonly found: Holders;
  /** Which model it is: the weights of one that is being trained change, so that of that only this document's hold. */
  readonly of: string;
  readonly log: StreamLog | undefined;
}

export interface HoldersSlice {
  readonly status: 'idle' | 'starting' | 'reading' | 'failed';
  readonly error: string | undefined;
  readonly settings: HoldersSettings;
  /** Documents read by the running measurement. */
  readonly read: number;
  readonly outcome: HoldersOutcome | undefined;
  set(part: Partial<HoldersSettings>): void;
  /** Measure the model chosen on Stream. */
  start(): Promise<void>;
  stop(): void;
  /** Forget what was found. */
  clear(): void;
  readonly receive: (report: JobReport<'holders'>) => void;
  lost(message: string): void;
}

/** What was found of the model of the document on show. */
export function heldIn(
  { holders: { outcome }, experiment, models }: Pick<State, 'holders' | 'experiment' | 'models'>,
  log: StreamLog,
): HoldersOutcome | undefined {
  const choice = models.resolve(experiment.stream.model);
  if (!outcome || choice === undefined || outcome.model.name !== log.model.name) return undefined;
  const isSame = choice === 'training' ? outcome.log === log : outcome.of === models.identity(choice);
  return isSame ? outcome : undefined;
}

export function holdersSlice({ jobs, get, change }: SliceTools<HoldersSlice>): HoldersSlice {
  let begun: Pick<ReportOf<'holders-begin'>, 'model' | 'task'> | undefined;
  let asked: Pick<HoldersOutcome, 'settings' | 'of' | 'log'> | undefined;
  const fail = (reason: unknown) =>
    change({ status: 'failed', error: `The memory tokens could not be compared. ${sentenceOf(reason)}` });
  return {
    status: 'idle',
    error: undefined,
    settings: { documents: 8, segments: 3, seed: 1 },
    read: 0,
    outcome: undefined,
    set: (part) => change({ settings: { ...get().holders.settings, ...part } }),
    async start() {
      const { experiment, models } = get();
      const choice = models.resolve(experiment.stream.model);
      if (choice === undefined)
        return change({ status: 'failed', error: 'No model is chosen. Choose one on Stream, then start again.' });
      const id = jobs.reserve('holders');
      change({ status: 'starting', error: undefined });
      try {
        const request = await sampledRequest(get(), choice);
        if (!jobs.isCurrent(id)) return;
        const { settings } = get().holders;
        asked = { settings, of: models.identity(choice), log: get().stream.log };
        jobs.start(id, 'holders', {
          ...request,
          ...settings,
        });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    stop() {
      if (get().holders.status !== 'starting') return jobs.control('holders', 'stop');
      jobs.drop('holders');
      change({ status: 'idle' });
    },
    clear: () => change({ outcome: undefined }),
    receive(report) {
      switch (report.type) {
        case 'holders-begin': {
          const { model, task } = report;
          begun = { model, task };
          return change({ status: 'reading', read: 0 });
        }
        case 'holders-reading':
          return change({ read: report.documents });
        case 'holders-end': {
          const { found } = report;
          return change({
            status: 'idle',
            ...(found && begun && asked ? { outcome: { ...begun, ...asked, found } } : {}),
          });
        }
        case 'failed':
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      if (get().holders.status === 'starting' || get().holders.status === 'reading') fail(message);
    },
  };
}
