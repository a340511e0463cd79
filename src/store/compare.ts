// What tells runs apart: the knobs in which their configurations differ.
import { catalogue } from '../models/catalogue.ts';
import { tasks } from '../tasks/index.ts';
import { hasSay, type KnobName, knobNames, knobs, type RunConfig } from '../train/config.ts';

export interface Comparable {
  readonly config: RunConfig;
  readonly files: readonly string[];
}

const always: readonly KnobName[] = ['model', 'task', 'seed'];

function shown(name: KnobName, config: RunConfig): string {
  if (name === 'model') return catalogue[config.model].title;
  if (name === 'task') return tasks[config.task].title;
  const value = String(config[name]);
  return `${name === 'seed' ? 'seed' : knobs[name].label} ${value}`;
}

/** Model, task and seed of each run, and whatever else differs between any two of them and has a say. */
export function whatDiffers(runs: readonly Comparable[]): string[] {
  const differing = knobNames.filter((name) => {
    if (always.includes(name)) return false;
    // A knob without a say is as if it were not there.
    const values = runs.flatMap(({ config }) => (hasSay(name, config) ? [String(config[name])] : []));
    return new Set(values).size > 1;
  });
  const filesDiffer = new Set(runs.map(({ files }) => files.join())).size > 1;
  return runs.map(({ config, files }) =>
    [
      ...always.map((name) => shown(name, config)),
      ...differing.filter((name) => hasSay(name, config)).map((name) => shown(name, config)),
      ...(filesDiffer ? [files.join(', ') || 'built-in text'] : []),
    ].join(' · '),
  );
}

/** Knobs that decide what the data is: runs that differ in one of them have not seen the same. */
const ofData: ReadonlySet<KnobName> = new Set<KnobName>([
  'task',
  'fact_position',
  'sampling',
  'alphabet',
  'roots',
  'leading',
  'unit',
  'vocabulary_words',
  'noise_words',
  'segment_size',
]);

/** Whether all runs were validated on the same kind of data, so that their figures can be compared. */
export function sameData(runs: readonly Comparable[]): boolean {
  const key = ({ config, files }: Comparable) =>
    [...[...ofData].filter((name) => hasSay(name, config)).map((name) => `${name}=${config[name]}`), ...files].join();
  return new Set(runs.map(key)).size <= 1;
}
