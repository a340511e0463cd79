// The bench: time, rate and bytes of the engine's kernels at named shapes, next to the adapter's measured peak.
import { type BenchMode, benchModes, benchShapeNames, benchShapes } from '../../analysis/segment-flops.ts';
import { type BenchSettings, mostRuns } from '../../store/address.ts';
import type { BenchResult } from '../../store/slices/bench.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { DraftInput } from '../controls/DraftInput.tsx';
import { parseInteger } from '../controls/integer.ts';
import { Figure } from '../figure/Figure.tsx';
import { count } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import meters from '../styles/meters.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './Bench.module.css';
import { BenchDetails, BenchTable, modeTitles, shapeText } from './BenchTables.tsx';
import { benchData } from './data.ts';

export function Bench() {
  const result = usePlayground(({ bench }) => bench.result);
  return (
    <section className={classNames(sections.panel, sections.charts)} aria-label="Bench">
      <header className={sections.head}>
        <h2>Speed of this GPU</h2>
      </header>
      <p className={typography.note}>
        One segment through an encoder with memory, forward or as a full training step, timed on this machine and
        compared with the rates that its GPU reaches in a plain matrix product and a plain copy.
      </p>
      <Settings />
      {result && <Result result={result} />}
    </section>
  );
}

const modeHelp: Readonly<Record<BenchMode, string>> = {
  forward: 'A segment through the model and its head, as in streaming',
  train: 'Forward, backward and optimiser for one segment, as in a training step',
};

/** `of` with `item` added or removed, in the order of `all`. */
function toggled<T>(all: readonly T[], of: readonly T[], item: T, on: boolean): T[] {
  return all.filter((each) => (each === item ? on : of.includes(each)));
}

function Settings() {
  const actions = useActions();
  const settings = usePlayground(({ experiment }) => experiment.bench);
  const { status, error } = usePlayground(({ bench }) => bench);
  const facts = usePlayground(({ device }) => (device.status === 'ready' ? device.facts : undefined));
  const set = (part: Partial<BenchSettings>) => actions.experiment.setBench(part);
  const { start, stop } = actions.bench;
  const busy = status === 'starting' || status === 'running';
  const canHalve = facts?.features.includes('shader-f16') ?? false;
  const canTime = facts?.features.includes('timestamp-query') ?? false;
  // Until the user chooses, the shapes that suit the adapter.
  const sensible = benchShapeNames.filter((name) => !facts?.software || benchShapes[name].light);
  const shapes = settings.shapes ?? sensible;
  return (
    <form
      className={css.part}
      aria-label="What to measure"
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy && facts) start();
      }}
    >
      <div className={controls.row}>
        <fieldset className={controls.checks}>
          <legend>Shapes</legend>
          {benchShapeNames.map((name) => (
            <label key={name} className={controls.check} title={shapeText(name)}>
              <input
                type="checkbox"
                checked={shapes.includes(name)}
                onChange={({ target }) => set({ shapes: toggled(benchShapeNames, shapes, name, target.checked) })}
              />{' '}
              {name}
            </label>
          ))}
        </fieldset>
        <fieldset className={controls.checks}>
          <legend>Measure</legend>
          {benchModes.map((mode) => (
            <label key={mode} className={controls.check} title={modeHelp[mode]}>
              <input
                type="checkbox"
                checked={settings.modes.includes(mode)}
                onChange={({ target }) => set({ modes: toggled(benchModes, settings.modes, mode, target.checked) })}
              />{' '}
              {modeTitles[mode]}
            </label>
          ))}
        </fieldset>
        <DraftInput
          label="Runs"
          help="Timed runs of each case; the median and the range are shown. Empty: five, or fewer for slow cases."
          className={controls.seed}
          inputMode="numeric"
          value={settings.runs === undefined ? '' : String(settings.runs)}
          accept={(text) => {
            const runs = text.trim() === '' ? undefined : parseInteger(text, 1, mostRuns);
            set({ runs });
            return runs === undefined ? '' : String(runs);
          }}
        />
        <Extra
          name="kernel by kernel"
          missing={!canTime && 'This adapter has no timestamp-query'}
          help="Runs every dispatch in its own pass with timestamps around it; browsers round them to 0.1 ms"
          on={settings.profile}
          onChange={(profile) => set({ profile })}
        />
        <Extra
          name="half precision"
          missing={!canHalve && 'This adapter has no shader-f16'}
          help="Forward matrix products keep their tiles in f16: less accurate, but half the workgroup memory. Gradients stay in f32"
          on={settings.half}
          onChange={(half) => set({ half })}
        />
        <fieldset className={layout.actions}>
          <legend className={typography.hidden}>Measurement</legend>
          <button
            type="submit"
            className={buttons.primary}
            title="Probe the adapter, then time the selected cases"
            disabled={busy || !facts || shapes.length === 0 || settings.modes.length === 0}
          >
            <span aria-hidden="true">▶</span> Start
          </button>
          <button type="button" title="Stop the measurement; results so far are kept" disabled={!busy} onClick={stop}>
            Stop
          </button>
        </fieldset>
      </div>
      {facts?.software && shapes.includes('bert-base') && (
        <p className={typography.note}>
          On a software adapter, bert-base takes minutes; training it also takes gigabytes of memory.
        </p>
      )}
      <BenchProgress />
      <Alert>{error}</Alert>
    </form>
  );
}

interface ExtraProps {
  readonly name: string;
  /** Why the adapter does not support it, or false if it does. */
  readonly missing: string | false;
  readonly help: string;
  readonly on: boolean;
  onChange(on: boolean): void;
}

/** An option that only some adapters support. */
function Extra({ name, missing, help, on, onChange }: ExtraProps) {
  return (
    <label className={controls.check} title={missing || help}>
      <input
        type="checkbox"
        checked={on && !missing}
        disabled={missing !== false}
        onChange={({ target }) => onChange(target.checked)}
      />{' '}
      {name}
    </label>
  );
}

function BenchProgress() {
  const { status, result } = usePlayground(({ bench }) => bench);
  if (status === 'starting') return <p role="status">Probing the adapter …</p>;
  if (!result) return null;
  if (status !== 'running')
    return (
      <p role="status" className={typography.note}>
        {result.status === 'finished' ? 'Finished.' : 'Stopped. Results so far are kept.'}
      </p>
    );
  const { now, cases } = result;
  const done = result.rows.length + result.refused.length;
  return (
    <div className={meters.progress}>
      <progress
        aria-label="Measurement"
        max={cases.length}
        value={done + (now && now.runs > 0 ? now.run / now.runs : 0)}
      />
      <p>
        {/* Screen readers announce the case being measured, not each run. */}
        <span role="status">{now ? `${now.shape}, ${modeTitles[now.mode]}: ${now.doing}` : 'Preparing …'}</span>
        {now?.doing === 'measuring' && `, run ${now.run + 1} of ${now.runs}`}
      </p>
    </div>
  );
}

function Result({ result }: { readonly result: BenchResult }) {
  const { probe, kernels, rows, refused, leftOut } = result;
  return (
    <section className={classNames(sections.charts, css.part)} aria-label="Bench results">
      <p>
        Peak rates of this adapter, measured now: <strong>{count(probe.matmulGflops)} GFLOP/s</strong> in a matrix
        product ({probe.matmulSize}³), <strong>{count(probe.copyGBs)} GB/s</strong> in a copy. Kernels: {kernels}.
      </p>
      {rows.length + refused.length > 0 && (
        <Figure title="Time, rate and bytes of each shape" data={() => benchData(result)}>
          <BenchTable result={result} />
        </Figure>
      )}
      {leftOut.length > 0 && (
        <p className={typography.note}>
          Not measured on a software adapter:{' '}
          {leftOut.map(({ shape, mode }) => `${shape} ${modeTitles[mode]}`).join(', ')}. Select the shape to measure it.
        </p>
      )}
      {rows.map((row) => (
        <BenchDetails key={`${row.shape} ${row.mode}`} row={row} />
      ))}
      <p className={typography.note}>
        Time per segment, from writing its words to the end of the GPU’s work: median, and range over the runs. FLOPs
        count the matrix products of the layers; a training step counts as three forward passes, and recomputation to
        save memory is not counted. Bytes count every buffer bound by a dispatch once, so GB/s is a lower bound where
        caches miss, and of little meaning where they hit. Dispatches per layer are those that one more layer adds,
        forward + backward.
      </p>
    </section>
  );
}
