// Opens a run of the library: its stored state and the files that it reads.
import type { RunConfig } from '../../experiment/config.ts';
import type { PresetName } from '../../experiment/presets.ts';
import type { Materials, Suspicion, TrainProgress } from '../../protocol/index.ts';
import { automaticName } from '../compare.ts';
import type { CurvesData } from '../library/curves.ts';
import type { RunId, RunState } from '../library/record.ts';
import type { State } from '../state.ts';
import { fileNames, materialsFor } from './materials.ts';
import { materialsOfRun } from './runs.ts';

/** A run of the library, ready to be shown or resumed. */
export interface Opened {
  readonly name: string;
  readonly preset: PresetName;
  readonly config: RunConfig;
  readonly noise: Materials['noise'];
  readonly files: readonly string[];
  readonly state: RunState;
  readonly progress: TrainProgress;
  readonly curves: CurvesData;
  readonly suspicions?: readonly Suspicion[];
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

/** The stored state of a run; for the current run this tab may have a newer state in memory. */
export async function openRun(get: () => State, id: RunId): Promise<Opened> {
  const stored = await get()
    .runs.read(id)
    .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
  const { run, runs, experiment } = get();
  const mine = run.id === id ? run.checkpoint : undefined;
  const step = stored instanceof Error || !stored.bytes ? -1 : stored.record.progress.step;
  if (mine && run.config && mine.progress.step > step) {
    const { config, files, materials } = run;
    const { name = automaticName(config, experiment.preset), preset = experiment.preset } = runs.find(id) ?? {};
    return { name, preset, config, noise: materials?.noise, files, state: 'stopped', ...mine };
  }
  if (stored instanceof Error) throw stored;
  if (stored.record.deleted !== undefined)
    throw new Error(`“${stored.record.name}” is deleted. Restore it on the Runs view first.`);
  return { ...stored.record, ...stored };
}

/**
 * The user's files that a run reads: files of this visit are available, those of an earlier visit have to be given again.
 * @throws Error naming the missing files
 */
export function availableMaterials(
  get: () => State,
  id: RunId,
  { name, config, noise, files }: Opened,
): Materials | undefined {
  if (noise) get().materials.give({ noise });
  const lacks = (own: Materials = {}) => files.filter((file) => !fileNames(own).includes(file));
  const { run, materials } = get();
  const own =
    run.id === id && lacks(run.materials).length === 0
      ? run.materials
      : materialsFor(config.task, materialsOfRun({ noise, files }, materials.given));
  const missing = lacks(own);
  if (missing.length > 0)
    throw new Error(
      `“${name}” reads ${missing.join(' and ')}, which this browser does not keep. Choose the same ${missing.length === 1 ? 'file' : 'files'} again next to the task, then resume.`,
    );
  return own;
}
