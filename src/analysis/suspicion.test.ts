import { describe, expect, it } from 'vitest';
import { type LossHistory, lossAfter, type ScoredAnswers, suspicionsOf } from './suspicion.ts';

const guess = Math.log(6);
/** The history after these losses, one for each step; a nested list is a stage. */
function after(...stages: readonly (readonly number[])[]): LossHistory | undefined {
  let history: LossHistory | undefined;
  let step = 0;
  stages.forEach((losses, stage) => {
    for (const loss of losses) history = lossAfter(history, { step: ++step, loss, stage, guess });
  });
  return history;
}
const steps = (count: number, loss: (i: number) => number) => Array.from({ length: count }, (_, i) => loss(i));
const kindsOf = (loss: LossHistory | undefined) => suspicionsOf({ loss }).map(({ kind }) => kind);
const answers = (right: number, asked: number, commonest: number): ScoredAnswers => ({
  right,
  asked,
  commonest,
  loss: 1,
});

describe('divergence', () => {
  it('is a loss that stays far above its start, named with both figures', () => {
    const [found, ...others] = suspicionsOf({ loss: after([1.9, ...steps(160, (i) => Math.min(23.7, 2 + i))]) });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'divergence' });
    expect(found?.figure).toBeCloseTo(23.7, 5);
    expect(found?.sentence).toMatch(/far above its start for \d+ steps, now 23\.7 nats after 1\.9 nats/);
  });

  it('is a loss that was low and stays near that of guessing within a stage', () => {
    const learnt = steps(200, (i) => Math.max(0.05, 1.8 - i / 40));
    const [found] = suspicionsOf({ loss: after([...learnt, ...steps(80, () => 1.79)]) });
    expect(found?.sentence).toMatch(/far above its best for \d+ steps, now 1\.79 nats after 0\.05\d* nats/);
  });

  it('ends when the loss falls again', () => {
    const high = [1.9, ...steps(30, () => 20)];
    expect(kindsOf(after(high))).toEqual(['divergence']);
    expect(kindsOf(after([...high, ...steps(60, () => 1.5)]))).toEqual(['was-diverged']);
  });

  it('stays in the history once it is over, with the steps of its beginning and end', () => {
    const [found, ...others] = suspicionsOf({
      loss: after(
        [1.9, ...steps(30, () => 20), ...steps(60, () => 1.5)],
        steps(300, () => 1.5),
      ),
    });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'was-diverged', figure: 2 });
    expect(found?.sentence).toMatch(/^The run diverged at step 2 and came back at step \d+\./);
    // The last time counts.
    const twice = [1.9, ...steps(30, () => 20), ...steps(69, () => 1.5), ...steps(30, () => 20), ...steps(60, () => 1)];
    expect(suspicionsOf({ loss: after(twice) })[0]?.figure).toBeGreaterThan(100);
  });

  it('is no short peak, no harder next stage, no unlearnt task and no noise', () => {
    const falling = steps(60, (i) => 1.8 - i / 40);
    expect(kindsOf(after([1.9, ...steps(4, () => 9), ...falling]))).toEqual([]);
    expect(
      kindsOf(
        after(
          falling,
          steps(200, () => 1.9),
        ),
      ),
    ).toEqual([]);
    expect(kindsOf(after(steps(500, (i) => 1.79 + 0.3 * Math.sin(i))))).toEqual([]);
    expect(kindsOf(after(steps(500, (i) => 0.2 + 0.15 * Math.sin(i / 3))))).toEqual([]);
  });

  it('is judged by the loss of guessing where a run was resumed without its history', () => {
    expect(kindsOf(after([0.01, ...steps(40, () => 0.2)]))).toEqual([]);
    expect(kindsOf(after([0.01, ...steps(40, () => 8)]))).toEqual(['divergence']);
  });

  it('is the same after the history was stored as JSON', () => {
    const stored = JSON.parse(JSON.stringify(after([1.9, 5, 7]))) as LossHistory;
    expect(lossAfter(stored, { step: 4, loss: 9, stage: 0, guess })).toEqual(after([1.9, 5, 7, 9]));
  });
});

describe('an accuracy', () => {
  it('no better than the share of the commonest answer is named with that share', () => {
    const [found, ...others] = suspicionsOf({ answers: answers(52, 256, 53) });
    expect(others).toEqual([]);
    expect(found).toMatchObject({ kind: 'commonest-answer', figure: 53 / 256 });
    expect(found?.sentence).toMatch(/^20\.3 % correct .* commonest answer, which is right in 20\.7 %/);
  });

  it.each([
    ['within the error of so few samples', answers(6, 16, 4), true],
    ['clearly above', answers(150, 256, 53), false],
    ['perfect where all answers are alike', answers(40, 40, 40), false],
    ['of nothing', answers(0, 0, 0), false],
    ['below', answers(0, 100, 40), true],
  ])('%s', (_, given, isSuspicious) => {
    expect(suspicionsOf({ answers: given }).length > 0).toBe(isSuspicious);
  });

  it('with a loss that is not finite means nothing', () => {
    const kinds = suspicionsOf({ answers: { ...answers(90, 100, 20), loss: Number.NaN } }).map(({ kind }) => kind);
    expect(kinds).toEqual(['not-finite']);
  });
});
