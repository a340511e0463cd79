// The capacity slice: trains the models of a plan one after the other, and evaluates each at every value of what is varied.
// The runs join the library, the results join those of evaluations.
import { type Entry, planOf, variedOf } from '../capacity-plan.ts';
import type { CapacitySettings } from '../capacity-settings.ts';
import { sentenceOf } from '../error-text.ts';
import type { Outcome, SliceTools } from '../state.ts';
import { runPrefix } from './models.ts';
import { isTraining } from './run-state.ts';

declare module '../state.ts' {
  interface State {
    readonly capacity: CapacitySlice;
  }
}

export interface CapacitySlice {
  readonly status: 'idle' | 'training' | 'evaluating';
  /** What could not be trained or evaluated, as sentences. */
  readonly errors: readonly string[];
  /** The models of the last measurement, and how many of them are done. */
  readonly plan: readonly Entry[];
  readonly done: number;
  /** Train and evaluate all models of the plan; those that fail are left out. */
  start(): Promise<void>;
  /** End it; results so far are kept. */
  cancel(): void;
  /** Remove all results. */
  clear(): void;
}

export function capacitySlice({ get, change }: SliceTools<CapacitySlice>): CapacitySlice {
  let isCancelled = false;

  const evaluate = async (settings: CapacitySettings, choice: string, label?: string): Promise<Outcome> => {
    const { task, segments, samples, seed } = settings;
    const { name, values } = variedOf(settings);
    change({ status: 'evaluating' });
    const outcome = await get().evaluate.measure({
      choice,
      ...(label === undefined ? {} : { label }),
      task,
      segments: [segments],
      samples,
      seed,
      settings: { [name]: values.map(String) },
    });
    if (outcome === 'failed') throw new Error(get().evaluate.error);
    return outcome;
  };

  const carryOut = async (settings: CapacitySettings, entry: Entry): Promise<Outcome> => {
    if (entry.kind === 'model') return evaluate(settings, entry.choice);
    change({ status: 'training' });
    const trained = await get().run.train(entry);
    const { id = '', error } = get().run;
    if (trained === 'failed') throw new Error(error ?? 'The connection to the GPU was lost.');
    return trained === 'finished' ? evaluate(settings, 'training', get().models.title(`${runPrefix}${id}`)) : trained;
  };

  return {
    status: 'idle',
    errors: [],
    plan: [],
    done: 0,
    async start() {
      const settings = get().experiment.capacity;
      const plan = planOf(settings);
      if (get().capacity.status !== 'idle' || plan.length === 0) return;
      if (isTraining(get().run.status))
        return change({ errors: ['A run is in training. Stop it first, then start again.'] });
      isCancelled = false;
      change({ plan, done: 0, errors: [] });
      for (const [k, entry] of plan.entries()) {
        try {
          const outcome = await carryOut(settings, entry);
          if (outcome === 'stopped' || isCancelled) break;
        } catch (error) {
          change({ errors: [...get().capacity.errors, sentenceOf(error)] });
        }
        if (isCancelled || get().device.status !== 'ready') break;
        change({ done: k + 1 });
      }
      change({ status: 'idle' });
    },
    cancel() {
      const { status } = get().capacity;
      isCancelled = true;
      if (status === 'training') get().run.stop();
      if (status === 'evaluating') get().evaluate.cancel();
    },
    clear() {
      change({ errors: [] });
      for (const { id, settings } of get().evaluate.results) if (settings) get().evaluate.remove(id);
    },
  };
}
