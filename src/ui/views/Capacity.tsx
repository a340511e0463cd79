// Capacity: accuracy against how much a memory has to hold, and against its size, for several models side by side.
import { lazy, Suspense, useMemo, useState } from 'react';
import { planOf, stepsOf, variedOf } from '../../store/capacity-plan.ts';
import { chanceOf } from '../../tasks/measures.ts';
import { CapacityProgress } from '../capacity/CapacityProgress.tsx';
import { CapacitySettings } from '../capacity/CapacitySettings.tsx';
import { CapacityTable } from '../capacity/CapacityTable.tsx';
import { capacityCurves, capacityData, curveName, memoryCurves } from '../capacity/curves.ts';
import { lineOf } from '../charts/names.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { Field } from '../controls/Field.tsx';
import { Figure } from '../figure/Figure.tsx';
import { integer } from '../format.ts';
import { OpenedModels } from '../models/OpenedModels.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { useCalm } from '../use-calm.ts';

const LinesChart = lazy(async () => ({ default: (await import('../charts/LinesChart.tsx')).LinesChart }));

export function Capacity() {
  const missing = usePlayground(({ device }) => device.status === 'missing');
  return (
    <>
      <div className={layout.lead}>
        <h1>How much a memory holds</h1>
        <p>
          A memory of a fixed size holds a limited number of facts. Each model is evaluated on documents with more and
          more of them, all of which it has to keep until the question. Where its curve falls is its capacity. RMT keeps
          everything in its memory tokens, ARMT in an associative matrix of each layer, and Transformer-XL in a cache of
          its last inputs.
        </p>
      </div>
      {missing && <NoGpu />}
      <Measurement />
      <Results />
    </>
  );
}

function Measurement() {
  const actions = useActions();
  const settings = usePlayground(({ experiment }) => experiment.capacity);
  const { status, errors } = usePlayground(({ capacity }) => capacity);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const hasResults = usePlayground(({ evaluate }) => evaluate.results.some((result) => result.settings));
  const plan = planOf(settings);
  const runs = plan.flatMap((entry) => (entry.kind === 'train' ? [entry.config] : []));
  const steps = runs.reduce((sum, config) => sum + stepsOf(config), 0);
  const busy = status !== 'idle';
  return (
    <form
      className={sections.panel}
      aria-label="What to measure"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && ready) void actions.capacity.start();
      }}
    >
      <CapacitySettings />
      <p className={typography.note}>
        {runs.length > 0
          ? `${integer(runs.length)} ${runs.length === 1 ? 'model' : 'models'} to train, ${integer(steps)} steps in all. They are added to your runs.`
          : plan.length > 0
            ? 'Nothing is trained.'
            : 'Choose a model at hand, or models to train.'}
      </p>
      <fieldset className={layout.actions}>
        <legend className={typography.hidden}>Measurement</legend>
        <button
          type="submit"
          className={buttons.primary}
          title="Train the chosen models and evaluate each"
          aria-disabled={busy}
          disabled={!ready || plan.length === 0}
        >
          <span aria-hidden="true">▶</span> Start
        </button>
        <button
          type="button"
          title="End the measurement; results and runs so far are kept"
          disabled={!busy}
          onClick={actions.capacity.cancel}
        >
          Cancel
        </button>
        <button
          type="button"
          title="Remove all results from the charts and the table; runs are kept"
          disabled={busy || !hasResults}
          onClick={actions.capacity.clear}
        >
          Clear results
        </button>
      </fieldset>
      <CapacityProgress />
      <OpenedModels onOpen={(model) => actions.experiment.setCapacity({ model })} />
      <Alert>{errors.length > 0 && errors.join(' ')}</Alert>
    </form>
  );
}

function Results() {
  const settings = usePlayground(({ experiment }) => experiment.capacity);
  const results = useCalm(
    usePlayground(({ evaluate }) => evaluate.results),
    150,
  );
  const { task } = settings;
  const { name, knob } = variedOf(settings);
  const curves = useMemo(() => capacityCurves(results, task, name), [results, task, name]);
  const [chosen, choose] = useState<number>();
  const values = [...new Set(curves.flatMap(({ points }) => points.map(({ value }) => value)))].sort((a, b) => a - b);
  const value = chosen !== undefined && values.includes(chosen) ? chosen : values[Math.floor(values.length / 2)];
  const lines = useMemo(
    () =>
      curves.map(({ result, points }) => ({
        name: curveName(result),
        look: lineOf(result),
        points: points
          .filter(({ fits }) => fits)
          .map(({ value, accuracy, low, high }) => ({ x: value, y: accuracy, low, high })),
      })),
    [curves],
  );
  const bySize = useMemo(
    () =>
      (value === undefined ? [] : memoryCurves(curves, value)).map(({ kind, points }, look) => ({
        name: kind,
        look,
        points: points.map(({ memory, accuracy, low, high }) => ({ x: memory, y: accuracy, low, high })),
      })),
    [curves, value],
  );
  const by = knob.label.toLowerCase();
  const chance = chanceOf(task);
  if (curves.length === 0)
    return <p className={sections.placeholder}>Results appear here, one curve for each model.</p>;
  const data = () => capacityData(curves, task, name);
  const sizes = [...new Set(bySize.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const common = {
    formatX: integer,
    log: true,
    quantity: 'share',
    title: 'accuracy',
    interval: 'bars',
    chances: chance === undefined ? [] : [chance],
    height: 320,
  } as const;
  return (
    <section className={classNames(sections.panel, sections.charts)} aria-label="Capacity">
      <Suspense fallback={<p className={sections.placeholder}>Loading the chart …</p>}>
        <Figure title={`Accuracy by ${by}`} data={data}>
          <LinesChart
            {...common}
            caption={<Caption by={by} />}
            by={by}
            nameX={(x) => `${integer(x)} ${by}`}
            ticks={values}
            lines={lines}
          />
        </Figure>
        <CapacityTable curves={curves} by={knob.label} />
        {bySize.length > 0 && value !== undefined && (
          <>
            <div className={controls.row}>
              <Field
                label={`${knob.label} in the chart below`}
                help="Accuracy by the size of memory is shown at this number."
              >
                {(ids) => (
                  <select {...ids} value={value} onChange={({ target }) => choose(Number(target.value))}>
                    {values.map((each) => (
                      <option key={each} value={each}>
                        {integer(each)}
                      </option>
                    ))}
                  </select>
                )}
              </Field>
            </div>
            <Figure title="Accuracy by size of memory" data={data}>
              <LinesChart
                {...common}
                caption={<Caption by="size of memory" at={`, with ${integer(value)} ${by}`} />}
                by="size of memory"
                nameX={(x) => `size of memory ${integer(x)}`}
                ticks={sizes}
                lines={bySize}
              />
            </Figure>
          </>
        )}
      </Suspense>
    </section>
  );
}

/** @param at added to the caption, such as a value that holds for all points */
const Caption = ({ by, at = '' }: { readonly by: string; readonly at?: string }) => (
  <>
    <strong>Accuracy</strong> by {by}
    {at}; bars are 95 % intervals (Wilson)
  </>
);
