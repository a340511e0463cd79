// A linear probe of the memory over many documents: its settings, its progress, its accuracy, and the states it saw.
import { lazy, Suspense } from 'react';
import { probedSegments } from '../../../store/slices/probe.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { chanceOf, measureOf } from '../../../tasks/measures.ts';
import { Alert } from '../../controls/Alert.tsx';
import { Field } from '../../controls/Field.tsx';
import { IntegerInput } from '../../controls/IntegerInput.tsx';
import { SeedInput } from '../../controls/SeedInput.tsx';
import { Figure } from '../../figure/Figure.tsx';
import { integer, percent } from '../../format.ts';
import { Term } from '../../glossary/Term.tsx';
import { useActions, usePlayground } from '../../playground.tsx';
import buttons from '../../styles/buttons.module.css';
import controls from '../../styles/controls.module.css';
import layout from '../../styles/layout.module.css';
import meters from '../../styles/meters.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import { ProbeProjection } from './ProbeProjection.tsx';
import { ProbeTable } from './ProbeTable.tsx';
import { heldOut, probeData, shareOf } from './probe-data.ts';

const ProbeChart = lazy(() => import('./ProbeChart.tsx'));

const penalties = [0.001, 0.01, 0.1, 1, 10] as const;

interface ProbeProps {
  readonly log: StreamLog;
  readonly current: number;
}

export function Probe({ log, current }: ProbeProps) {
  const { status, error, outcome } = usePlayground(({ probe }) => probe);
  const chance = usePlayground(({ models, experiment }) =>
    chanceOf(outcome?.task ?? '', models.card(models.resolve(experiment.stream.model) ?? '')?.knobs ?? {}),
  );
  const isText = measureOf(log.model.task ?? '') === 'every word';
  return (
    <section className={sections.panel} aria-label="Linear probe of the memory">
      <header className={sections.head}>
        <h2>Linear probe over many documents</h2>
      </header>
      <p className={typography.note}>
        Reads sampled documents of the model’s task, then fits a <Term id="probe">linear probe</Term> (multinomial
        logistic regression with an L2 penalty) that predicts the answer from the memory after a segment: on two thirds
        of the documents, scored on the others. What it can read is in the memory; whether the model uses it is another
        question. The control is the same probe with the answers shuffled among the documents.
      </p>
      {isText ? (
        <p className={typography.note}>This task continues a text and has no answer that a probe could predict.</p>
      ) : (
        <>
          <Settings isWords={measureOf(log.model.task ?? '') === 'answer words'} />
          <Progress />
          <Alert>{status === 'failed' ? error : undefined}</Alert>
          {outcome && outcome.points.length > 0 && (
            <>
              <Finding />
              <Figure title="Linear probe of the memory" data={() => probeData(outcome)}>
                <Suspense fallback={<p role="status">Opening the chart …</p>}>
                  <ProbeChart outcome={outcome} chance={chance} />
                </Suspense>
              </Figure>
              <ProbeTable outcome={outcome} />
            </>
          )}
          {outcome?.documents && outcome.projections.length > 0 && (
            <ProbeProjection outcome={outcome} log={log} current={current} />
          )}
        </>
      )}
    </section>
  );
}

function Settings({ isWords }: { readonly isWords: boolean }) {
  const { settings, status } = usePlayground(({ probe }) => probe);
  const segments = usePlayground(probedSegments);
  const device = usePlayground((state) => state.device.status);
  const { probe } = useActions();
  const isRunning = status === 'starting' || status === 'reading' || status === 'fitting';
  return (
    <form
      aria-label="What to probe"
      className={layout.stack}
      onSubmit={(event) => {
        event.preventDefault();
        void probe.start();
      }}
    >
      <div className={controls.row}>
        <IntegerInput
          label="Documents"
          help="Sampled for the probe. The more there are, the narrower the intervals, and the less the probe fits by chance."
          className={controls.short}
          value={settings.samples}
          min={12}
          max={5000}
          onChange={(samples) => probe.set({ samples })}
        />
        <IntegerInput
          label="Segments"
          help="The length of these documents; at first that of the document on show. Up to 16 segments, evenly spaced, are measured."
          className={controls.short}
          value={segments}
          min={1}
          max={4096}
          onChange={(segments) => probe.set({ segments })}
        />
        <Field
          label="L2 penalty"
          help="λ: half of it times the squared weights is added to the mean cross-entropy, for states standardised to unit variance. A larger one makes a simpler probe."
        >
          {(ids) => (
            <select
              {...ids}
              value={settings.penalty}
              onChange={({ target }) => probe.set({ penalty: Number(target.value) })}
            >
              {penalties.map((penalty) => (
                <option key={penalty}>{penalty}</option>
              ))}
            </select>
          )}
        </Field>
        {isWords && (
          <IntegerInput
            label="Word of the answer"
            help="The answer of this task is several words; the probe predicts one of them."
            className={controls.short}
            value={settings.word}
            min={1}
            max={360}
            onChange={(word) => probe.set({ word })}
          />
        )}
        <SeedInput value={settings.seed} onChange={(seed) => probe.set({ seed })} help="Chooses the documents." />
      </div>
      <p className={layout.actions}>
        <button type="submit" className={buttons.primary} disabled={isRunning || device !== 'ready'}>
          Probe the memory
        </button>
        {isRunning && (
          <button type="button" onClick={() => probe.stop()}>
            Stop
          </button>
        )}
      </p>
    </form>
  );
}

function Progress() {
  const { status, read, settings, outcome } = usePlayground(({ probe }) => probe);
  if (status === 'starting') return <p role="status">Preparing the GPU and the model …</p>;
  if (status !== 'reading' && status !== 'fitting') return null;
  const { samples } = outcome?.settings ?? settings;
  const total = outcome?.at.length ?? 0;
  const fitted = outcome?.points.length ?? 0;
  const isReading = status === 'reading';
  return (
    <div className={meters.progress}>
      <progress aria-label="Probe" max={1} value={isReading ? (0.7 * read) / samples : 0.7 + (0.3 * fitted) / total} />
      <p role="status">
        {isReading
          ? `${integer(read)} of ${integer(samples)} documents read`
          : `Probe fitted after ${integer(fitted)} of ${integer(total)} segments`}
      </p>
    </div>
  );
}

/** The last segment's figures in a sentence. */
function Finding() {
  const outcome = usePlayground(({ probe }) => probe.outcome);
  const point = outcome?.points.at(-1);
  if (!outcome || !point) return null;
  const total = heldOut(outcome);
  const { share, low, high } = shareOf(point.answers.heldOut, total);
  const control = shareOf(point.control.heldOut, total);
  return (
    <p>
      After segment {integer(point.segment + 1)}, a linear classifier of {outcome.model.name}’s memory names the answer
      of {percent(share)} of {integer(total)} held-out documents (95 % interval {percent(low)} to {percent(high)}); with
      shuffled answers {percent(control.share)}. Always naming the commonest answer: {percent(point.commonest / total)}.
      {outcome.status === 'stopped' && ' The probe was stopped before the last segment.'}
    </p>
  );
}
