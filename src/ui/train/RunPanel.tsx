// The run: its buttons, how far it is, and its curves.
import { lazy, Suspense } from 'react';
import { catalogue } from '../../models/catalogue.ts';
import { getPlayground, usePlayground } from '../../store/client.ts';
import { fileNames } from '../../store/materials.ts';
import { accuracyOf, lossName, measureOf } from '../../store/measures.ts';
import { isTraining, type RunSlice } from '../../store/run.ts';
import { tasks } from '../../tasks/index.ts';
import { bytesOf, OpenFile } from '../controls/OpenFile.tsx';
import { bytes, count, duration, percent, small, whole } from '../format.ts';
import { useCalm } from '../use-calm.ts';

const TrainCharts = lazy(() => import('../charts/TrainCharts.tsx'));
const CompareChart = lazy(() => import('../charts/CompareChart.tsx'));

const words: Readonly<Record<RunSlice['status'], string>> = {
  idle: 'Not started',
  starting: 'Getting ready …',
  running: 'Training',
  paused: 'Paused',
  ended: 'Stopped',
  failed: 'Failed',
  lost: 'GPU lost',
};

export function RunPanel() {
  const run = usePlayground((state) => state.run);
  const { status, error, finished, version, curves, config, materials, checkpoint, fromStorage, onGpu } = run;
  const { compared, isKept } = run;
  const calm = useCalm(version, 250);
  return (
    <div className="run">
      <section className="panel" aria-label="Run">
        <header className="panel-head">
          <h2>{status === 'ended' && finished ? 'Finished' : words[status]}</h2>
          <p className="hidden" role="status">
            {status === 'ended' && finished ? 'Training finished' : words[status]}
          </p>
        </header>
        <Buttons />
        {error && (
          <p className="alert" role="alert">
            {error}
          </p>
        )}
        {checkpoint && fromStorage && !isTraining(status) && (
          <div className="note-box">
            <p>
              The last run was kept: {catalogue[checkpoint.config.model].title}, {tasks[checkpoint.config.task].title},
              step {whole(checkpoint.progress.step)} of {whole(checkpoint.progress.steps)},{' '}
              {new Date(checkpoint.saved).toLocaleString('en')}.
            </p>
            <button type="button" onClick={() => getPlayground().run.resumeKept()}>
              Resume the last run
            </button>
          </div>
        )}
        <Progress />
        {(status === 'ended' || onGpu) && <WhatNext done={status === 'ended'} />}
      </section>
      {compared.length > 0 && (
        <section className="panel charts" aria-label="Compared runs">
          <Suspense fallback={<p className="placeholder">Loading the charts …</p>}>
            <CompareChart
              compared={compared}
              config={isKept ? undefined : config}
              files={fileNames(materials ?? {})}
              curves={isKept ? undefined : curves}
              version={calm}
              onDrop={run.dropCompared}
            />
          </Suspense>
        </section>
      )}
      <section className="panel charts" aria-label="Curves">
        {curves.steps.length === 0 || !config ? (
          <p className="placeholder">Loss and accuracy are drawn here, live, once the run has made its first step.</p>
        ) : (
          <Suspense fallback={<p className="placeholder">Loading the charts …</p>}>
            <TrainCharts curves={curves} config={config} version={calm} />
          </Suspense>
        )}
      </section>
    </div>
  );
}

function Buttons() {
  const status = usePlayground(({ run }) => run.status);
  const checkpoint = usePlayground(({ run }) => run.checkpoint);
  const onGpu = usePlayground(({ run }) => run.onGpu);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { run } = getPlayground();
  const busy = isTraining(status);
  return (
    <fieldset className="transport">
      <legend className="hidden">Run</legend>
      {!busy && (
        <button type="button" className="primary" disabled={!ready} onClick={() => run.start()}>
          <span aria-hidden="true">▶</span> {status === 'idle' ? 'Start' : 'Start anew'}
        </button>
      )}
      {(status === 'running' || status === 'starting') && (
        <button type="button" className="primary" disabled={status === 'starting'} onClick={run.pause}>
          <span aria-hidden="true">❚❚</span> Pause
        </button>
      )}
      {status === 'paused' && (
        <button type="button" className="primary" onClick={run.continue}>
          <span aria-hidden="true">▶</span> Continue
        </button>
      )}
      <button
        type="button"
        disabled={!ready || !(status === 'idle' || status === 'running' || status === 'paused')}
        onClick={run.step}
        title="One training step, then pause"
      >
        Step
      </button>
      <button type="button" disabled={status !== 'running' && status !== 'paused'} onClick={run.stop}>
        Stop
      </button>
      {checkpoint && status === 'ended' && checkpoint.progress.step < checkpoint.progress.steps && (
        <button type="button" onClick={run.resumeKept}>
          Resume at step {whole(checkpoint.progress.step)}
        </button>
      )}
      {checkpoint && (status === 'lost' || status === 'failed') && (
        <button type="button" onClick={run.resumeKept}>
          Resume from the last checkpoint
        </button>
      )}
      <span className="spring" />
      <button
        type="button"
        disabled={!onGpu && !checkpoint}
        onClick={run.save}
        title="Save the model with the state of its training as a .safetensors file"
      >
        Download checkpoint
      </button>
      {!busy && (
        <OpenFile
          accept=".safetensors"
          title="Go on from a training checkpoint (.safetensors) saved here before, or drop one here"
          onFile={async (file) => run.resumeFile(file.name, await bytesOf(file))}
        >
          Resume from file…
        </OpenFile>
      )}
    </fieldset>
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
  if (!progress || !config) return null;
  const measure = measureOf(config.task);
  const unit = measure === 'every word' ? lossName(config.unit) : undefined;
  const stage = Math.min(progress.stage + 1, progress.stages);
  const active = status === 'running';
  return (
    <>
      <div className="progress">
        <progress max={progress.steps} value={finished ? progress.steps : progress.step} aria-label="Training" />
        <p>
          Stage {stage} of {progress.stages} (up to {progress.segments}{' '}
          {progress.segments === 1 ? 'segment' : 'segments'}) · step {whole(progress.step)} of {whole(progress.steps)}
          {active && step && ` · ${duration(step.remaining)} left`}
        </p>
      </div>
      <dl className="figures">
        <Figure name="Loss" value={small(step?.loss ?? Number.NaN)} />
        {unit && <Figure name={capital(unit.name)} value={small(unit.of(step?.loss ?? Number.NaN))} />}
        <Figure
          name="Batch accuracy"
          help={`Share of ${accuracyOf[measure]} in the last batch`}
          value={percent(step?.accuracy ?? Number.NaN)}
        />
        <Figure name="Speed" value={`${count(step?.tokensPerSecond ?? Number.NaN)} tokens/s`} />
        <Figure name="A step" value={duration(step?.milliseconds ?? Number.NaN)} />
        {model && <Figure name="Parameters" value={count(model.parameters)} />}
        {model && <Figure name="GPU memory" value={bytes(model.gpuBytes)} />}
      </dl>
    </>
  );
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);

const Figure = ({ name, value, help }: { readonly name: string; readonly value: string; readonly help?: string }) => (
  <div>
    <dt title={help}>{name}</dt>
    <dd>{value}</dd>
  </div>
);

function WhatNext({ done }: { readonly done: boolean }) {
  const { experiment } = getPlayground();
  const hasSteps = usePlayground(({ run }) => (run.progress?.step ?? 0) > 0);
  const isKept = usePlayground(({ run }) => run.isKept);
  const hasValidations = usePlayground(({ run }) => run.version > 0 && run.curves.validations.size > 0);
  if (!hasSteps) return null;
  return (
    <p className="actions">
      <button
        type="button"
        className={done ? 'primary' : ''}
        onClick={() => {
          experiment.setStream({ model: 'training', task: undefined, segments: undefined });
          getPlayground().stream.forget();
          experiment.show('stream');
        }}
      >
        Watch it stream
      </button>
      <button
        type="button"
        className={done ? 'primary' : ''}
        onClick={() => {
          experiment.setEvaluate({ model: 'training', task: undefined });
          experiment.show('extrapolate');
        }}
      >
        How far does it extrapolate?
      </button>
      {done && (
        <button
          type="button"
          disabled={isKept || !hasValidations}
          title="Its validation curves stay behind those of the next run, until they are removed or the page is left"
          onClick={() => getPlayground().run.keepForComparison()}
        >
          {isKept ? 'Kept for comparison' : 'Keep for comparison'}
        </button>
      )}
    </p>
  );
}
