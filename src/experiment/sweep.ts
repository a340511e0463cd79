// A sweep: several values for some knobs, such as seeds, and the configurations that they stand for.
import { InputError } from '../errors.ts';
import { type Knob, type KnobName, knobNames, knobs, parseConfig, parseKnob, type RunConfig } from './config.ts';
import type { KnobValue } from './knobs/knob.ts';
import { typedNumber } from './typed-number.ts';

/** The values of each knob that varies, as they were typed: `1-5`, `1, 3, 7`, `rmt-gpt2,gpt2`. */
export type Sweep = Readonly<Partial<Record<KnobName, string>>>;

/** Runs of one sweep. */
export const mostRuns = 256;

/** `1-5`, with any dash. */
const range = /^\s*(\d+)\s*[-–—…]\s*(\d+)\s*$/;

/** What separates the values of a knob: its own values may contain commas. */
const separatorOf = ({ kind }: Knob) => (kind === 'list' ? ';' : ',');

/** A number with separators for thousands, which is refused as such rather than read as a list. */
const thousands = /^\s*[1-9]\d{0,2}(,\d{3})+\s*$/;

/** Whether a text typed for a knob stands for several values; a decimal comma does not make two. */
export function areSeveral(name: KnobName, text: string): boolean {
  const knob: Knob = knobs[name];
  if (thousands.test(text)) return false;
  if (knob.kind === 'number' && 'value' in typedNumber(text, false)) return false;
  return text.includes(separatorOf(knob)) || (knob.kind === 'integer' && range.test(text));
}

/**
 * The values of a knob, each once, in the order given: separated by commas (semicolons where one value is a list), and
 * for whole numbers also ranges.
 * @throws InputError naming what was found and what was expected
 */
export function valuesOf(name: KnobName, text: string, where: string = name): readonly KnobValue[] {
  const knob: Knob = knobs[name];
  const values = text.split(separatorOf(knob)).flatMap((part): KnobValue[] => {
    const [, first, last] = (knob.kind === 'integer' && range.exec(part)) || [];
    if (first === undefined || last === undefined) return [parseKnob(name, part.trim(), where)];
    const [from, to] = [Number(first), Number(last)];
    if (to < from || to - from >= mostRuns)
      throw new InputError(where, `'${part.trim()}'`, `a range of at most ${mostRuns} numbers, the smaller one first`);
    return Array.from({ length: to - from + 1 }, (_, i) => parseKnob(name, String(from + i), where));
  });
  return [...new Map(values.map((value) => [String(value), value])).values()];
}

/** The knobs that vary, seeds first: each setting is then trained once before the next seed. */
export const variedIn = (sweep: Sweep): readonly KnobName[] =>
  knobNames
    .filter((name) => sweep[name] !== undefined && sweep[name].trim() !== '')
    .sort((a, b) => Number(b === 'seed') - Number(a === 'seed'));

/**
 * The configurations of a sweep, in the order in which they are trained.
 * @throws InputError if a value is not valid, if values do not go together, or if there are too many
 */
export function configsOf(base: RunConfig, sweep: Sweep, where = 'sweep'): readonly RunConfig[] {
  const varied = variedIn(sweep);
  const values = varied.map((name) => valuesOf(name, sweep[name] ?? '', `${where}: ${name}`));
  const count = values.reduce((product, { length }) => product * length, 1);
  if (count > mostRuns) throw new InputError(where, `${count} runs`, `at most ${mostRuns}`);
  const all = varied.reduce<readonly RunConfig[]>(
    (configs, name, i) =>
      configs.flatMap((config) => (values[i] ?? []).map((value) => fitted(config, { [name]: value }))),
    [base],
  );
  return all.map((config) => parseConfig(config, where));
}

/** A change of a configuration. Another model may need a longer cache, which covers at least the previous segment. */
const fitted = (config: RunConfig, change: Readonly<Record<string, KnobValue>>): RunConfig => {
  const changed = { ...config, ...change } as RunConfig;
  return 'model' in change ? { ...changed, mem_len: Math.max(changed.mem_len, changed.segment_size) } : changed;
};

/** Knobs that say nothing about the setting of a run: its seed, and how closely it is observed. */
export const isSetting = (name: KnobName): boolean => name !== 'seed' && knobs[name].about !== 'looking';

/** Whether two configurations give the same run, to the bit. */
export const isSameRun = (a: RunConfig, b: RunConfig): boolean =>
  knobNames.every((name) => knobs[name].about === 'looking' || String(a[name]) === String(b[name]));
