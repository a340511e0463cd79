// A run's configuration: a value for every knob. Everything about the knobs comes from their entries in knobs/.
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import { catalogue } from '../models/catalogue.ts';
import { tasks } from '../tasks/index.ts';
import { curriculumEntries } from './knobs/curriculum.ts';
import type { Knob, KnobValue, Run, ValuesOf } from './knobs/knob.ts';
import { model, modelEntries } from './knobs/model.ts';
import { optimiserEntries } from './knobs/optimiser.ts';
import { runEntries } from './knobs/run.ts';
import { task, taskEntries } from './knobs/task.ts';
import { oneOfNames } from './nearest.ts';
import { typedNumber } from './typed-number.ts';

export type { Knob } from './knobs/knob.ts';
export { canAnswer } from './knobs/model.ts';

/** In the order of the page, of links and of files. */
const entries = [...taskEntries, ...modelEntries, ...curriculumEntries, ...optimiserEntries, ...runEntries] as const;
type AnyKnob = (typeof entries)[number];
export type KnobName = AnyKnob['name'];
/** A run's whole configuration: one value for every knob. */
export type RunConfig = ValuesOf<typeof entries>;

/** All knobs by name. */
export const knobs = Object.fromEntries(entries.map((knob) => [knob.name, knob])) as {
  readonly [K in AnyKnob as K['name']]: K;
};

export const knobNames: readonly KnobName[] = entries.map(({ name }) => name);

/** The knobs whose values must be consistent: those with a rule, and those their rules depend on. */
export const relatedKnobs: ReadonlySet<string> = new Set(
  [task, model, ...entries.flatMap((knob: Knob) => (knob.check ? [knob, ...knob.dependsOn] : []))].map(
    ({ name }) => name,
  ),
);

/** The default value of every knob. */
export const defaults = Object.fromEntries(entries.map(({ name, initial }) => [name, initial])) as unknown as RunConfig;

function parseNumber(value: unknown, isInteger: boolean, { min, max }: { min: number; max: number }, where: string) {
  const typed = typeof value === 'string' ? typedNumber(value, isInteger) : undefined;
  const number = typed && 'value' in typed ? typed.value : value;
  const isRight =
    typeof number === 'number' && number >= min && number <= max && (!isInteger || Number.isInteger(number));
  if (!isRight) {
    const hint = typed && 'hint' in typed && typed.hint !== undefined ? `; ${typed.hint}` : '';
    const expected = `${isInteger ? 'a whole number' : 'a number'} from ${min} to ${max}${hint}`;
    throw new InputError(where, shown(value), expected);
  }
  return number;
}

function parseValue(knob: Knob, value: unknown, where: string): KnobValue {
  if (knob.kind === 'choice') {
    if (typeof value !== 'string' || !knob.choices.includes(value))
      throw new InputError(where, shown(value), `one of ${knob.choices.join(', ')}`);
    return value;
  }
  if (knob.kind === 'list') {
    const items = typeof value === 'string' ? value.split(',') : typeof value === 'number' ? [value] : value;
    if (!Array.isArray(items) || items.length === 0 || items.length > 64)
      throw new InputError(where, shown(value), `1 to 64 whole numbers separated by commas`);
    return items.map((item) => parseNumber(item, true, knob, where));
  }
  return parseNumber(value, knob.kind === 'integer', knob, where);
}

/** One knob's value from text or JSON. */
export function parseKnob(name: string, value: unknown, where = name): RunConfig[KnobName] {
  if (!Object.hasOwn(knobs, name)) throw new InputError(where, `unknown key '${name}'`, oneOfNames(name, knobNames));
  return parseValue(knobs[name as KnobName], value, where) as RunConfig[KnobName];
}

/**
 * A whole configuration from outside (JSON object or URL parameters); missing knobs keep their defaults.
 * @throws InputError naming the key, what was found and what was expected
 */
export function parseConfig(input: unknown, where = 'config'): RunConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new InputError(where, Array.isArray(input) ? 'a list' : String(input), 'an object of knob names and values');
  const values: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(input)) values[name] = parseKnob(name, value, `${where}: ${name}`);
  const config = values as unknown as RunConfig;
  const run = runOf(config);
  for (const { name, check } of entries as readonly Knob[]) {
    const refusal = check?.(run);
    if (refusal) throw new InputError(`${where}: ${name}`, refusal.found, refusal.expected);
  }
  return config;
}

const runOf = (config: RunConfig): Run => ({
  model: catalogue[config.model],
  modelId: config.model,
  task: tasks[config.task],
  values: config,
});

/** Whether a knob has any effect in a run of this configuration. */
export const appliesTo = (name: KnobName, config: RunConfig): boolean => knobs[name].appliesTo(runOf(config));

/** The values of a saved configuration, with the earlier values of knobs that did not exist when it was saved. */
export function withEarlierKnobs(saved: object): Record<string, unknown> {
  const earlier = (entries as readonly Knob[]).filter((knob) => knob.earlier !== undefined);
  return { ...Object.fromEntries(earlier.map(({ name, earlier }) => [name, earlier])), ...saved };
}

/** Only what differs from the defaults, as text: the contents of a link or a `--set` list. */
export function configDifference(config: RunConfig, from: RunConfig = defaults): Record<string, string> {
  const difference: Record<string, string> = {};
  for (const name of knobNames) {
    const value = String(config[name]);
    if (value !== String(from[name])) difference[name] = value;
  }
  return difference;
}
