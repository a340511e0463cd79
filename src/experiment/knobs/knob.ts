// The knob interface: one entry that defines everything about one setting of a run, from its range to where it applies.
import type { ModelEntry } from '../../models/catalogue.ts';
import type { Task } from '../../tasks/task.ts';

export type KnobValue = number | string | readonly number[];

/** A whole configuration, as the rules of an entry see it. */
export interface Run {
  readonly model: ModelEntry;
  /** The model's name in the catalogue. */
  readonly modelId: string;
  readonly task: Task;
  readonly values: Readonly<Record<string, KnobValue>>;
}

/** Why a value is inconsistent with the others: both halves of an error's message. */
export interface Refusal {
  readonly found: string;
  readonly expected: string;
}

interface Entry<N extends string, V> {
  /** Its name in links, files and `--set`. Model settings have the names of the model's configuration. */
  readonly name: N;
  readonly label: string;
  /** One or two sentences, shown beside the control. */
  readonly help: string;
  /** The publication it comes from. */
  readonly source: string;
  /** The heading it appears under on the page. */
  readonly group: 'task' | 'model' | 'curriculum' | 'optimiser' | 'run';
  /**
   * What it affects. Runs that differ in a data knob have not seen the same sequences; a knob about looking
   * changes only how closely a run is observed.
   */
  readonly about: 'data' | 'model' | 'training' | 'looking';
  /** Shown immediately on the page where it applies; otherwise one click away. */
  readonly basic: boolean;
  readonly initial: V;
  /** Its value in the configurations of runs that were saved before it existed; undefined if there are none to open. */
  readonly earlier?: V;
  /** Whether it has no effect in a run that starts from a model, whose weights and words are given. */
  readonly freshOnly?: true;
  /** Other knobs whose values `appliesTo` and `check` use. */
  readonly dependsOn: readonly Knob[];
  /** Whether it has any effect in a run. */
  appliesTo(run: Run): boolean;
  /**
   * Why its value is inconsistent with the model, the task or the knobs it depends on; undefined if its own range
   * suffices.
   */
  readonly check: ((run: Run) => Refusal | undefined) | undefined;
}

interface Range {
  readonly min: number;
  readonly max: number;
}

export interface NumberKnob<N extends string = string> extends Entry<N, number>, Range {
  readonly kind: 'integer' | 'number';
}
export interface ChoiceKnob<N extends string = string, C extends string = string> extends Entry<N, C> {
  readonly kind: 'choice';
  readonly choices: readonly C[];
}
/** Integers, written "1,2,3". */
export interface ListKnob<N extends string = string> extends Entry<N, readonly number[]>, Range {
  readonly kind: 'list';
}
export type Knob = NumberKnob | ChoiceKnob | ListKnob;

export type ValueOf<K> = K extends ChoiceKnob<string, infer C> ? C : K extends ListKnob ? readonly number[] : number;
/** The values of some knobs by their names. */
export type ValuesOf<D extends readonly Knob[]> = { readonly [K in D[number] as K['name']]: ValueOf<K> };

/** An entry as its file defines it: optional fields have defaults, and the rules receive the values they depend on. */
type Stated<N extends string, V, D extends readonly Knob[]> = Omit<
  Entry<N, V>,
  'basic' | 'dependsOn' | 'appliesTo' | 'check'
> & {
  readonly basic?: true;
  readonly dependsOn?: D;
  readonly appliesTo?: (run: Run, given: ValuesOf<D>) => boolean;
  readonly check?: (value: V, run: Run, given: ValuesOf<D>) => Refusal | undefined;
};

function rules<V, D extends readonly Knob[]>(stated: Stated<string, V, D>) {
  const { name, basic = false, dependsOn = [], appliesTo = () => true, check } = stated;
  // A run has a value for every knob, of that knob's type.
  const given = ({ values }: Run) =>
    Object.fromEntries(dependsOn.map(({ name }) => [name, values[name]])) as ValuesOf<D>;
  return {
    basic,
    dependsOn,
    appliesTo: (run: Run) => appliesTo(run, given(run)),
    check: check && ((run: Run) => check(run.values[name] as V, run, given(run))),
  };
}

export const integerKnob = <const N extends string, const D extends readonly Knob[] = readonly []>(
  stated: Stated<N, number, D> & Range,
): NumberKnob<N> => ({ kind: 'integer', ...stated, ...rules(stated) });

export const numberKnob = <const N extends string, const D extends readonly Knob[] = readonly []>(
  stated: Stated<N, number, D> & Range,
): NumberKnob<N> => ({ kind: 'number', ...stated, ...rules(stated) });

export const choiceKnob = <
  const N extends string,
  const C extends string,
  const D extends readonly Knob[] = readonly [],
>(
  stated: Stated<N, NoInfer<C>, D> & { readonly choices: readonly C[] },
): ChoiceKnob<N, C> => ({ kind: 'choice', ...stated, ...rules(stated) });

export const listKnob = <const N extends string, const D extends readonly Knob[] = readonly []>(
  stated: Stated<N, readonly number[], D> & Range,
): ListKnob<N> => ({ kind: 'list', ...stated, ...rules(stated) });

/** The refusal of a size that kernels cannot read four numbers at a time. */
export const multipleOf4 = (value: number, expected = 'a multiple of 4'): Refusal | undefined =>
  value % 4 === 0 ? undefined : { found: String(value), expected };
