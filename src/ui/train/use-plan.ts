// The runs of the configured sweep, and what their training costs, as far as it has been estimated.
import { useMemo } from 'react';
import { settingOf } from '../../store/slices/estimate.ts';
import { isDone, isSweep, type PlannedRun, planOfSweep, type SweepPlan } from '../../store/sweep-plan.ts';
import { usePlayground } from '../playground.tsx';

export interface PlanWithCost extends SweepPlan {
  readonly isSweep: boolean;
  /** Those that are not in the library yet, or not evaluated as asked. */
  readonly left: readonly PlannedRun[];
  /** Milliseconds of training that are left; undefined until all settings are estimated, or if one cannot be. */
  readonly milliseconds: number | undefined;
}

export function usePlan(): PlanWithCost {
  const config = usePlayground(({ experiment }) => experiment.config);
  const train = usePlayground(({ experiment }) => experiment.train);
  const entries = usePlayground(({ runs }) => runs.entries);
  const times = usePlayground(({ estimate }) => estimate.times);
  // Not again with every time that becomes known.
  const plan = useMemo(() => {
    const all = planOfSweep({ config, train }, entries);
    return { ...all, isSweep: isSweep(train), left: all.runs.filter((run) => !isDone(run, train)) };
  }, [config, train, entries]);
  const costs = plan.left.map(({ config: each, record }) => {
    const whole = times.get(settingOf(each)) ?? Number.NaN;
    const { step, steps } = record?.progress ?? { step: 0, steps: 1 };
    return whole * (1 - step / steps);
  });
  const milliseconds = costs.reduce((sum, cost) => sum + cost, 0);
  return { ...plan, milliseconds: Number.isNaN(milliseconds) ? undefined : milliseconds };
}
