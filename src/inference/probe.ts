// What the memory of many documents says about their answers: a linear probe after every segment, and a projection.
import { principalComponents, projected } from '../analysis/pca.ts';
import { type ProbeResult, probe } from '../analysis/probe.ts';
import { Random } from '../random.ts';
import type { SampledStates } from './memory-states.ts';

/** The probe after one segment. */
export interface ProbePoint extends ProbeResult {
  /** From 0. */
  readonly segment: number;
  /** Held-out documents whose facts have all been read by then; all of them if none has facts. */
  readonly informed: number;
  /** Held-out documents that the model itself would answer correctly by then; absent if it has no answer there. */
  readonly asked?: number;
}

/** The documents, divided into those fitted and those held out. */
export interface ProbedDocuments {
  /** The names of the answers, in the order of their numbers. */
  readonly classes: readonly string[];
  /** The answer of each document. */
  readonly labels: readonly number[];
  /** The first documents are fitted, the others held out. */
  readonly fitted: number;
}

/** The states of all documents in the two directions in which they vary most. */
export interface StateProjection {
  /** A memory token, from 0; undefined: everything that is passed on. */
  readonly token: number | undefined;
  /** (d), (2, d): subtract the mean, then multiply with the axes. */
  readonly mean: Float32Array;
  readonly axes: Float32Array;
  /** Share of the total variance along each axis. */
  readonly explained: readonly [number, number];
  /** (measured segments, documents, 2) */
  readonly points: Float32Array;
}

const FITTED = 2 / 3;

/**
 * Number the answers and divide the documents.
 * @param classes the answers of the task, if they are known; otherwise those that occur
 */
export function divided({ answers }: SampledStates, classes: readonly string[]): ProbedDocuments {
  const names = classes.length > 0 ? classes : [...new Set(answers)].sort();
  return {
    classes: names,
    labels: answers.map((answer) => names.indexOf(answer)),
    fitted: Math.round(answers.length * FITTED),
  };
}

/** Fit and score the probe after the i-th measured segment. */
export function probeAt(
  { at, states, informed, predicted, answers }: SampledStates,
  { classes, labels, fitted }: ProbedDocuments,
  i: number,
  { penalty, seed }: { readonly penalty: number; readonly seed: number },
): ProbePoint {
  const shuffled = new Random(seed).shuffle([...labels]);
  const result = probe({ states: states[i] ?? [], labels, shuffled, classes: classes.length, fitted, penalty });
  const held = answers.map((_, k) => k).slice(fitted);
  const own = predicted[i] ?? [];
  return {
    segment: at[i] ?? 0,
    ...result,
    informed: held.filter((k) => informed[k]?.[i]).length,
    ...(held.some((k) => own[k] !== undefined) ? { asked: held.filter((k) => own[k] === answers[k]).length } : {}),
  };
}

/** Numbers that the axes are fitted on at most: enough for two directions, and soon done. */
const MOST_FITTED = 2 ** 20;
const FEWEST_STATES = 64;

/**
 * Project all states, of one memory token or of everything passed on.
 * @param tokens memory tokens in a state; 0 if it is something else
 */
export function projectStates({ states }: SampledStates, tokens: number, token: number | undefined): StateProjection {
  const part = (state: Float32Array) => {
    const width = tokens > 0 ? state.length / tokens : state.length;
    return token === undefined ? state : state.subarray(token * width, (token + 1) * width);
  };
  const all = states.flatMap((segment) => segment.map(part));
  const width = all[0]?.length ?? 1;
  const most = Math.max(FEWEST_STATES, Math.floor(MOST_FITTED / width));
  const stride = Math.max(1, Math.ceil(all.length / most));
  const found = principalComponents(all.filter((_, i) => i % stride === 0));
  const [first = 0, second = 0] = found.explained;
  return {
    token,
    mean: Float32Array.from(found.mean),
    axes: Float32Array.from(found.axes.values),
    explained: [first, second],
    points: Float32Array.from(all.flatMap((state) => projected(found, state))),
  };
}
