// The metrics of a training step, for tests in which most of them do not matter.
import { allMetrics, type StepMetrics, type TimingKey } from '../train/metrics.ts';

/** 0.5 for shares and 1 for everything else, unless given. */
export const someMetrics = (given: Partial<StepMetrics> = {}): StepMetrics => ({
  ...(Object.fromEntries(allMetrics.map(({ key, format }) => [key, format === 'share' ? 0.5 : 1])) as StepMetrics),
  ...given,
});

/** What two equal runs agree in. */
export const withoutTiming = <T extends StepMetrics>(step: T): Omit<T, TimingKey> =>
  Object.fromEntries(
    Object.entries(step).filter(([name]) => !allMetrics.some(({ key, isTiming }) => isTiming && key === name)),
  ) as Omit<T, TimingKey>;
