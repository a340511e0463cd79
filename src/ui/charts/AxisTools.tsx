// What can be set of a chart's axes: the stretch shown, logarithmic scales, and smoothing.
import { DraftInput } from '../controls/DraftInput.tsx';
import { Field } from '../controls/Field.tsx';
import { refusal } from '../controls/integer.ts';
import { integer } from '../format.ts';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import css from './AxisTools.module.css';
import type { Stretch, Zoom } from './zoom.tsx';

/** A switch with its label. */
export interface Switch {
  readonly label: string;
  readonly on: boolean;
  set(on: boolean): void;
}

interface AxisToolsProps {
  /** What the horizontal axis counts, in lower case: `training step`. */
  readonly by: string;
  /** The smallest and the largest value on it. */
  readonly whole: Stretch;
  readonly zoom: Zoom;
  readonly switches?: readonly Switch[];
  /** Steps over which lines are smoothed; 1 or less: they are not. */
  readonly smoothing?: { readonly steps: number; set(steps: number): void };
}

/** The choices of smoothing, in steps. */
const smoothings = [1, 5, 10, 20, 50, 100, 200, 500] as const;

export function AxisTools({ by, whole, zoom, switches = [], smoothing }: AxisToolsProps) {
  const { stretch = whole, show } = zoom;
  const border = (label: string, value: number, change: (value: number) => Stretch) => (
    <DraftInput
      label={label}
      help={`The ${by} at which the charts ${label === 'From' ? 'begin' : 'end'}. A stretch can also be dragged on a chart.`}
      className={controls.short}
      value={String(value)}
      accept={(text) => {
        const typed = Number(text);
        const next = change(typed);
        if (text.trim() === '' || !Number.isFinite(typed) || next.from >= next.to)
          throw new Error(refusal(text, 'a number, with the beginning before the end'));
        show(next.from <= whole.from && next.to >= whole.to ? undefined : next);
        return String(typed);
      }}
    />
  );
  return (
    <>
      {zoom.stretch && (
        <p className={css.zoomed}>
          Showing {by} {integer(stretch.from)} to {integer(stretch.to)}.{' '}
          <button type="button" className={buttons.plain} onClick={() => show(undefined)}>
            Reset zoom
          </button>
        </p>
      )}
      <details className={css.tools}>
        <summary>{smoothing ? 'Axes and smoothing' : 'Axes'}</summary>
        <div className={controls.row}>
          {smoothing && (
            <Field
              label="Smoothing"
              help="Exponential moving average: the weight of a step falls by 1 − 1/N with each later one, N being the number chosen. The curve itself stays visible behind it. Validations are not smoothed."
            >
              {(ids) => (
                <select {...ids} value={smoothing.steps} onChange={({ target }) => smoothing.set(Number(target.value))}>
                  {smoothings.map((steps) => (
                    <option key={steps} value={steps}>
                      {steps === 1 ? 'none' : `over ${steps} steps`}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
          {border('From', stretch.from, (from) => ({ ...stretch, from }))}
          {border('To', stretch.to, (to) => ({ ...stretch, to }))}
          {switches.map(({ label, on, set }) => (
            <label key={label} className={controls.check} title={`${label}: equal ratios are equally far apart`}>
              <input type="checkbox" checked={on} onChange={({ target }) => set(target.checked)} /> {label}
            </label>
          ))}
        </div>
      </details>
    </>
  );
}
