// Time and memory by length on the user's adapter: settings, progress and result of the measurement.
import { lengthsFor, overheadOf } from '../../analysis/layer-shape.ts';
import { type ComputeSettings, mostPositions, mostRuns, mostSeconds } from '../../store/address.ts';
import type { LayerModel } from '../../store/layer-model.ts';
import { measureDefaults } from '../../store/slices/measure.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { Field } from '../controls/Field.tsx';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import meters from '../styles/meters.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './Measured.module.css';
import { kindTitles, MeasuredResult } from './MeasuredResult.tsx';

const segments = [16, 32, 64, 128, 256, 512, 1024];
/** The values of a list plus the current one, sorted. */
const withOwn = (list: readonly number[], own: number) => [...new Set([...list, own])].sort((a, b) => a - b);

export function Measured({ model }: { readonly model: LayerModel | undefined }) {
  const result = usePlayground(({ compute }) => compute.result);
  return (
    <section className={classNames(sections.panel, sections.charts)} aria-label="Measured on this GPU">
      <header className={sections.head}>
        <h2>Measured on this GPU</h2>
      </header>
      <Settings model={model} />
      {result && <MeasuredResult result={result} />}
      {!result && (
        <p className={typography.note}>
          Times one forward pass of layers of this shape with random weights: in segments with memory, and over all
          positions at once with full attention. The length doubles until a pass would take too long or no longer fits
          on the adapter.
        </p>
      )}
    </section>
  );
}

function Settings({ model }: { readonly model: LayerModel | undefined }) {
  const actions = useActions();
  const settings = usePlayground(({ experiment }) => experiment.compute);
  const { status, error } = usePlayground(({ compute }) => compute);
  const facts = usePlayground(({ device }) => (device.status === 'ready' ? device.facts : undefined));
  const set = (part: Partial<ComputeSettings>) => actions.experiment.setCompute(part);
  const { start, stop } = actions.compute;
  const busy = status === 'starting' || status === 'running';
  const suited = measureDefaults(facts?.software ?? true);
  const segment = settings.segment ?? suited.segment;
  const longest = settings.longest ?? suited.longest;
  const lengths = lengthsFor(segment, longest);
  const overhead = model ? overheadOf(model.shape) : 0;
  const problem = !model
    ? undefined
    : segment <= overhead
      ? `Choose a longer segment: memory and special tokens alone take ${overhead} positions.`
      : lengths.length < 2
        ? 'Choose a longest pass of at least two segments: a single length shows no growth.'
        : undefined;
  const number = (key: 'runs' | 'seconds', label: string, help: string, most: number) => (
    <IntegerInput
      label={label}
      help={help}
      className={controls.seed}
      value={settings[key] ?? suited[key]}
      min={1}
      max={most}
      onChange={(value) => set({ [key]: value === suited[key] ? undefined : value })}
    />
  );
  return (
    <form
      aria-label="What to measure"
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && facts && model && !problem) start();
      }}
    >
      <div className={controls.row}>
        <Field
          label="Segment"
          help="Positions in a segment, memory and special tokens included; 512 in RMT-1M."
          className={controls.list}
        >
          {(ids) => (
            <select {...ids} value={segment} onChange={({ target }) => set({ segment: Number(target.value) })}>
              {withOwn(segments, segment).map((n) => (
                <option key={n} value={n}>
                  {integer(n)} positions
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Up to"
          help="The longest pass, in positions. With memory, segments are read one after the other; full attention reads all positions at once."
          className={controls.list}
        >
          {(ids) => (
            <select {...ids} value={longest} onChange={({ target }) => set({ longest: Number(target.value) })}>
              {withOwn(lengthsFor(2 * segment, Math.min(mostPositions, 2 ** 14 * segment)), longest).map((n) => (
                <option key={n} value={n}>
                  {integer(n)} positions
                </option>
              ))}
            </select>
          )}
        </Field>
        {number(
          'runs',
          'Passes',
          'Timed passes at each length, after one warm-up pass; the median is shown.',
          mostRuns,
        )}
        {number('seconds', 'Seconds', 'After this time, no longer length is started.', mostSeconds)}
        <fieldset className={layout.actions}>
          <legend className={typography.hidden}>Measurement</legend>
          <button
            type="submit"
            className={buttons.primary}
            title="Measure time and GPU bytes at each length"
            disabled={busy || !facts || !model || problem !== undefined}
          >
            <span aria-hidden="true">▶</span> Measure
          </button>
          <button type="button" title="Stop the measurement; results so far are kept" disabled={!busy} onClick={stop}>
            Stop
          </button>
        </fieldset>
      </div>
      {problem && (
        <p className={typography.problem} role="alert">
          {problem}
        </p>
      )}
      <MeasureProgress />
      <Alert>{error}</Alert>
    </form>
  );
}

function MeasureProgress() {
  const { status, result } = usePlayground(({ compute }) => compute);
  if (status === 'starting') return <p role="status">Preparing …</p>;
  if (!result) return null;
  if (status !== 'running')
    return (
      <p role="status" className={typography.note}>
        {result.status === 'finished' ? 'Finished.' : 'Stopped. Results so far are kept.'}
      </p>
    );
  const { now, lengths, points, limits, request } = result;
  const skipped = limits.reduce((sum, { positions }) => sum + lengths.filter((n) => n >= positions).length, 0);
  const within = now?.doing === 'measuring' ? now.run / request.runs : 0;
  return (
    <div className={meters.progress}>
      <progress aria-label="Measurement" max={2 * lengths.length} value={points.length + skipped + within} />
      <p role="status">
        {now
          ? `${integer(now.positions)} positions, ${kindTitles[now.kind]}: ${
              now.doing === 'preparing' ? 'compiling and warming up' : `pass ${now.run + 1} of ${request.runs}`
            }`
          : 'Preparing …'}
      </p>
    </div>
  );
}
