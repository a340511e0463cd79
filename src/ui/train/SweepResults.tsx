// The runs of the configured sweep that are in the library, drawn as groups: the figure of a paper.
import { lazy, Suspense, useEffect, useMemo, useState } from 'react';
import type { ComparedRun } from '../../store/compared-run.ts';
import { classNames } from '../class-names.ts';
import { useActions, usePlayground } from '../playground.tsx';
import sections from '../styles/sections.module.css';
import { usePlan } from './use-plan.ts';

const CompareChart = lazy(() => import('../charts/CompareChart.tsx'));

export function SweepResults() {
  const { runs } = useActions();
  const { isSweep, runs: planned } = usePlan();
  const here = usePlayground(({ run }) => run.id);
  // Read again with every save, but not with every step.
  const records = useMemo(
    () => (isSweep ? planned.flatMap(({ record }) => (record?.validated ? [record] : [])) : []),
    [isSweep, planned],
  );
  const key = records.map(({ id, saved, name, evaluated }) => `${id} ${saved} ${name} ${evaluated?.length}`).join('\n');
  const [found, setFound] = useState<readonly ComparedRun[]>([]);
  useEffect(() => {
    let isOld = false;
    const ids = key === '' ? [] : key.split('\n').map((line) => line.split(' ')[0] ?? '');
    void runs.comparable(ids).then((all) => {
      if (!isOld) setFound(all);
    });
    return () => {
      isOld = true;
    };
  }, [key, runs]);
  if (found.length === 0 || records.length === 0) return null;
  const isInTraining = planned.some(({ record }) => record?.id === here && record?.state === 'training');
  return (
    <section className={classNames(sections.panel, sections.charts)} aria-label="Runs of this sweep">
      <Suspense fallback={<p className={sections.placeholder}>Loading the charts …</p>}>
        <CompareChart
          title="Runs of this sweep"
          compared={isInTraining ? found.filter(({ id }) => id !== here) : found}
        />
      </Suspense>
    </section>
  );
}
