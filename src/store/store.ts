// The store: combines the slices and passes every session event to the slices that follow its job.
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { JobKind, Report } from '../protocol/index.ts';
import { PageJobs } from './page-jobs.ts';
import { sliceNames, slices, slicesOf } from './slices/index.ts';
import type { Environment, SliceName, SliceTools, State } from './state.ts';

/** The interface that the store needs from a slice. */
interface AnySlice {
  receive?(report: Report): void;
  /** The GPU device went away. */
  lost?(message: string): void;
}

/** Do something for each; an error in one does not keep it from the others, and the first is thrown afterwards. */
function forAll<T>(items: readonly T[], act: (item: T) => void): void {
  const errors: unknown[] = [];
  for (const item of items)
    try {
      act(item);
    } catch (error) {
      errors.push(error);
    }
  if (errors.length > 0) throw errors[0];
}

export function createPlayground(environment: Environment): StoreApi<State> {
  return createStore<State>()((set, get) => {
    const jobs = new PageJobs(
      (command) => environment.post(command),
      () => get().materials.read(),
    );
    const tools = <N extends SliceName>(name: N): SliceTools<State[N]> => ({
      environment,
      jobs,
      get,
      change: (part) => set((state) => ({ [name]: { ...state[name], ...part } }) as unknown as Partial<State>),
    });
    const made = sliceNames.map((name) => [name, (slices[name].create as (of: unknown) => AnySlice)(tools(name))]);
    const slice = (name: SliceName) => get()[name] as AnySlice;
    const followers = (kind: JobKind) => slicesOf(kind).map(slice);
    return {
      ...(Object.fromEntries(made) as Omit<State, 'receive'>),
      receive(event) {
        const { id: _, ...report } = event;
        if (report.type === 'device-lost') return forAll(sliceNames, (name) => slice(name).lost?.(report.message));
        // Reports of replaced jobs are dropped here, and only here.
        const kind = jobs.take(event);
        if (kind === undefined) return;
        if (report.type === 'reading') return get().materials.progress(report);
        // Reading files ends when the job begins or fails, or with a job that only reads.
        const hasBegun = report.type.endsWith('-begin');
        if (hasBegun || ['failed', 'import-end', 'describe-end'].includes(report.type)) get().materials.read();
        // An estimate, which follows every change, does not begin in this sense.
        if (hasBegun) get().materials.dismissProblem();
        forAll(followers(kind), (follower) => follower.receive?.(report));
      },
    };
  });
}
