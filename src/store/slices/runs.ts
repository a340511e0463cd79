import { type ComparedRun, comparedOf } from '../compared-run.ts';
import { sentenceOf } from '../error-text.ts';
import { validationsOf } from '../library/curves.ts';
import { mostFileBytes, type RunFromFile, readRunFile, writeRunFile } from '../library/file.ts';
import { isFull, type RunEntry, RunLibrary, type SavedState } from '../library/library.ts';
import { mostNameLength, mostTagLength, mostTags, type RunId, type RunRecord } from '../library/record.ts';
import { megabytes, saveProblemText } from '../save-problem.ts';
import type { SliceTools } from '../state.ts';
import { noteSaved, unsavedSteps } from '../unsaved.ts';
import type { Given } from './materials.ts';
import type { OutgoingFile, RunsSlice } from './runs-state.ts';

export type { ComparedRun, OutgoingFile, RunEntry, RunId, RunRecord, RunsSlice };

/** A valid file name. */
export const fileName = (name: string) => name.replace(/[^\w.-]+/g, '-').replace(/^-+|-+$/g, '') || 'run';

export function runsSlice({ environment, get, change }: SliceTools<RunsSlice>): RunsSlice {
  const library = new RunLibrary(environment.runs);
  let loading: Promise<void> | undefined;
  let refreshing: Promise<void> | undefined;
  let isStale = false;
  /** The state that could not be stored, for the retry. */
  let failedSave: { readonly id: RunId; readonly state: SavedState } | undefined;

  const watched = new Set<RunId>();
  /** Refresh the list when the other tab releases this run or is closed: a closed tab announces nothing. */
  const watch = async (id: RunId) => {
    if (watched.has(id)) return;
    watched.add(id);
    try {
      await library.released(id);
    } catch {
      // The browser has no locks here; the next announcement refreshes the list.
      return;
    }
    watched.delete(id);
    await get().runs.refresh();
  };

  const readAll = async () => {
    try {
      const [entries, elsewhere, space] = await Promise.all([
        library.entries(),
        library.elsewhere(),
        library.space().catch(() => undefined),
      ]);
      change({ entries, elsewhere, space });
      for (const id of elsewhere) void watch(id);
      // The ids are part of the experiment. Removed runs leave the comparison; grown ones are updated.
      const found = new Map((await get().runs.comparable(get().experiment.runs.compared)).map((run) => [run.id, run]));
      // Others may have been chosen meanwhile.
      const before = new Map(get().runs.compared.map((run) => [run.id, run]));
      const compared = get().experiment.runs.compared.flatMap((id) => found.get(id) ?? []);
      if (compared.length > 0 || before.size > 0) change({ compared });
    } catch (error) {
      change({ problem: `Could not list the runs. ${sentenceOf(error)}` });
    }
  };

  /** Perform a user's action, report an error, and refresh the list. */
  const attempt = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    change({ problem: undefined, notice: undefined });
    try {
      return await work();
    } catch (error) {
      change({ problem: isFull(error) ? noRoom : sentenceOf(error) });
      return undefined;
    } finally {
      await get().runs.refresh();
    }
  };
  const noRoom =
    'The storage of this browser is full. Nothing has changed. Delete runs you no longer need (export them first to keep a copy), then try again.';

  /** Store part of a run in training; training continues even if this fails. */
  const store = async (work: () => Promise<void>, id: RunId, saving?: SavedState): Promise<void> => {
    try {
      await work();
      if (saving) {
        failedSave = undefined;
        change({ saveProblem: undefined });
      }
    } catch (error) {
      if (saving) failedSave = { id, state: saving };
      change({ saveProblem: saveProblemText(error, get(), id, saving) });
    }
    await get().runs.refresh();
  };

  /** Add an imported run under a name that is not taken. */
  const add = async ({ record, curves, bytes }: RunFromFile): Promise<void> => {
    const names = new Set(get().runs.entries.map((entry) => entry.record?.name));
    let free = record.name;
    for (let n = 2; names.has(free); n++) free = `${record.name.slice(0, mostNameLength - 8)} (${n})`;
    await library.add({ ...record, name: free }, curves, bytes);
    change({ notice: `Imported “${free}”.` });
  };

  return {
    status: 'loading',
    visitOnly: undefined,
    entries: [],
    elsewhere: new Set(),
    saveProblem: undefined,
    problem: undefined,
    notice: undefined,
    compared: [],
    unsaved: {},
    space: undefined,

    load() {
      loading ??= (async () => {
        const visitOnly = await library.open();
        library.listen(() => void get().runs.refresh());
        await readAll();
        change({ status: 'ready', visitOnly, unsaved: unsavedSteps(environment.notes) });
      })();
      return loading;
    },
    loaded: () => get().runs.load(),
    async refresh() {
      // Nothing to refresh before the first load.
      if (!loading) return;
      isStale = true;
      refreshing ??= (async () => {
        while (isStale) {
          isStale = false;
          await readAll();
        }
        refreshing = undefined;
      })();
      await refreshing;
    },
    find(id) {
      const record = get().runs.entries.find((entry) => entry.id === id)?.record;
      return record?.deleted === undefined ? record : undefined;
    },
    newest: () => get().runs.entries.find(({ record }) => record?.checkpoint && record.deleted === undefined)?.record,
    async read(id) {
      await get().runs.loaded();
      return library.read(id);
    },
    async rename(id, name) {
      const trimmed = name.trim().slice(0, mostNameLength);
      if (trimmed === '' || trimmed === get().runs.find(id)?.name) return;
      await attempt(() => library.edit(id, (record) => ({ ...record, name: trimmed })));
    },
    async tag(id, tags) {
      const kept = [...new Set(tags.map((tag) => tag.trim().slice(0, mostTagLength)))].filter((tag) => tag !== '');
      await attempt(() => library.edit(id, (record) => ({ ...record, tags: kept.slice(0, mostTags) })));
    },
    async evaluated(id, task, points) {
      // The library knows a run whose save the list has not read yet.
      const edit = (record: RunRecord): RunRecord =>
        record.config.task !== task
          ? record
          : {
              ...record,
              evaluated: [
                ...(record.evaluated ?? []).filter(
                  ({ segments }) => !points.some((point) => point.segments === segments),
                ),
                ...points,
              ]
                .sort((a, b) => a.segments - b.segments)
                .slice(0, 64),
            };
      await store(() => library.edit(id, edit), id);
    },
    async setDeleted(id, deleted) {
      await attempt(async () => {
        if (deleted && (await library.elsewhere()).has(id))
          throw new Error('Another tab is training this run. Stop it there first, then delete it.');
        await library.edit(id, (record) => ({ ...record, deleted: deleted ? Date.now() : undefined }));
      });
    },
    async emptyBin() {
      await attempt(async () => {
        for (const { id, record } of get().runs.entries)
          if (record?.deleted !== undefined) {
            await library.remove(id);
            noteSaved(environment.notes, id);
          }
      });
      await get().runs.saveAgain();
    },
    async remove(id) {
      await attempt(() => library.remove(id));
    },
    async showComparison() {
      if (get().experiment.runs.compared.length === 0 && get().runs.compared.length === 0) return;
      await get().runs.loaded();
      await get().runs.refresh();
      const missing = get().experiment.runs.compared.filter((id) => !get().runs.find(id));
      if (missing.length > 0)
        get().experiment.report(
          `The link compares ${missing.length === 1 ? 'a run that is' : `${missing.length} runs that are`} not in this browser (${missing.join(', ')}). The others are shown. To see all of them, import their exported files on the Runs view and choose them again.`,
        );
    },
    async compare(id, wanted) {
      const ids = () => get().experiment.runs.compared.filter((each) => each !== id);
      if (!wanted) {
        get().experiment.setRuns({ compared: ids() });
        return change({
          compared: get().runs.compared.filter((run) => run.id !== id),
          problem: undefined,
          notice: undefined,
        });
      }
      await attempt(async () => {
        const record = get().runs.find(id);
        if (!record) throw new Error(`The run ${id} is not in this browser. Choose one from the list.`);
        const validations = validationsOf(await library.curves(id));
        get().experiment.setRuns({ compared: [...ids(), id] });
        change({ compared: [...get().runs.compared.filter((run) => run.id !== id), comparedOf(record, validations)] });
      });
    },
    async compareAll(ids) {
      const before = get().experiment.runs.compared;
      get().experiment.setRuns({ compared: ids ? [...new Set([...before, ...ids])] : [] });
      if (!ids) change({ compared: [] });
      await get().runs.refresh();
    },
    async comparable(ids) {
      const all = await Promise.all(ids.map((id) => library.curves(id).catch(() => undefined)));
      return ids.flatMap((id, i) => {
        const [record, curves] = [get().runs.find(id), all[i]];
        return record && curves ? [comparedOf(record, validationsOf(curves))] : [];
      });
    },
    exportRun: (id) =>
      attempt(async () => {
        const run = await library.read(id);
        return { name: `${fileName(run.record.name)}.run.json`, content: await writeRunFile(run) };
      }),
    exportCheckpoint: (id) =>
      attempt(async () => {
        const { record, bytes } = await library.read(id);
        if (!bytes) throw new Error(`“${record.name}” has no checkpoint yet. Train it for a few steps first.`);
        return { name: `${fileName(record.name)}.safetensors`, content: new Blob([bytes]) };
      }),
    async importFile(name, file) {
      await attempt(async () => {
        await get().runs.loaded();
        if (/\.safetensors$/i.test(name))
          throw new Error(
            `${name} is a checkpoint, not an exported run (.json). To continue from it, use “Resume from file…” on the Train view.`,
          );
        if (file.size > mostFileBytes)
          throw new Error(`${name} has ${megabytes(file.size)}; at most ${megabytes(mostFileBytes)} can be imported.`);
        await add(await readRunFile(await file.text(), name));
      });
    },
    async importFiles(files) {
      const { importFile, loaded } = get().runs;
      let isReturned = false;
      await attempt(async () => {
        await loaded();
        // Loaded with the first file: most visits open none.
        const { returnedAmong } = await import('../../torch/returned-files.ts');
        const returned = await returnedAmong(files);
        if (!returned) return;
        isReturned = true;
        const { readReturned } = await import('../library/returned.ts');
        await add(await readReturned(returned));
      });
      const [file] = files;
      if (!isReturned && !get().runs.problem && file) await importFile(file.name, file);
    },
    async protectStorage() {
      await attempt(async () => {
        if (!(await library.persist()))
          throw new Error(
            'The browser declined to protect this storage. Export anything you cannot lose. Browsers usually agree once a page is bookmarked, installed or often visited.',
          );
      });
    },
    async saveAgain() {
      if (failedSave) await get().runs.save(failedSave.id, failedSave.state);
    },
    dismissProblem: () => change({ problem: undefined }),

    async claim(id) {
      await get().runs.loaded();
      return library.claim(id);
    },
    async release(id) {
      await library.release(id);
      await get().runs.refresh();
    },
    begun: (record) => store(() => library.begin(record), record.id),
    resumed: (id) => store(() => library.edit(id, (record) => ({ ...record, state: 'training' })), id),
    save: (id, state) =>
      store(
        async () => {
          await library.save(id, state);
          noteSaved(environment.notes, id, state.progress.step);
        },
        id,
        state,
      ),
    async ended(id, how, progress, suspicions) {
      await store(
        () =>
          library.edit(id, (record) => ({
            ...record,
            suspicions,
            // A run counts as finished only if its last step is saved.
            state: how === 'finished' && record.progress.step !== progress.step ? 'stopped' : how,
          })),
        id,
      );
      await get().runs.release(id);
    },
  };
}

/** The materials of a stored run: its own noise text, and files given again. */
export function materialsOfRun({ noise, files }: Pick<RunRecord, 'noise' | 'files'>, given: Given): Given {
  return files.length > 0 ? { ...given, noise } : { noise };
}
