// Numbers under suspicion: what in the figures of a run or an evaluation is probably not what it seems. One entry each;
// every place that shows the figures shows this list with them.
import { shareText, type TextReport, tokenName } from '../text/text-report.ts';
import type { Unit } from '../text/unit.ts';
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
  /** The last time that the run diverged: its first step, and the first one after it, null while it lasts. */
  readonly diverged?: { readonly from: number; readonly until: number | null };
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
  /** How a text of the user is read. */
  readonly words?: TextReport | undefined;
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
/** Steps of a divergence that is still named once it is over; a shorter one is a peak. */
const LASTING = 25;

/** Far above the loss of the first step, which is about that of guessing. */
const startLimit = (reference: number) => 1.5 * reference + 0.5;
/** Most of what was gained since the start is lost; only where a good part had been gained. */
const bestLimit = (reference: number, lowest: number | null) =>
  lowest !== null && lowest < 0.7 * reference ? lowest + 0.7 * (reference - lowest) : Number.POSITIVE_INFINITY;

const hasDiverged = ({ above }: LossHistory) => above.start >= LONG.start || above.best >= LONG.best;

/**
 * The history after one more step.
 * @param step of the run, from 1
 * @param guess the loss of guessing, ln(classes): where the first steps are unknown, they count as this at least
 */
export function lossAfter(
  before: LossHistory | undefined,
  {
    step,
    loss,
    stage,
    guess,
  }: { readonly step: number; readonly loss: number; readonly stage: number; readonly guess: number },
): LossHistory {
  const first = before?.first ?? loss;
  const same = before?.stage === stage ? before : undefined;
  const steps = (same?.steps ?? 0) + 1;
  const smooth = same ? same.smooth + (loss - same.smooth) / Math.min(steps, SMOOTHED) : loss;
  const lowest = steps < SMOOTHED ? null : Math.min(smooth, same?.lowest ?? smooth);
  const reference = Math.max(first, guess);
  const above = {
    start: smooth > startLimit(reference) ? (before?.above.start ?? 0) + 1 : 0,
    best: smooth > bestLimit(reference, lowest) ? (same?.above.best ?? 0) + 1 : 0,
  };
  const now = { first, stage, steps, smooth, lowest, above };
  const last = before?.diverged;
  const isOpen = last?.until === null;
  if (hasDiverged(now) && !isOpen)
    return { ...now, diverged: { from: step + 1 - Math.max(above.start, above.best), until: null } };
  if (!hasDiverged(now) && isOpen) return { ...now, diverged: { ...last, until: step } };
  return { ...now, ...(last ? { diverged: last } : {}) };
}

/** Shares of a text above which a loss or an accuracy says little about it. In finer units less should be lost. */
const mostUnknown: Readonly<Record<Unit, number>> = { words: 0.2, characters: 0.05, bytes: 0, pieces: 0.05 };
const mostCommon = 0.4;

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
  'was-diverged': ({ loss }) => {
    const { from, until } = loss?.diverged ?? {};
    if (from === undefined || typeof until !== 'number' || until - from < LASTING) return undefined;
    return {
      sentence: `The run diverged at step ${from} and came back at step ${until}. What it had learnt before may be lost; a run with a lower learning rate, or with clip_norm, shows whether it was.`,
      figure: from,
    };
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
  'unknown-words': ({ words: text }) => {
    if (!text || text.unknown <= mostUnknown[text.unit] * text.words) return undefined;
    const finer = { words: 'characters or bytes', characters: 'bytes', bytes: undefined, pieces: undefined }[text.unit];
    const share = text.unknown / text.words;
    return {
      sentence: `${shareText(share)} of this text is read as [UNK], so the model cannot learn or predict it. ${
        finer ? `Set the unit to ${finer}` : 'Use another text'
      }${text.unit === 'words' ? ', or keep more words' : ''}; a trained model needs a text like the one it was trained on.`,
      figure: share,
    };
  },
  'repeated-word': ({ words: text }) => {
    if (!text || text.unknown > mostUnknown[text.unit] * text.words) return undefined;
    const share = text.commonest.count / text.words;
    if (!(share > mostCommon)) return undefined;
    return {
      sentence: `${shareText(share)} of this text is the same token, ${tokenName(text.commonest.token)}: a model that always predicts it is right as often. Use a text with more variety.`,
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

/** What is suspicious about the results for several numbers of segments, each sentence once. */
export function bySentence(
  points: readonly { readonly segments: number; readonly suspicions: readonly Suspicion[] }[],
): readonly { readonly suspicion: Suspicion; readonly segments: readonly number[] }[] {
  const found = new Map<string, { readonly suspicion: Suspicion; readonly segments: number[] }>();
  for (const { segments, suspicions } of points)
    for (const suspicion of suspicions) {
      const same = found.get(suspicion.sentence);
      if (same) same.segments.push(segments);
      else found.set(suspicion.sentence, { suspicion, segments: [segments] });
    }
  return [...found.values()];
}
