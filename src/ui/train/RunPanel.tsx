// The run: its buttons, progress and curves.
import { Fragment, lazy, Suspense, useMemo } from 'react';
import type { RunSlice } from '../../store/slices/run-state.ts';
import { accuracyOf, lossName, measureOf } from '../../tasks/measures.ts';
import { allMetrics } from '../../train/metrics.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { Suspicions } from '../controls/Suspicions.tsx';
import { TextNote } from '../controls/TextCoverage.tsx';
import { bytes, count, duration, formatOf, integer, small } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { SaveProblem } from '../runs/SaveProblem.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import lists from '../styles/lists.module.css';
import meters from '../styles/meters.module.css';
import notices from '../styles/notices.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { useCalm } from '../use-calm.ts';
import { Estimate } from './Estimate.tsx';
import { Examples } from './Examples.tsx';
import { MoreSteps } from './MoreSteps.tsx';
import { Queue } from './Queue.tsx';
import { RunButtons } from './RunButtons.tsx';
import { SweepResults } from './SweepResults.tsx';

const TrainCharts = lazy(() => import('../charts/TrainCharts.tsx'));
const MemoryOfRun = lazy(async () => ({ default: (await import('./MemoryOfRun.tsx')).MemoryOfRun }));
const CompareChart = lazy(() => import('../charts/CompareChart.tsx'));

const words: Readonly<Record<RunSlice['status'], string>> = {
  idle: 'Not started',
  starting: 'Preparing …',
  running: 'Training',
  paused: 'Paused',
  ended: 'Stopped',
  failed: 'Failed',
  lost: 'GPU lost',
};

export function RunPanel() {
  const actions = useActions();
  const run = usePlayground((state) => state.run);
  const { id, status, error, finished, version, curves, config, files, onGpu, suspicions } = run;
  const compared = usePlayground(({ runs }) => runs.compared);
  const visitOnly = usePlayground(({ runs }) => runs.visitOnly);
  const name = usePlayground(({ runs }) => runs.find(id)?.name);
  const origin = usePlayground(({ runs }) => runs.find(id)?.origin);
  const present = useMemo(
    () => (id !== undefined && config ? { id, name: name ?? 'this run', config, files, origin } : undefined),
    [id, name, config, files, origin],
  );
  const calm = useCalm(version, 250);
  return (
    <div className={layout.stack}>
      <section className={sections.panel} aria-label="Run">
        <header className={sections.head}>
          <h2>{status === 'ended' && finished ? 'Finished' : words[status]}</h2>
          {name && <p className={typography.quiet}>{name}</p>}
          <LiveStatus />
        </header>
        <RunButtons />
        <Alert>{error}</Alert>
        <Suspicions list={suspicions.map((suspicion) => ({ suspicion }))} />
        <SaveProblem withRuns />
        {visitOnly !== undefined && (
          <p className={typography.note}>
            This browser does not allow storage here, as in a private window. Runs are lost when the page is closed;
            export them on the Runs view.
          </p>
        )}
        {status === 'idle' && <LastRun />}
        <Estimate />
        <TextNote report={run.text} />
        <Progress />
        <MoreSteps />
        {(status === 'ended' || onGpu) && <WhatNext done={status === 'ended'} />}
      </section>
      <Queue />
      <SweepResults />
      {compared.length > 0 && (
        <section className={classNames(sections.panel, sections.charts)} aria-label="Compared runs">
          <Suspense fallback={<p className={sections.placeholder}>Loading the charts …</p>}>
            <CompareChart
              compared={compared}
              present={present}
              curves={curves}
              version={calm}
              onDrop={(dropped) => void actions.runs.compare(dropped, false)}
            />
          </Suspense>
        </section>
      )}
      <section className={classNames(sections.panel, sections.charts)} aria-label="Curves">
        {curves.steps.length === 0 || !config ? (
          <p className={sections.placeholder}>Loss and accuracy appear here after the first step.</p>
        ) : (
          <Suspense fallback={<p className={sections.placeholder}>Loading the charts …</p>}>
            <TrainCharts curves={curves} config={config} version={calm} />
          </Suspense>
        )}
      </section>
      <Suspense>
        <MemoryOfRun />
      </Suspense>
      <Examples />
    </div>
  );
}

/** After a reload: the run that was in training or was stopped last, to be resumed. */
function LastRun() {
  const { run } = useActions();
  const { status, entries, elsewhere, unsaved } = usePlayground(({ runs }) => runs);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  if (status !== 'ready') return null;
  const records = entries.flatMap(({ id, record }) =>
    record && record.deleted === undefined && !elsewhere.has(id) ? [record] : [],
  );
  const [newest] = [...records].sort((a, b) => b.saved - a.saved);
  const last = records.find(({ state }) => state === 'training') ?? newest;
  if (!last || last.state === 'finished') return null;
  const { id, name, progress, state, checkpoint, saved } = last;
  const reached = unsaved[id] ?? 0;
  return (
    <div className={notices.box}>
      <p>
        {name} was {state === 'training' ? 'interrupted' : state === 'failed' ? 'ended by an error' : 'stopped'}.{' '}
        {checkpoint
          ? `Saved at step ${integer(progress.step)} of ${integer(progress.steps)}, ${new Date(saved).toLocaleString('en')}; resuming continues from there.`
          : 'It has no checkpoint yet, so resuming starts it over.'}
        {reached > progress.step &&
          ` The page was closed at step ${integer(reached)} before that step could be saved. Resuming computes the steps after ${integer(checkpoint ? progress.step : 0)} again, with the same result.`}
      </p>
      <p className={layout.actions}>
        <button type="button" disabled={!ready} onClick={() => void run.resume(id)}>
          Resume the last run
        </button>
        <button type="button" onClick={() => void run.show(id)}>
          Show curves
        </button>
      </p>
    </div>
  );
}

/** The run's status for screen readers, updated at each quarter. */
function LiveStatus() {
  const status = usePlayground(({ run }) => run.status);
  const finished = usePlayground(({ run }) => run.finished);
  const quarters = usePlayground(({ run: { progress } }) =>
    progress ? Math.floor((4 * progress.step) / Math.max(1, progress.steps)) : 0,
  );
  return (
    <p className={typography.hidden} role="status">
      {status === 'ended' && finished ? 'Training finished' : words[status]}
      {status === 'running' && quarters > 0 && `, ${25 * quarters} % done`}
    </p>
  );
}

function Progress() {
  const progress = usePlayground(({ run }) => run.progress);
  const model = usePlayground(({ run }) => run.model);
  const status = usePlayground(({ run }) => run.status);
  const finished = usePlayground(({ run }) => run.finished);
  const step = useCalm(
    usePlayground(({ run }) => run.latest),
    200,
  );
  const config = usePlayground(({ run }) => run.config);
  const saved = usePlayground(({ runs, run }) => {
    const record = runs.find(run.id);
    return record?.checkpoint && record.progress.step;
  });
  if (!progress || !config) return null;
  const measure = measureOf(config.task);
  const unit = measure === 'every word' ? lossName(config.unit) : undefined;
  const stage = Math.min(progress.stage + 1, progress.stages);
  const active = status === 'running';
  const tokens = config.batch_size * config.segment_size * (step?.batchSegments ?? Number.NaN);
  const stepTime = (1000 * tokens) / (step?.tokensPerSecond ?? Number.NaN);
  return (
    <>
      <div className={meters.progress}>
        <progress max={progress.steps} value={finished ? progress.steps : progress.step} aria-label="Training" />
        <p>
          Stage {stage} of {progress.stages} (up to {progress.segments}{' '}
          {progress.segments === 1 ? 'segment' : 'segments'}) · step {integer(progress.step)} of{' '}
          {integer(progress.steps)}
          {active && step?.remaining !== undefined && ` · ${duration(step.remaining)} left`}
          {saved !== undefined && ` · saved at step ${integer(saved)}`}
        </p>
      </div>
      <dl className={lists.figures}>
        {allMetrics.map(({ key, figure, format, unit: ownUnit }) => {
          if (!figure) return null;
          const value = step?.[key] ?? Number.NaN;
          const text = formatOf[format](value);
          return (
            <Fragment key={key}>
              <Figure
                name={figure.name}
                help={figure.help?.(accuracyOf(measure, config?.unit))}
                value={figure.withUnit && ownUnit ? `${text} ${ownUnit}` : text}
              />
              {unit && ownUnit === 'nats' && <Figure name={capital(unit.name)} value={small(unit.of(value))} />}
            </Fragment>
          );
        })}
        <Figure name="Time per step" help="Mean over the last steps, validation included" value={duration(stepTime)} />
        {model && <Figure name="Parameters" value={count(model.parameters)} />}
        {model && <Figure name="GPU memory" value={bytes(model.gpuBytes)} />}
      </dl>
    </>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const Figure = ({
  name,
  value,
  help,
}: {
  readonly name: string;
  readonly value: string;
  readonly help?: string | undefined;
}) => (
  <div>
    <dt title={help}>{name}</dt>
    <dd>{value}</dd>
  </div>
);

function WhatNext({ done }: { readonly done: boolean }) {
  const actions = useActions();
  const { experiment } = useActions();
  const hasSteps = usePlayground(({ run }) => (run.progress?.step ?? 0) > 0);
  const id = usePlayground(({ run }) => run.id);
  const isKept = usePlayground(({ runs }) => runs.compared.some((run) => run.id === id));
  const hasValidations = usePlayground(({ run }) => run.version > 0 && run.curves.validations.size > 0);
  if (!hasSteps) return null;
  return (
    <p className={layout.actions}>
      <button
        type="button"
        className={done ? buttons.primary : undefined}
        onClick={() => {
          experiment.setStream({ model: 'training', task: undefined, segments: undefined });
          actions.stream.forget();
          experiment.show('stream');
        }}
      >
        Stream this model
      </button>
      <button
        type="button"
        className={done ? buttons.primary : undefined}
        onClick={() => {
          experiment.setEvaluate({ model: 'training', task: undefined });
          experiment.show('extrapolate');
        }}
      >
        Evaluate this model
      </button>
      {done && id !== undefined && (
        <button
          type="button"
          disabled={!hasValidations}
          aria-pressed={isKept}
          title="Show its validation curves together with those of later runs"
          onClick={() => void actions.runs.compare(id, !isKept)}
        >
          {isKept ? 'Kept for comparison' : 'Keep for comparison'}
        </button>
      )}
      <button type="button" onClick={() => experiment.show('runs')}>
        Show all runs
      </button>
    </p>
  );
}
