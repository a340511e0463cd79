// The experiment slice, as in the address bar: the view, the run's configuration, and the settings of the other views.
import type { KnobName, RunConfig } from '../../experiment/config.ts';
import { type PresetName, presetConfig } from '../../experiment/presets.ts';
import {
  type BenchSettings,
  type ComputeSettings,
  type EvaluateSettings,
  type Experiment,
  experimentDefaults,
  type RunsSettings,
  readAddress,
  type StreamSettings,
  type View,
} from '../address.ts';
import type { CapacitySettings } from '../capacity-settings.ts';
import type { InsideSettings } from '../inside-settings.ts';
import { presetOf, startingConfig } from '../starting.ts';
import type { SliceTools } from '../state.ts';
import { lengthsFor, whoRemembers } from '../sweep-plan.ts';
import { plainValues, type TrainSettings } from '../train-settings.ts';

declare module '../state.ts' {
  interface State {
    readonly experiment: ExperimentSlice;
  }
}

export interface ExperimentSlice extends Experiment {
  /** What could not be read from a link. */
  readonly problems: readonly string[];
  open(hash: string): void;
  /** Put back settings as they were. */
  restore(experiment: Experiment): void;
  show(view: View): void;
  choosePreset(preset: PresetName): void;
  setKnob(name: KnobName, value: RunConfig[KnobName]): void;
  /** Small defaults for the chosen model and task, replacing the current values. */
  startSmall(): void;
  setConfig(config: RunConfig): void;
  /** Use the configuration of a run, which needs no model to start from. */
  useRun(preset: PresetName, config: RunConfig): void;
  setTrain(settings: Partial<TrainSettings>): void;
  /** Give a knob several values, as text; undefined: one value again. */
  setSweep(name: KnobName, values: string | undefined): void;
  /** Set up the comparison of models with different memories on one task, with several seeds. */
  compareMemories(): void;
  setStream(settings: Partial<StreamSettings>): void;
  setInside(settings: Partial<InsideSettings>): void;
  setEvaluate(settings: Partial<EvaluateSettings>): void;
  setCapacity(settings: Partial<CapacitySettings>): void;
  setBench(settings: Partial<BenchSettings>): void;
  setCompute(settings: Partial<ComputeSettings>): void;
  setRuns(settings: Partial<RunsSettings>): void;
  /** Say what of a link cannot be shown. */
  report(problem: string): void;
  dismissProblems(): void;
}

export function experimentSlice({ get, change }: SliceTools<ExperimentSlice>): ExperimentSlice {
  return {
    ...experimentDefaults,
    problems: [],
    open(hash) {
      const { experiment, problems } = readAddress(hash);
      const { train, start } = { ...get().experiment, ...get() };
      const isSame = experiment.train.from === train.from;
      const config = isSame ? start.settled(experiment.config) : experiment.config;
      change({ ...experiment, config, problems });
      get().stream.settle();
      void get().runs.showComparison();
    },
    restore: (experiment) => change(experiment),
    show: (view) => change({ view, panel: undefined }),
    choosePreset: (preset) => change({ preset, config: get().start.settled(presetConfig(preset)) }),
    setKnob: (name, value) => change({ config: get().start.settled({ ...get().experiment.config, [name]: value }) }),
    startSmall() {
      const { model, task, seed } = get().experiment.config;
      const config = startingConfig(model, task, seed);
      if (config) change({ preset: presetOf(task), config: get().start.settled(config) });
    },
    setConfig: (config) => change({ config }),
    useRun(preset, config) {
      void get().start.choose(undefined);
      change({ preset, config });
    },
    setTrain: (settings) => change({ train: { ...get().experiment.train, ...settings } }),
    compareMemories() {
      const { task, models, seeds } = whoRemembers;
      const preset = presetOf(task);
      const config = presetConfig(preset);
      void get().start.choose(undefined);
      const train = { from: undefined, sweep: { model: models.join(','), seed: seeds }, lengths: lengthsFor(config) };
      change({ preset, config, train: { ...get().experiment.train, ...train } });
    },
    setSweep(name, values) {
      const { train } = get().experiment;
      const { [name]: _, ...others } = train.sweep;
      change({
        train: { ...train, sweep: values === undefined ? others : { ...others, [name]: plainValues(values) } },
      });
    },
    // Another document has no segment yet that somebody wanted to show.
    setStream: (settings) => change({ stream: { ...get().experiment.stream, at: undefined, ...settings } }),
    setInside: (settings) => change({ inside: { ...get().experiment.inside, ...settings } }),
    setEvaluate: (settings) => change({ evaluate: { ...get().experiment.evaluate, ...settings } }),
    setCapacity: (settings) => change({ capacity: { ...get().experiment.capacity, ...settings } }),
    setBench: (settings) => change({ bench: { ...get().experiment.bench, ...settings } }),
    setCompute: (settings) => change({ compute: { ...get().experiment.compute, ...settings } }),
    setRuns: (settings) => change({ runs: { ...get().experiment.runs, ...settings } }),
    report: (problem) =>
      change({ problems: [...get().experiment.problems.filter((each) => each !== problem), problem] }),
    dismissProblems: () => change({ problems: [] }),
  };
}
