// The runs that wait to be trained, as notes that outlast a reload, validated when they are read back.
import * as v from 'valibot';
import { configDifference, parseConfig, type RunConfig } from '../experiment/config.ts';
import { type PresetName, presetConfig, presets } from '../experiment/presets.ts';
import type { RunId } from './library/record.ts';
import type { Notes } from './state.ts';

export interface QueueItem {
  readonly id: number;
  readonly preset: PresetName;
  readonly config: RunConfig;
  /** The model that it starts from, as in lists; absent for random weights. */
  readonly from?: string;
  /** How it is evaluated afterwards, if it is. */
  readonly evaluate?: { readonly lengths: readonly number[]; readonly samples: number };
  /** Its run in the library, once it has begun. */
  readonly run?: RunId;
  readonly state: 'waiting' | 'training' | 'evaluating' | 'finished' | 'failed';
  /** Why it failed. */
  readonly problem?: string;
}

const name = 'queue';
const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const item = v.object({
  id: count,
  preset: v.picklist(Object.keys(presets) as [PresetName, ...PresetName[]]),
  /** What differs from the preset. */
  config: v.record(v.string(), v.string()),
  from: v.exactOptional(v.string()),
  evaluate: v.exactOptional(v.object({ lengths: v.array(count), samples: count })),
  run: v.exactOptional(v.string()),
  state: v.picklist(['waiting', 'training', 'evaluating', 'finished', 'failed']),
  problem: v.exactOptional(v.string()),
});

export function keepQueue(notes: Notes | undefined, items: readonly QueueItem[]): void {
  const written = items.map(({ config, preset, ...rest }) => ({
    ...rest,
    preset,
    config: configDifference(config, presetConfig(preset)),
  }));
  notes?.keep(name, written.length > 0 ? written : undefined);
}

/** Each item that can be read; one that was at work waits, and continues where it was saved. */
export function keptQueue(notes: Notes | undefined): readonly QueueItem[] {
  const found = notes?.recall(name);
  if (!Array.isArray(found)) return [];
  return found.flatMap((each): QueueItem[] => {
    const read = v.safeParse(item, each);
    if (!read.success) return [];
    const { config, state, ...rest } = read.output;
    try {
      const isCut = state === 'training' || state === 'evaluating';
      const whole = parseConfig({ ...presetConfig(rest.preset), ...config });
      return [{ ...rest, config: whole, state: isCut ? 'waiting' : state }];
    } catch {
      // Of another version of the page.
      return [];
    }
  });
}
