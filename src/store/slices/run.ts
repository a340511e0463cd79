// The run slice: progress, curves and the last checkpoint of the current run, which survives a lost device and is saved in the library.
import type { ModelSource, ReportOf } from '../../protocol/index.ts';
import { configProblem } from '../address.ts';
import { configOfTraining, headOf } from '../checkpoint-header.ts';
import { automaticName, nearestPreset } from '../compare.ts';
import { sentenceOf } from '../error-text.ts';
import { Curves } from '../library/curves.ts';
import { newRunId, type RunId } from '../library/record.ts';
import { withMoreSteps } from '../more-steps.ts';
import type { Outcome, SliceTools } from '../state.ts';
import { noteUnsaved } from '../unsaved.ts';
import { fileNames, materialsFor, materialsForRun } from './materials.ts';
import { availableMaterials, type Opened, openRun } from './opened-run.ts';
import { isTraining, type Launch, noRun, type RunSlice } from './run-state.ts';
import { watchedWith } from './watched.ts';

export function runSlice({ environment, jobs, get, change }: SliceTools<RunSlice>): RunSlice {
  let wantsDownload = false;
  /** Steps requested before the run began. */
  let stepsAfterBegin = 0;
  /** The run being started, until it has begun. */
  let launched: Launch | undefined;
  /** What was shown before that run, in case its preparation is cancelled. */
  let before: Partial<RunSlice> = {};
  let isOpening = false;
  let isWatching = false;

  /** Called with how the current run ended. */
  let over: (outcome: Outcome) => void = () => {};

  /** Start a new run. @returns why it cannot start, if so */
  const startNew = (
    { config, preset }: Pick<Launch, 'config' | 'preset'>,
    { paused = false, from }: { readonly paused?: boolean; readonly from?: ModelSource | undefined } = {},
  ): string | undefined => {
    const problem = configProblem(config) ?? get().estimate.obstacleTo(config, from && get().start.model);
    if (problem) return problem;
    const materials = materialsForRun(config, get().materials.given);
    launch({ id: newRunId(), config, preset, materials, paused, isNew: true, ...(from ? { from } : {}) });
    return undefined;
  };

  const launch = (what: Launch) => {
    const { id, config, materials, resume, checkpoint, from, paused } = what;
    const shown = get().run;
    if (shown.id !== undefined && shown.id !== id) void get().runs.release(shown.id);
    launched = what;
    over = () => {};
    // The session may not hold the former model any more.
    before = { ...shown, error: undefined, onGpu: false };
    change({
      ...noRun,
      status: 'starting',
      id,
      config,
      materials,
      files: fileNames(materials ?? {}),
      // The session may still hold the former model until this one is there.
      model: shown.model,
      suspicions: checkpoint?.suspicions ?? [],
      checkpoint,
      curves: checkpoint ? Curves.from(checkpoint.curves) : new Curves(),
    });
    jobs.begin('train', {
      config,
      ...(materials ? { materials } : {}),
      ...(resume ? { resume } : {}),
      ...(from ? { from } : {}),
      ...(paused ? { paused } : {}),
      ...(isWatching ? { watch: true } : {}),
    });
  };

  /** One at a time; errors are shown with the run. */
  const opening = async (work: () => Promise<void>): Promise<void> => {
    if (isOpening || isTraining(get().run.status)) return;
    change({ error: undefined });
    await alone(work).catch((error: unknown) => change({ error: sentenceOf(error) }));
  };
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    isOpening = true;
    try {
      return await work();
    } finally {
      isOpening = false;
    }
  };

  /** How the run that was just launched ends, once it has. @param launched gets its id now */
  const ending = (launched?: (id: RunId) => void): Promise<Outcome> => {
    const { id } = get().run;
    if (id !== undefined) launched?.(id);
    return new Promise((resolve) => {
      over = resolve;
    });
  };

  /**
   * Resume a run of the library.
   * @param found called with what is stored of it, before it is known whether it can be resumed
   * @throws Error if it cannot be
   */
  const relaunch = async (id: RunId, found: (opened: Opened) => void = () => {}): Promise<void> => {
    const { runs } = get();
    const isMine = await runs.claim(id);
    if (!isMine)
      throw new Error(
        'Another tab is training this run. Stop it there first; you can stream or evaluate it here meanwhile.',
      );
    try {
      const name = runs.find(id)?.name ?? id;
      const opened = await openRun(get, id);
      const { preset, config, progress, curves, bytes, suspicions = [] } = opened;
      const origin = get().runs.find(id)?.origin;
      if (!bytes && origin)
        throw new Error(
          `“${name}” started from ${origin.name} and has no checkpoint yet. Choose that model again under “Start from”, and start a new run.`,
        );
      found(opened);
      launch({
        id,
        config,
        preset,
        materials: availableMaterials(get, id, { ...opened, name }),
        isNew: false,
        // Before the first save there is nothing to resume: the run starts over.
        ...(bytes ? { resume: { name, bytes }, checkpoint: { bytes, progress, curves, suspicions } } : {}),
      });
    } catch (error) {
      void runs.release(id);
      throw error;
    }
  };

  const begin = ({ model, progress, text, origin }: ReportOf<'train-begin'>) => {
    const paused = stepsAfterBegin > 0;
    change({ status: paused ? 'paused' : 'running', model, progress, text, onGpu: true });
    if (paused) jobs.control('train', 'step');
    stepsAfterBegin = 0;
    if (!launched) return;
    const { id, config, preset, materials, resume, isNew } = launched;
    launched = undefined;
    const { runs, run } = get();
    if (!isNew) return void runs.resumed(id);
    const now = Date.now();
    void runs.claim(id);
    void runs.begun({
      id,
      name: automaticName(config, preset, origin),
      preset,
      config,
      noise: materials?.noise,
      files: fileNames(materials ?? {}),
      created: now,
      saved: now,
      state: 'training',
      ...(origin ? { origin } : {}),
      progress,
      validated: undefined,
      checkpoint: undefined,
      deleted: undefined,
    });
    if (!resume) return;
    const state = { bytes: resume.bytes, progress, curves: run.curves.data() };
    change({ checkpoint: state });
    void runs.save(id, state);
  };

  const keep = ({ bytes, progress }: ReportOf<'checkpoint'>) => {
    const { id, curves, checkpoint } = get().run;
    if (wantsDownload) change({ download: bytes });
    wantsDownload = false;
    if (id === undefined || progress.step === 0) return;
    const isSaved = checkpoint && checkpoint.progress.step >= progress.step && !get().runs.saveProblem;
    if (isSaved) return;
    const state = { bytes, progress, curves: curves.data(), suspicions: get().run.suspicions };
    change({ checkpoint: state });
    void get().runs.save(id, state);
  };

  /** A checkpoint could not be taken; training continues. */
  const notSaved = (reason: unknown) => {
    wantsDownload = false;
    change({ error: `The checkpoint could not be saved. ${sentenceOf(reason)} Training continues.` });
  };

  const failed = (reason: unknown) => {
    stepsAfterBegin = 0;
    const { id, progress, checkpoint } = get().run;
    const happened = progress ? `Training stopped at step ${progress.step}.` : 'Training could not start.';
    const safe = checkpoint ? ` The checkpoint from step ${checkpoint.progress.step} is safe.` : '';
    change({ status: 'failed', error: `${happened} ${sentenceOf(reason)}${safe}`, onGpu: false });
    if (id === undefined) return over('failed');
    // A run that never began has not changed.
    if (launched || !progress) void get().runs.release(id);
    else void get().runs.ended(id, 'failed', progress, get().run.suspicions);
    launched = undefined;
    over('failed');
  };

  return {
    ...noRun,
    download: undefined,
    start(paused = false) {
      const begin = (source?: ModelSource) => {
        const error = startNew(get().experiment, { paused, from: source });
        if (error !== undefined) change({ error });
      };
      const { from } = get().experiment.train;
      if (from === undefined) return begin();
      const { status, problem = 'The model to start from is still being read.' } = get().start;
      if (status !== 'ready') return change({ error: problem });
      void opening(async () => begin(await get().models.source(from)));
    },
    async train({ from, ...what }, launched) {
      if (isTraining(get().run.status)) throw new Error('A run is in training. Stop it first.');
      const source = from === undefined ? undefined : await get().models.source(from);
      const problem = startNew(what, { from: source });
      if (problem !== undefined) throw new Error(problem);
      return ending(launched);
    },
    async trainOn(id, launched) {
      if (isOpening || isTraining(get().run.status)) throw new Error('A run is in training. Stop it first.');
      await alone(() => relaunch(id));
      return ending(launched);
    },
    pause() {
      change({ status: 'paused', error: undefined });
      jobs.control('train', 'pause');
    },
    continue() {
      change({ status: 'running', error: undefined });
      jobs.control('train', 'continue');
    },
    step() {
      const { status, start } = get().run;
      if (status === 'running' || status === 'paused') {
        change({ status: 'paused', error: undefined });
        return jobs.control('train', 'step');
      }
      if (status === 'starting') return;
      stepsAfterBegin = 1;
      start(true);
    },
    stop() {
      const { status, id } = get().run;
      change({ error: undefined });
      if (status !== 'starting') return jobs.control('train', 'stop');
      jobs.drop('train');
      launched = undefined;
      stepsAfterBegin = 0;
      change(before);
      if (id !== undefined) void get().runs.release(id);
      over('stopped');
    },
    resume: (wanted) =>
      opening(async () => {
        const id = wanted ?? get().run.id;
        if (id === undefined) return;
        // A file that is missing is asked for beside its settings.
        await relaunch(id, ({ preset, config }) => get().experiment.useRun(preset, config));
      }),
    extend: (steps) =>
      opening(async () => {
        const { id } = get().run;
        if (id === undefined) return;
        const opened = await openRun(get, id);
        const { name, preset, progress, curves, bytes, suspicions = [] } = opened;
        if (!bytes) return;
        const config = withMoreSteps(opened.config, steps);
        const materials = availableMaterials(get, id, opened);
        const { experiment } = get();
        experiment.useRun(preset, config);
        const checkpoint = { bytes, progress, curves, suspicions };
        launch({ id: newRunId(), config, preset, materials, resume: { name, bytes }, checkpoint, isNew: true });
      }),
    show: (id) =>
      opening(async () => {
        const { config, noise, files, state, progress, curves, bytes, suspicions = [] } = await openRun(get, id);
        const before = get().run.id;
        if (before !== undefined && before !== id) void get().runs.release(before);
        // The session still holds another run's model.
        jobs.drop('train');
        change({
          ...noRun,
          status: 'ended',
          id,
          config,
          materials: noise ? { noise } : undefined,
          files,
          progress,
          suspicions,
          curves: Curves.from(curves),
          version: get().run.version + 1,
          finished: state === 'finished',
          checkpoint: bytes && { bytes, progress, curves, suspicions },
        });
      }),
    async resumeFile(file) {
      const { name } = file;
      try {
        const config = configOfTraining(name, await headOf(file));
        const bytes = new Uint8Array(await file.arrayBuffer());
        const preset = nearestPreset(config);
        get().experiment.useRun(preset, config);
        const materials = materialsFor(config.task, get().materials.given);
        launch({ id: newRunId(), config, preset, materials, resume: { name, bytes }, isNew: true });
      } catch (error) {
        change({ error: `${name} cannot be resumed. ${sentenceOf(error)}` });
      }
    },
    watch(wanted) {
      isWatching = wanted;
      jobs.watch('train', wanted);
    },
    clear() {
      const { id } = get().run;
      jobs.drop('train');
      launched = undefined;
      change(noRun);
      if (id !== undefined) void get().runs.release(id);
      over('stopped');
    },
    save() {
      const { checkpoint, onGpu } = get().run;
      change({ error: undefined });
      if (!onGpu && checkpoint) return change({ download: checkpoint.bytes });
      wantsDownload = jobs.control('train', 'checkpoint');
      if (!wantsDownload) change({ error: 'There is no checkpoint to download yet. Start a run first.' });
    },
    autosave() {
      const { id, status, progress, checkpoint } = get().run;
      const isOn = status === 'running' || status === 'paused';
      const step = progress?.step ?? 0;
      if (!isOn || id === undefined || step <= (checkpoint?.progress.step ?? 0)) return;
      // A checkpoint takes a step of the GPU and a write: the page may be gone before. The note is there at once.
      noteUnsaved(environment.notes, id, step);
      jobs.control('train', 'checkpoint');
    },
    downloaded: () => change({ download: undefined }),
    receive(report) {
      const { curves, version, id } = get().run;
      switch (report.type) {
        case 'train-begin':
          return begin(report);
        case 'train-step':
          curves.step(report);
          return change({ progress: report.progress, latest: report, version: version + 1 });
        case 'validation':
          curves.validation(report);
          return change({ version: version + 1 });
        case 'train-paused':
          // The status has already changed: only the progress is new.
          change({ progress: report.progress });
          return get().run.autosave();
        case 'train-end': {
          const { progress, finished, suspicions } = report;
          change({ status: 'ended', progress, finished, suspicions });
          if (id !== undefined) void get().runs.ended(id, finished ? 'finished' : 'stopped', progress, suspicions);
          return over(finished ? 'finished' : 'stopped');
        }
        case 'checkpoint':
          return keep(report);
        case 'suspicions':
          return change({ suspicions: report.suspicions });
        case 'examples':
          return;
        case 'watched': {
          const { reading } = report;
          const watched = watchedWith(get().run.watched, report) ?? get().run.watched;
          return change({ watched, watchProblem: 'problem' in reading ? sentenceOf(reading.problem) : undefined });
        }
        case 'failed':
          return report.during === 'checkpoint' ? notSaved(report) : failed(report);
        default:
          return report satisfies never;
      }
    },
    lost() {
      stepsAfterBegin = 0;
      change({ onGpu: false, ...(isTraining(get().run.status) ? { status: 'lost' as const } : {}) });
      over('failed');
    },
  };
}
