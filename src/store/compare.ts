// The differences between runs: the knobs in which their configurations differ.

import { appliesTo, configDifference, type KnobName, knobNames, knobs, type RunConfig } from '../experiment/config.ts';
import { type PresetName, presetConfig, presets } from '../experiment/presets.ts';
import { catalogue } from '../models/catalogue.ts';
import type { DataIdentity } from '../protocol/index.ts';
import { tasks } from '../tasks/index.ts';
import { mostNameLength } from './library/record.ts';

export interface Comparable {
  readonly config: RunConfig;
  readonly files: readonly string[];
  /** The model that it started from. */
  readonly origin?: DataIdentity | undefined;
}

function shown(name: KnobName, config: RunConfig): string {
  if (name === 'model') return catalogue[config.model].title;
  if (name === 'task') return tasks[config.task].title;
  const value = String(config[name]);
  return `${name === 'seed' ? 'seed' : knobs[name].label} ${value}`;
}

/** For each run, the knobs that apply to it and differ between the runs, except those in `except`. */
export function whatDiffers(runs: readonly Comparable[], except: readonly KnobName[] = []): string[] {
  const differing = knobNames.filter((name) => {
    if (except.includes(name)) return false;
    // A knob that does not apply is ignored.
    const values = runs.flatMap(({ config }) => (appliesTo(name, config) ? [String(config[name])] : []));
    return new Set(values).size > 1;
  });
  const filesDiffer = new Set(runs.map(({ files }) => files.join())).size > 1;
  const originsDiffer = new Set(runs.map(({ origin }) => origin?.hash)).size > 1;
  return runs.map(({ config, files, origin }) =>
    [
      ...(originsDiffer ? [origin ? `from ${origin.name}` : 'from random weights'] : []),
      ...differing.filter((name) => appliesTo(name, config)).map((name) => shown(name, config)),
      ...(filesDiffer ? [files.join(', ') || 'built-in text'] : []),
    ].join(' · '),
  );
}

const mostNamed = 3;

/** The automatic name of a run: task, model, what it started from, and its differences from the preset. */
export function automaticName(config: RunConfig, preset: PresetName, origin?: Pick<DataIdentity, 'name'>): string {
  const given = presetConfig(preset);
  const changed = knobNames.filter(
    (name) =>
      !['task', 'model'].includes(name) &&
      knobs[name].about !== 'looking' &&
      // The model is that of its origin.
      !(origin && knobs[name].about === 'model') &&
      appliesTo(name, config) &&
      String(config[name]) !== String(given[name]),
  );
  // The seed comes first, because runs often differ in nothing else.
  changed.sort((a, b) => Number(b === 'seed') - Number(a === 'seed'));
  const parts = changed.slice(0, mostNamed).map((name) => shown(name, config).toLowerCase());
  const more = changed.length > mostNamed ? [`${changed.length - mostNamed} more`] : [];
  const from = origin ? [`from ${origin.name}`] : [];
  const about = [tasks[config.task].title, catalogue[config.model].title];
  return [...about, ...from, ...parts, ...more].join(' · ').slice(0, mostNameLength);
}

/** The preset with the fewest differences from a configuration. */
export function nearestPreset(config: RunConfig): PresetName {
  const distance = (name: PresetName) => Object.keys(configDifference(config, presetConfig(name))).length;
  const names = Object.keys(presets) as [PresetName, ...PresetName[]];
  return names.reduce((nearest, name) => (distance(name) < distance(nearest) ? name : nearest));
}

const aboutData = knobNames.filter((name) => knobs[name].about === 'data');

/** Whether all runs were validated on the same kind of data and so are comparable. */
export function sameData(runs: readonly Comparable[]): boolean {
  const key = ({ config, files }: Comparable) =>
    [...aboutData.filter((name) => appliesTo(name, config)).map((name) => `${name}=${config[name]}`), ...files].join();
  return new Set(runs.map(key)).size <= 1;
}
