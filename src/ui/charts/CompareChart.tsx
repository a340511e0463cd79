// Compared runs: validation accuracy and loss by step, and accuracy by length; runs that differ in their seed alone as a
// mean with its interval.
import { memo, useMemo, useState } from 'react';
import { sameData, whatDiffers } from '../../store/compare.ts';
import type { ComparedRun } from '../../store/compared-run.ts';
import { type Group, groupsOf, lengthPoints, meanOf, type RunPoint, validationPoints } from '../../store/groups.ts';
import type { Curves } from '../../store/library/curves.ts';
import { accuracyOf, chanceOf, measureOf } from '../../tasks/measures.ts';
import { classNames } from '../class-names.ts';
import { Field } from '../controls/Field.tsx';
import { Figure } from '../figure/Figure.tsx';
import { count, integer } from '../format.ts';
import badges from '../styles/badges.module.css';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import legends from '../styles/legends.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './CompareChart.module.css';
import { CompareTable, GroupTable } from './CompareTables.tsx';
import { comparedData, inFull } from './data.ts';
import { groupedLengths, groupedValidations } from './grouped-data.ts';
import { LineKey } from './LineKey.tsx';
import { type ChartLine, LinesChart } from './LinesChart.tsx';

interface CompareChartProps {
  readonly title?: string;
  readonly compared: readonly ComparedRun[];
  /** The current run, with its growing curves. */
  readonly present?: Omit<ComparedRun, 'validations'> | undefined;
  readonly curves?: Curves | undefined;
  /** Changes when there is something new to draw. */
  readonly version?: number;
  /** Without it, runs cannot be removed. */
  onDrop?(id: string): void;
}

/** The line of a group: the run itself, or the mean with its interval and the single runs. */
function lineOf(
  { name, runs }: Group,
  look: number,
  points: (run: ComparedRun) => readonly RunPoint[],
  within?: readonly [number, number],
): ChartLine {
  const curves = runs.map(points);
  return {
    name: runs.length > 1 ? `${name} (${runs.length} runs)` : name,
    look,
    points: meanOf(curves, within).map(({ x, mean, low, high }) => ({ x, y: mean, low, high })),
    ...(runs.length > 1 ? { faint: curves } : {}),
  };
}

export default memo(function CompareChart(props: CompareChartProps) {
  const { title = 'Compared runs', compared: chosen, present, curves, onDrop } = props;
  const [wanted, setWanted] = useState<number | undefined>();
  const [areMeans, setMeans] = useState(true);
  const compared = chosen.filter(({ id }) => id !== present?.id);
  const isDrawn = present && curves && curves.validations.size > 0;
  const current = isDrawn && {
    ...present,
    validations: new Map([...curves.validations].map(([segments, series]) => [segments, series.view(100)])),
  };
  const runs: readonly ComparedRun[] = current ? [...compared, current] : compared;
  const differing = useMemo(() => whatDiffers(runs), [runs]);
  const found = useMemo(() => groupsOf(runs), [runs]);
  if (runs.length === 0) return null;
  const canGroup = found.some((group) => group.runs.length > 1);
  const isGrouped = canGroup && areMeans;
  const groups: readonly Group[] = isGrouped
    ? found
    : runs.map((run, i) => ({ name: `${i + 1}. ${run.name}`, runs: [run] }));
  const lengths = [...new Set(runs.flatMap(({ validations }) => [...validations.keys()]))].sort((a, b) => a - b);
  const shared = lengths.filter((n) => runs.every((run) => (run.validations.get(n)?.length ?? 0) > 0));
  const segments = wanted !== undefined && lengths.includes(wanted) ? wanted : (shared.at(-1) ?? lengths.at(-1) ?? 1);
  const accuracies = new Set(runs.map(({ config }) => accuracyOf(measureOf(config.task), config.unit)));
  const [accuracy] = accuracies;
  const chances = new Set(runs.map((run) => chanceOf(run.config.task, run.config)));
  const [chance] = chances;
  const known = chances.size === 1 && chance !== undefined ? [chance] : [];
  const data = () =>
    isGrouped
      ? groupedValidations(groups)
      : comparedData(runs.map((run) => (run === current && curves ? { ...run, validations: inFull(curves) } : run)));
  const on = `${integer(segments)} ${segments === 1 ? 'segment' : 'segments'}`;
  const bands = isGrouped && '; lines are means over runs, bands their 95 % intervals (Student’s t)';
  const common = { interval: 'band', hasLegend: isGrouped, height: isGrouped ? 260 : 230 } as const;
  const byStep = { by: 'training step', formatX: count, nameX: (step: number) => `step ${integer(step)}` } as const;
  const evaluated = runs.filter((run) => lengthPoints(run).length > 0);
  const lookOf = (run: ComparedRun) => groups.findIndex((group) => group.runs.includes(run));
  const list = (
    <ul className={classNames(legends.legend, css.runs)}>
      {runs.map((run, i) => (
        <li key={run.id}>
          <LineKey i={lookOf(run)} /> {i + 1}. {run.name}
          {differing[i] && <span className={typography.quiet}> ({differing[i]})</span>}
          {run === current ? (
            <span className={classNames(badges.tag, css.beside)}>this run</span>
          ) : (
            onDrop && (
              <button
                type="button"
                className={classNames(buttons.plain, css.beside)}
                aria-label={`Remove ${run.name}`}
                onClick={() => onDrop(run.id)}
              >
                Remove
              </button>
            )
          )}
        </li>
      ))}
    </ul>
  );
  return (
    <>
      <header className={sections.head}>
        <h2>{title}</h2>
        {canGroup && (
          <label className={controls.check} title="Runs that differ in their seed alone as one line with its interval">
            <input type="checkbox" checked={areMeans} onChange={({ target }) => setMeans(target.checked)} /> means over
            seeds
          </label>
        )}
        {lengths.length > 1 && (
          <Field
            label="Validated on"
            help="The number of segments of the validations shown."
            className={controls.inline}
          >
            {(ids) => (
              <select {...ids} value={segments} onChange={({ target }) => setWanted(Number(target.value))}>
                {lengths.map((n) => (
                  <option key={n} value={n}>
                    {n} {n === 1 ? 'segment' : 'segments'}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
      </header>
      {onDrop || !isGrouped ? (
        list
      ) : (
        <details>
          <summary>{integer(runs.length)} runs</summary>
          {list}
        </details>
      )}
      {accuracies.size === 1 && <p className={typography.note}>Accuracy is the share of {accuracy}.</p>}
      {!sameData(runs) && (
        <p className={typography.note}>
          These runs differ in their task or its data, so their figures are not comparable.
        </p>
      )}
      <div className={layout.two}>
        <Figure title="Validation accuracy of compared runs" data={data}>
          <LinesChart
            {...common}
            {...byStep}
            caption={
              <>
                <strong>Validation accuracy</strong>, {on}
                {bands}
              </>
            }
            quantity="share"
            title="accuracy"
            lines={groups.map((group, i) =>
              lineOf(group, i, (run) => validationPoints(run, segments, 'accuracy'), [0, 1]),
            )}
            chances={known}
          />
        </Figure>
        <Figure title="Validation loss of compared runs" data={data}>
          <LinesChart
            {...common}
            {...byStep}
            caption={
              <>
                <strong>Validation loss</strong>, {on}
                {bands}
              </>
            }
            quantity="nats"
            title="loss (nats)"
            lines={groups.map((group, i) => lineOf(group, i, (run) => validationPoints(run, segments, 'loss')))}
          />
        </Figure>
      </div>
      {evaluated.length > 0 && (
        <Figure title="Accuracy by length of compared runs" data={() => groupedLengths(groups)}>
          <LinesChart
            {...common}
            by="segments"
            formatX={integer}
            nameX={(n) => `${integer(n)} ${n === 1 ? 'segment' : 'segments'}`}
            ticks={[...new Set(evaluated.flatMap((run) => lengthPoints(run).map(({ x }) => x)))].sort((a, b) => a - b)}
            log
            caption={
              <>
                <strong>Accuracy</strong> by number of segments in evaluation
                {bands}
              </>
            }
            quantity="share"
            title="accuracy"
            lines={groups.map((group, i) => lineOf(group, i, lengthPoints, [0, 1]))}
            chances={known}
          />
        </Figure>
      )}
      {isGrouped && <GroupTable groups={groups} segments={segments} />}
      <CompareTable runs={runs} segments={segments} />
    </>
  );
});
