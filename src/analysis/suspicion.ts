// Numbers under suspicion: what in the figures of a run or an evaluation is probably not what it seems. One entry each;
// every place that shows the figures shows this list with them.
import { wilson } from './wilson.ts';

/** The loss of a run up to a step. Stored with a checkpoint, so that a resumed run is judged like an uninterrupted one. */
export interface LossHistory {
  /** Loss of the first step, in nats: that of random weights. */
  readonly first: number;
  readonly stage: number;
  /** Steps of this stage. */
  readonly steps: number;
  /** Mean over about the last ten steps of this stage, and the lowest it has been; null before ten steps. */
  readonly smooth: number;
  readonly lowest: number | null;
  /** Consecutive steps, up to the last, in which it was above each limit. */
  readonly above: { readonly start: number; readonly best: number };
}

/** Correct predictions among those scored, how many had the commonest answer, and the mean loss in nats. */
export interface ScoredAnswers {
  readonly right: number;
  readonly asked: number;
  readonly commonest: number;
  readonly loss: number;
}

/** The known numbers; each entry looks at those it is about. */
export interface Evidence {
  readonly loss?: LossHistory | undefined;
  readonly answers?: ScoredAnswers | undefined;
}

export interface Suspicion {
  readonly kind: SuspicionKind;
  /** One or more sentences for display: what was found, and what to do. */
  readonly sentence: string;
  /** The number in question; always finite. */
  readonly figure: number;
}

type Judge = (evidence: Evidence) => Omit<Suspicion, 'kind'> | undefined;

/** Steps over which a loss is smoothed. */
const SMOOTHED = 10;
/** Steps that it must stay above a limit. */
const LONG = { start: 10, best: 50 } as const;

/** Far above the loss of the first step, which is about that of guessing. */
const startLimit = (reference: number) => 1.5 * reference + 0.5;
/** Most of what was gained since the start is lost; only where a good part had been gained. */
const bestLimit = (reference: number, lowest: number | null) =>
  lowest !== null && lowest < 0.7 * reference ? lowest + 0.7 * (reference - lowest) : Number.POSITIVE_INFINITY;

/**
 * The history after one more step.
 * @param guess the loss of guessing, ln(classes): where the first steps are unknown, they count as this at least
 */
export function lossAfter(
  before: LossHistory | undefined,
  { loss, stage, guess }: { readonly loss: number; readonly stage: number; readonly guess: number },
): LossHistory {
  const first = before?.first ?? loss;
  const same = before?.stage === stage ? before : undefined;
  const steps = (same?.steps ?? 0) + 1;
  const smooth = same ? same.smooth + (loss - same.smooth) / Math.min(steps, SMOOTHED) : loss;
  const lowest = steps < SMOOTHED ? null : Math.min(smooth, same?.lowest ?? smooth);
  const reference = Math.max(first, guess);
  return {
    first,
    stage,
    steps,
    smooth,
    lowest,
    above: {
      start: smooth > startLimit(reference) ? (before?.above.start ?? 0) + 1 : 0,
      best: smooth > bestLimit(reference, lowest) ? (same?.above.best ?? 0) + 1 : 0,
    },
  };
}

const nats = (loss: number) => `${Number(loss.toPrecision(3))} nats`;
const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const remedy =
  'Lower the learning rate, or limit the gradient with clip_norm, and resume from a checkpoint before the rise.';

const judges = {
  divergence: ({ loss }) => {
    if (!loss) return undefined;
    const { first, smooth, lowest, above } = loss;
    if (above.start >= LONG.start)
      return {
        sentence: `The run has diverged: its loss has been far above its start for ${above.start} steps, now ${nats(smooth)} after ${nats(first)} in the first step. ${remedy}`,
        figure: smooth,
      };
    if (above.best >= LONG.best && lowest !== null)
      return {
        sentence: `The run has diverged: its loss has been far above its best for ${above.best} steps, now ${nats(smooth)} after ${nats(lowest)} earlier in this stage. ${remedy}`,
        figure: smooth,
      };
    return undefined;
  },
  'not-finite': ({ answers }) =>
    answers && answers.asked > 0 && !Number.isFinite(answers.loss)
      ? {
          sentence: `The loss is ${answers.loss}: the numbers inside the model overflow, so its answers mean nothing.`,
          figure: answers.right / answers.asked,
        }
      : undefined,
  'commonest-answer': ({ answers }) => {
    if (!answers || answers.asked === 0) return undefined;
    const { right, asked, commonest } = answers;
    const share = commonest / asked;
    if (wilson(right, asked).low > share || (share === 1 && right === asked)) return undefined;
    return {
      sentence: `${percent(right / asked)} correct is not measurably better than always giving the commonest answer, which is right in ${percent(share)} of these samples.`,
      figure: share,
    };
  },
} as const satisfies Readonly<Record<string, Judge>>;

export type SuspicionKind = keyof typeof judges;
export const suspicionKinds = Object.keys(judges) as SuspicionKind[];

/** What is suspicious about these numbers. */
export const suspicionsOf = (evidence: Evidence): readonly Suspicion[] =>
  suspicionKinds.flatMap((kind) => {
    const judge: Judge = judges[kind];
    const found = judge(evidence);
    return found ? [{ kind, ...found }] : [];
  });
