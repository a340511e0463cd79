// The take-home slice: a run of this browser, or the current settings, as a folder for PyTorch.
import type { FolderFacts } from '../../protocol/index.ts';
import { configProblem } from '../address.ts';
import { automaticName } from '../compare.ts';
import { sentenceOf } from '../error-text.ts';
import type { RunId } from '../library/record.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { materialsForRun } from './materials.ts';
import { availableMaterials, openRun } from './opened-run.ts';
import { fileName, type OutgoingFile } from './runs.ts';

declare module '../state.ts' {
  interface State {
    readonly takeHome: TakeHomeSlice;
  }
}

export interface TakeHomeSlice {
  readonly status: 'idle' | 'working' | 'done' | 'failed';
  /** The run that is taken, or was last; undefined for the current settings. */
  readonly id: RunId | undefined;
  readonly error: string | undefined;
  /** What the last folder holds. */
  readonly facts: FolderFacts | undefined;
  /** An archive waiting to be downloaded. */
  readonly download: OutgoingFile | undefined;
  /**
   * Make the folder of a run, or of the current settings from the start.
   * @param samples for training; undefined for all that the run reads, at most 100,000
   */
  take(id: RunId | undefined, samples: number | undefined): Promise<void>;
  downloaded(): void;
  readonly receive: (report: JobReport<'export'>) => void;
}

export function takeHomeSlice({ jobs, get, change }: SliceTools<TakeHomeSlice>): TakeHomeSlice {
  let folder = 'rmt';
  return {
    status: 'idle',
    id: undefined,
    error: undefined,
    facts: undefined,
    download: undefined,
    async take(id, samples) {
      change({ status: 'working', id, error: undefined, facts: undefined });
      const job = jobs.reserve('export');
      const wanted = samples === undefined ? {} : { samples };
      try {
        if (id === undefined) {
          const { config, preset } = get().experiment;
          const problem = configProblem(config);
          if (problem) throw new Error(problem);
          folder = fileName(automaticName(config, preset));
          const materials = materialsForRun(config, get().materials.given);
          const { from: choice } = get().experiment.train;
          const from = choice === undefined ? {} : { from: await get().models.source(choice) };
          return jobs.start(job, 'export', { folder, config, ...(materials ? { materials } : {}), ...from, ...wanted });
        }
        const opened = await openRun(get, id);
        const { name, config, bytes } = opened;
        folder = fileName(name);
        const origin = get().runs.find(id)?.origin;
        if (!bytes && origin)
          throw new Error(
            `“${name}” started from ${origin.name} and has no checkpoint yet. Train it for a few steps first.`,
          );
        const materials = availableMaterials(get, id, opened);
        jobs.start(job, 'export', {
          folder,
          config,
          ...(bytes ? { file: { name: `${folder}.safetensors`, bytes } } : {}),
          ...(materials ? { materials } : {}),
          ...wanted,
        });
      } catch (error) {
        if (jobs.isCurrent(job)) change({ status: 'failed', error: sentenceOf(error) });
      }
    },
    downloaded: () => change({ download: undefined }),
    receive(report) {
      if (report.type === 'failed') return change({ status: 'failed', error: sentenceOf(report) });
      const { zip, facts } = report;
      change({ status: 'done', facts, download: { name: `${folder}.zip`, content: new Blob([zip]) } });
    },
  };
}
