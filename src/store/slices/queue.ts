// The queue slice: runs that are trained one after the other, each an ordinary run of the library. It is kept in this
// browser; one tab at a time works through it.
import { isSameRun } from '../../experiment/sweep.ts';
import { sentenceOf } from '../error-text.ts';
import { keepQueue, keptQueue, type QueueItem } from '../queue-items.ts';
import type { JobReport, Outcome, SliceTools } from '../state.ts';
import { isDone, planOfSweep } from '../sweep-plan.ts';
import { runPrefix } from './models.ts';
import { isTraining } from './run-state.ts';

declare module '../state.ts' {
  interface State {
    readonly queue: QueueSlice;
  }
}

export type { QueueItem };

export interface QueueSlice {
  /** `running`: it takes the next run by itself. */
  readonly status: 'paused' | 'running';
  readonly items: readonly QueueItem[];
  /** Why it does not run, if something is in its way. */
  readonly problem: string | undefined;
  /** Read it from this browser, unless this tab works through it. */
  load(): void;
  /** Add the runs of the configured sweep that are not done yet, and start. */
  addSweep(): Promise<void>;
  start(): Promise<void>;
  /** Stop after saving what is in training; `start` continues it. */
  pause(): void;
  remove(id: number): Promise<void>;
  /** Move a waiting run one place towards the front (-1) or the end (1). */
  move(id: number, by: -1 | 1): Promise<void>;
  /** Remove those that are finished or have failed. */
  clear(): Promise<void>;
  readonly receive: (report: JobReport<'train'>) => void;
}

/** The name under which a tab claims the queue, as it claims a run. */
export const queueClaim = 'queue';

const isAtWork = ({ state }: QueueItem) => state === 'training' || state === 'evaluating';

export function queueSlice({ environment, get, change }: SliceTools<QueueSlice>): QueueSlice {
  /** Whether a run of the queue is being worked on. */
  let isWorking = false;
  const keep = (items: readonly QueueItem[]) => {
    change({ items });
    keepQueue(environment.notes, items);
  };
  const update = (id: number, part: Partial<QueueItem>) =>
    keep(get().queue.items.map((item) => (item.id === id ? { ...item, ...part } : item)));

  /** Change the queue, unless another tab works through it. */
  const edit = async (work: (items: readonly QueueItem[]) => readonly QueueItem[]): Promise<boolean> => {
    if (get().queue.status === 'running') {
      keep(work(get().queue.items));
      return true;
    }
    if (!(await get().runs.claim(queueClaim))) {
      change({ problem: 'Another tab works through the queue. Change it there, or pause it there first.' });
      return false;
    }
    get().queue.load();
    keep(work(get().queue.items));
    change({ problem: undefined });
    await get().runs.release(queueClaim);
    return true;
  };

  const train = async ({ id, config, preset, from, run }: QueueItem): Promise<Outcome> => {
    const launched = (begun: string) => update(id, { state: 'training', run: begun });
    const record = get().runs.find(run);
    if (record?.state === 'finished') return 'finished';
    if (record) return get().run.trainOn(record.id, launched);
    return get().run.train({ config, preset, ...(from === undefined ? {} : { from }) }, launched);
  };

  const evaluate = async ({ id, evaluate: how, run }: QueueItem): Promise<Outcome> => {
    if (!how || how.lengths.length === 0 || run === undefined) return 'finished';
    update(id, { state: 'evaluating' });
    const { lengths: segments, samples } = how;
    const isHere = get().run.id === run && get().run.onGpu;
    const choice = `${runPrefix}${run}`;
    const label = get().models.title(choice);
    const asked = { choice: isHere ? 'training' : choice, label, segments, samples, seed: 1 };
    const outcome = await get().evaluate.measure(asked);
    if (outcome === 'failed') throw new Error(get().evaluate.error);
    return outcome;
  };

  /** @returns whether the next one can follow */
  const carryOut = async (first: QueueItem): Promise<boolean> => {
    const { id } = first;
    const now = () => get().queue.items.find((item) => item.id === id) ?? first;
    try {
      const trained = await train(first);
      if (trained === 'failed') throw new Error(get().run.error ?? 'The connection to the GPU was lost.');
      const outcome = trained === 'finished' ? await evaluate(now()) : trained;
      update(id, { state: outcome === 'finished' ? 'finished' : 'waiting' });
      if (outcome === 'stopped' && get().queue.status === 'running')
        change({ problem: 'The queue is paused, because its run was stopped. Resuming the queue continues that run.' });
      return outcome === 'finished';
    } catch (error) {
      // What a lost device interrupts continues later.
      if (get().device.status !== 'ready') {
        update(id, { state: 'waiting' });
        change({ problem: 'The queue is paused, because the connection to the GPU was lost.' });
        return false;
      }
      update(id, { state: 'failed', problem: sentenceOf(error) });
      return true;
    }
  };

  const end = async () => {
    change({ status: 'paused' });
    await get().runs.release(queueClaim);
  };

  /** Take one run after the other, while nothing else trains. */
  const work = async () => {
    if (isWorking) return;
    isWorking = true;
    try {
      while (get().queue.status === 'running') {
        const next = get().queue.items.find(({ state }) => state === 'waiting');
        if (!next) break;
        // It continues when that run ends.
        if (isTraining(get().run.status)) return;
        if (get().capacity.status !== 'idle') {
          change({ problem: 'The queue is paused, because Capacity trains and evaluates. Start it again afterwards.' });
          break;
        }
        if (!(await carryOut(next))) break;
      }
      await end();
    } finally {
      isWorking = false;
    }
  };

  return {
    status: 'paused',
    items: keptQueue(environment.notes),
    problem: undefined,
    load() {
      if (get().queue.status === 'running' || !environment.notes) return;
      change({ items: keptQueue(environment.notes) });
    },
    async addSweep() {
      await get().runs.loaded();
      const { experiment, runs } = get();
      const { preset, train: settings } = experiment;
      const { runs: planned, problem } = planOfSweep(experiment, runs.entries);
      if (problem !== undefined) return change({ problem });
      const { from, lengths, samples } = settings;
      const left = planned.filter((each) => !isDone(each, settings));
      const added = await edit((items) => {
        const before = Math.max(0, ...items.map(({ id }) => id));
        const isPlanned = (item: QueueItem) => left.some(({ config }) => isSameRun(config, item.config));
        // What has failed is tried again; what waits already is not added twice.
        const kept = items.filter((item) => item.state !== 'finished' && !(item.state === 'failed' && isPlanned(item)));
        const added = left.filter(({ config }) => !kept.some((item) => isSameRun(config, item.config)));
        return [
          ...kept,
          ...added.map(
            ({ config, record }, i): QueueItem => ({
              id: before + 1 + i,
              preset,
              config,
              ...(from === undefined ? {} : { from }),
              ...(lengths.length > 0 ? { evaluate: { lengths, samples } } : {}),
              ...(record && !runs.elsewhere.has(record.id) ? { run: record.id } : {}),
              state: 'waiting',
            }),
          ),
        ];
      });
      if (added) await get().queue.start();
    },
    async start() {
      if (get().queue.status === 'running') return work();
      if (get().device.status !== 'ready') return change({ problem: 'Training needs a GPU.' });
      if (!(await get().runs.claim(queueClaim)))
        return change({ problem: 'Another tab works through the queue. Pause it there first.' });
      get().queue.load();
      change({ status: 'running', problem: undefined });
      await work();
    },
    pause() {
      const item = get().queue.items.find(isAtWork);
      change({ status: 'paused' });
      if (item?.state === 'training' && get().run.id === item.run) get().run.stop();
      else if (item?.state === 'evaluating') get().evaluate.cancel();
      if (!isWorking) void get().runs.release(queueClaim);
    },
    async remove(id) {
      await edit((items) => items.filter((item) => item.id !== id || isAtWork(item)));
    },
    async move(id, by) {
      await edit((items) => {
        const from = items.findIndex((item) => item.id === id);
        const to = from + by;
        const [one, other] = [items[from], items[to]];
        if (one?.state !== 'waiting' || other?.state !== 'waiting') return items;
        return items.map((item, i) => (i === from ? other : i === to ? one : item));
      });
    },
    async clear() {
      await edit((items) => items.filter(({ state }) => state !== 'finished' && state !== 'failed'));
    },
    receive(report) {
      // Another run was in its way.
      if (report.type === 'train-end' || report.type === 'failed') if (get().queue.status === 'running') void work();
    },
  };
}
