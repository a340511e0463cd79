// The address: the view, and the settings that differ from the defaults. Invalid values become messages.
import * as v from 'valibot';
import type { OptName } from '../analysis/flops.ts';
import type { BenchMode, BenchShapeName } from '../analysis/segment-flops.ts';
import { InputError } from '../errors.ts';
import {
  configDifference,
  defaults,
  knobNames,
  parseConfig,
  parseKnob,
  type RunConfig,
  relatedKnobs,
} from '../experiment/config.ts';
import { type PresetName, presetConfig, presets } from '../experiment/presets.ts';
import { factsSchema, questionSchema, writeFacts } from '../experiment/user-input.ts';
import { changesSchema, writeChanges } from '../inference/intervention-text.ts';
import type { Intervention } from '../protocol/index.ts';
import type { UserFact } from '../tasks/user-document.ts';
import { combined, mismatch, refused, shown, unknownSettings } from './address-problems.ts';
import { escaped, integer, integers, mostSegments, name, names, namesUpTo, seed, task, yes } from './address-values.ts';
import { type CapacitySettings, capacityDefaults, capacitySchemas } from './capacity-settings.ts';
import { type InsideSettings, insideDefaults, insideSchemas } from './inside-settings.ts';
import { type LearnSettings, learnDefaults, learnSchemas, writeLearn } from './learn-settings.ts';
import {
  type BenchSettings,
  benchDefaults,
  type ComputeSettings,
  computeDefaults,
  measureSchemas,
} from './measure-settings.ts';
import { type PanelId, panelIds, panels } from './panels.ts';
import {
  readSweep,
  sweepParameters,
  type TrainSettings,
  takeSweep,
  trainDefaults,
  trainSchemas,
} from './train-settings.ts';

export const views = [
  'stream',
  'inside',
  'train',
  'extrapolate',
  'capacity',
  'compute',
  'runs',
  'device',
  'learn',
] as const;
export type View = (typeof views)[number];

/** The settings of a stream. Undefined: the checkpoint's own. */
export interface StreamSettings {
  /** `training`, the file name of a bundled checkpoint, `run:` and the id of a run of this browser, or `file:` and a file's name. */
  readonly model: string | undefined;
  readonly task: string | undefined;
  readonly segments: number | undefined;
  readonly seed: number | undefined;
  /** Custom facts and question instead of drawn ones: both or neither. */
  readonly facts?: readonly UserFact[] | undefined;
  readonly question?: string | undefined;
  /** Interventions on memory. */
  readonly changes?: readonly Intervention[] | undefined;
  /** The segment on show once it has been read, from 1; the newest by default. */
  readonly at?: number | undefined;
}
export interface EvaluateSettings {
  readonly model: string | undefined;
  /** Further models, evaluated one after the other into the same plot. */
  readonly also: readonly string[];
  readonly task: string | undefined;
  readonly segments: readonly number[];
  readonly samples: number;
  readonly seed: number;
  /** Also let a generative model generate each answer. */
  readonly generate: boolean;
}

/** The settings of the library of runs. */
export interface RunsSettings {
  /** The runs overlaid on the curves, by id, in the order they were chosen. */
  readonly compared: readonly string[];
}

export interface Experiment {
  readonly view: View;
  /** The panel of the view that is brought into sight. */
  readonly panel: PanelId | undefined;
  readonly preset: PresetName;
  readonly config: RunConfig;
  readonly train: TrainSettings;
  readonly stream: StreamSettings;
  readonly inside: InsideSettings;
  readonly evaluate: EvaluateSettings;
  readonly capacity: CapacitySettings;
  readonly bench: BenchSettings;
  readonly compute: ComputeSettings;
  readonly runs: RunsSettings;
  readonly learn: LearnSettings;
}

export type { BenchSettings, ComputeSettings } from './measure-settings.ts';
export { benchDefaults, computeDefaults, mostPositions, mostRuns, mostSeconds } from './measure-settings.ts';
export { mostSegments };
/** Runs in one comparison. */
export const mostCompared = 64;
const defaultPreset: PresetName = 'memorize';
export const streamDefaults: StreamSettings = {
  model: undefined,
  task: undefined,
  segments: undefined,
  seed: undefined,
  facts: undefined,
  question: undefined,
  changes: undefined,
  at: undefined,
};
export const evaluateDefaults: EvaluateSettings = {
  model: undefined,
  also: [],
  task: undefined,
  segments: [1, 2, 4, 8, 16, 32],
  samples: 100,
  seed: 1,
  generate: false,
};

export const runsDefaults: RunsSettings = { compared: [] };

export const experimentDefaults: Experiment = {
  view: 'stream',
  panel: undefined,
  preset: defaultPreset,
  config: presetConfig(defaultPreset),
  train: trainDefaults,
  stream: streamDefaults,
  inside: insideDefaults,
  evaluate: evaluateDefaults,
  capacity: capacityDefaults,
  bench: benchDefaults,
  compute: computeDefaults,
  runs: runsDefaults,
  learn: learnDefaults,
};

const segments = integers(1, mostSegments);

/** The schemas of the settings of the other views. */
const schemas = {
  ...trainSchemas,
  panel: v.picklist(panelIds, `one of ${panelIds.join(', ')}`),
  'stream.model': name,
  'stream.task': task,
  'stream.segments': integer(1, mostSegments),
  'stream.seed': seed,
  'stream.facts': factsSchema,
  'stream.question': questionSchema,
  'stream.changes': changesSchema,
  'stream.at': integer(1, mostSegments),
  ...insideSchemas,
  'eval.model': name,
  'eval.also': names,
  'eval.task': task,
  'eval.segments': segments,
  'eval.samples': integer(1, 100_000),
  'eval.seed': seed,
  'eval.generate': yes,
  ...capacitySchemas,
  ...measureSchemas,
  'runs.compared': v.pipe(
    namesUpTo(mostCompared),
    v.array(v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/, 'the ids of runs, separated by commas'))),
    v.transform((ids) => [...new Set(ids)]),
  ),
  ...learnSchemas,
} as const;
type SettingName = keyof typeof schemas;

/** Parses a typed list of numbers of segments; undefined if it is invalid. */
export function parseSegments(text: string): readonly number[] | undefined {
  const result = v.safeParse(segments, text.replaceAll(/\s/g, ''));
  return result.success ? [...new Set(result.output)].sort((a, b) => a - b) : undefined;
}

/** Read the part of an address after `#`. */
export function readAddress(hash: string): { readonly experiment: Experiment; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split('?', 2);
  const found = views.find((known) => known === path);
  if (!found && path !== '')
    problems.push(`The link opens the view ${shown(path)}, which does not exist. Stream is shown.`);
  const parameters = new Map(new URLSearchParams(query));

  let preset = defaultPreset;
  const wanted = parameters.get('preset');
  if (wanted !== undefined && Object.hasOwn(presets, wanted)) preset = wanted as PresetName;
  else if (wanted !== undefined)
    problems.push(
      `The link uses the preset ${shown(wanted)}, which does not exist. “${presets[preset].title}” is used.`,
    );
  parameters.delete('preset');

  const ofSweep = takeSweep(parameters);
  const settings = new Map<SettingName, v.InferOutput<(typeof schemas)[SettingName]>>();
  const overrides: Record<string, unknown> = {};
  const unknown: string[] = [];
  for (const [key, value] of parameters) {
    if (Object.hasOwn(schemas, key)) {
      const result = v.safeParse(schemas[key as SettingName], value);
      if (result.success) settings.set(key as SettingName, result.output);
      else problems.push(refused(key, value, result.issues[0].message));
      continue;
    }
    if (!Object.hasOwn(defaults, key)) {
      unknown.push(key);
      continue;
    }
    try {
      overrides[key] = parseKnob(key, value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(refused(key, value, error.expected));
    }
  }
  if (unknown.length > 0) problems.push(unknownSettings(unknown));
  let config = presetConfig(preset);
  try {
    config = parseConfig({ ...config, ...overrides }, combined);
  } catch (error) {
    problems.push(
      `${mismatch('The settings in the link', error)} The preset’s values are used for the settings involved.`,
    );
    const rest = Object.entries(overrides).filter(([key]) => !relatedKnobs.has(key));
    config = parseConfig({ ...config, ...Object.fromEntries(rest) });
  }

  /** The settings of a view, over its defaults. */
  const under = <T extends object>(prefix: string, initial: T): T => ({
    ...initial,
    ...Object.fromEntries(
      [...settings].flatMap(([key, value]) => (key.startsWith(prefix) ? [[key.slice(prefix.length), value]] : [])),
    ),
  });
  const { sweep, problems: inSweep } = readSweep(ofSweep, config);
  problems.push(...inSweep);
  const view = found ?? 'stream';
  const panel = settings.get('panel') as PanelId | undefined;
  const text = (key: SettingName) => settings.get(key) as string | undefined;
  const number = (key: SettingName) => settings.get(key) as number | undefined;
  return {
    experiment: {
      view,
      panel: panel && panels[panel].view === view ? panel : undefined,
      preset,
      config,
      train: {
        from: text('train.from'),
        sweep,
        lengths: (settings.get('train.lengths') as readonly number[] | undefined) ?? trainDefaults.lengths,
        samples: number('train.samples') ?? trainDefaults.samples,
      },
      stream: {
        model: text('stream.model'),
        task: text('stream.task'),
        segments: number('stream.segments'),
        seed: number('stream.seed'),
        facts: settings.get('stream.facts') as readonly UserFact[] | undefined,
        question: text('stream.question'),
        changes: settings.get('stream.changes') as readonly Intervention[] | undefined,
        at: number('stream.at'),
      },
      inside: { ...under('inside.', insideDefaults), gradient: text('inside.gradient') === 'true' },
      evaluate: {
        model: text('eval.model'),
        also: (settings.get('eval.also') as readonly string[] | undefined) ?? evaluateDefaults.also,
        task: text('eval.task'),
        segments: (settings.get('eval.segments') as readonly number[] | undefined) ?? evaluateDefaults.segments,
        samples: number('eval.samples') ?? evaluateDefaults.samples,
        seed: number('eval.seed') ?? evaluateDefaults.seed,
        generate: text('eval.generate') === 'true',
      },
      capacity: under('capacity.', capacityDefaults),
      bench: {
        shapes: settings.get('bench.shapes') as readonly BenchShapeName[] | undefined,
        modes: (settings.get('bench.modes') as readonly BenchMode[] | undefined) ?? benchDefaults.modes,
        runs: number('bench.runs'),
        profile: text('bench.profile') === 'true',
        half: text('bench.half') === 'true',
      },
      compute: {
        sizes: (settings.get('compute.sizes') as readonly OptName[] | undefined) ?? computeDefaults.sizes,
        model: text('compute.model'),
        segment: number('compute.segment'),
        longest: number('compute.longest'),
        runs: number('compute.runs'),
        seconds: number('compute.seconds'),
      },
      learn: under('learn.', learnDefaults),
      runs: { compared: (settings.get('runs.compared') as readonly string[] | undefined) ?? runsDefaults.compared },
    },
    problems,
  };
}

/** Write an address: only what differs from the defaults. A file of the user's is left out, because a link cannot contain it. */
export function writeAddress(experiment: Experiment): string {
  const { view, panel, preset, config, train, stream, inside, evaluate, capacity, bench, compute, runs, learn } =
    experiment;
  const parts: [string, string][] = [];
  if (panel && panels[panel].view === view) parts.push(['panel', panel]);
  if (preset !== defaultPreset) parts.push(['preset', preset]);
  parts.push(...Object.entries(configDifference(config, presetConfig(preset))));
  const put = (prefix: string, settings: object, initial: object) => {
    const before = new Map<string, unknown>(Object.entries(initial));
    // An empty list is an incomplete choice.
    for (const [key, value] of Object.entries(settings) as [string, unknown][])
      if (
        value !== undefined &&
        !['', String(before.get(key))].includes(String(value)) &&
        !String(value).startsWith('file:')
      )
        parts.push([`${prefix}.${key}`, String(value)]);
  };
  const { sweep, ...trained } = train;
  parts.push(...sweepParameters(sweep));
  put('train', trained, { ...trainDefaults, sweep: undefined });
  const { facts, changes, ...others } = stream;
  const written = { ...others, facts: facts && writeFacts(facts), changes: changes && writeChanges(changes) };
  put('stream', written, streamDefaults);
  put('inside', inside, insideDefaults);
  put('eval', { ...evaluate, also: evaluate.also.filter((also) => !also.startsWith('file:')) }, evaluateDefaults);
  // None at all is a valid choice.
  put('capacity', { ...capacity, train: capacity.train.length > 0 ? capacity.train : 'none' }, capacityDefaults);
  put('bench', bench, benchDefaults);
  put('compute', { ...compute, sizes: compute.sizes.length > 0 ? compute.sizes : 'none' }, computeDefaults);
  put('runs', runs, runsDefaults);
  put('learn', writeLearn(learn), learnDefaults);
  const query = parts.map(([key, value]) => `${key}=${escaped(value)}`).join('&');
  return `#/${view}${query ? `?${query}` : ''}`;
}

/** What is wrong with the combination of values, if anything. */
export function configProblem(config: RunConfig): string | undefined {
  try {
    parseConfig(Object.fromEntries(knobNames.map((knob) => [knob, config[knob]])), combined);
    return undefined;
  } catch (error) {
    return mismatch('These settings', error);
  }
}
