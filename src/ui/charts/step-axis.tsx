// What the curves of a run share: the axis of training steps with its zoom and scale, smoothing, and the bands of stages.
import { useState } from 'react';
import { ReferenceArea, XAxis } from 'recharts';
import { movingAverage } from '../../analysis/smoothing.ts';
import type { Curves } from '../../store/library/curves.ts';
import { type CurveKey, curveKeys } from '../../train/metrics.ts';
import { count } from '../format.ts';
import { AxisTools } from './AxisTools.tsx';
import { axis, below } from './style.ts';
import { inStretch, useZoom, type Zoom } from './zoom.tsx';

/** Points of a line. */
const most = 300;

/** The key of a metric's smoothed values. */
export const smoothKey = (key: CurveKey) => `${key}, smoothed` as const;
type StepPoint = { readonly x: number } & { readonly [K in CurveKey | `${CurveKey}, smoothed`]?: number };

export interface StepAxis {
  readonly zoom: Zoom;
  /** Steps over which batches are smoothed; 1: not at all. */
  readonly smooth: number;
  readonly logSteps: boolean;
  readonly logLoss: boolean;
  /** The first and the last step on show. */
  readonly domain: readonly [number, number];
  /** The batches on show. */
  readonly steps: readonly StepPoint[];
  /** Points of a series that can be drawn. */
  shown<P extends { readonly x: number }>(points: readonly P[]): P[];
  readonly tools: React.ReactNode;
}

/** At most `most` of the points, evenly; the last is among them. */
function thinned<P>(points: readonly P[]): readonly P[] {
  const every = Math.ceil(points.length / most);
  return every <= 1 ? points : points.filter((_, i) => (points.length - 1 - i) % every === 0);
}

export function useStepAxis(curves: Curves): StepAxis {
  const zoom = useZoom();
  const [smooth, setSmooth] = useState(1);
  const [logSteps, setLogSteps] = useState(false);
  const [logLoss, setLogLoss] = useState(false);
  const last = Math.max(1, curves.steps.last?.x ?? 1);
  const whole = { from: logSteps ? 1 : 0, to: Math.max(last, logSteps ? 2 : 1) };
  const { stretch = whole } = zoom;
  const shown = <P extends { readonly x: number }>(points: readonly P[]): P[] => [
    ...inStretch(logSteps ? points.filter(({ x }) => x > 0) : points, zoom.stretch),
  ];
  const all = curves.steps.view();
  const counts = all.map((point) => point.count);
  const averages = curveKeys.map(
    (key) =>
      [
        key,
        movingAverage(
          all.map((point) => point[key]),
          counts,
          smooth,
        ),
      ] as const,
  );
  const withAverages = (x: number): Partial<StepPoint> => {
    const at = all.findIndex((point) => point.x === x);
    return Object.fromEntries(averages.map(([key, values]) => [smoothKey(key), values[at]]));
  };
  // Whole curves are averaged over ranges; a stretch of one shows its own points.
  const points = zoom.stretch ? thinned(shown(all)) : shown(curves.steps.view(most));
  const steps = points.map((point): StepPoint => ({ ...point, ...(smooth > 1 ? withAverages(point.x) : {}) }));
  const tools = (
    <AxisTools
      by="training step"
      whole={whole}
      zoom={zoom}
      smoothing={{ steps: smooth, set: setSmooth }}
      switches={[
        { label: 'logarithmic training step', on: logSteps, set: setLogSteps },
        { label: 'logarithmic loss', on: logLoss, set: setLogLoss },
      ]}
    />
  );
  const domain = [Math.max(stretch.from, whole.from), stretch.to] as const;
  return { zoom, smooth, logSteps, logLoss, domain, steps, shown, tools };
}

/**
 * Round numbers within a range, at most six: 1, 2 or 5 times a power of ten apart. While a run trains they stay the same for
 * long, unlike those that Recharts derives from the last step: it measures each new label, and each time the page is laid out.
 */
export function roundTicks(from: number, to: number): number[] {
  const least = Math.max((to - from) / 5, 1);
  const power = 10 ** Math.floor(Math.log10(least));
  const apart = power * ([1, 2, 5].find((factor) => factor * power >= least) ?? 10);
  const first = Math.ceil(from / apart);
  return Array.from({ length: Math.floor(to / apart) - first + 1 }, (_, i) => (first + i) * apart);
}

/** The horizontal axis. */
export const stepsOn = ({ zoom, domain, logSteps }: StepAxis) => (
  <XAxis
    dataKey="x"
    type="number"
    scale={logSteps ? 'log' : 'linear'}
    domain={[...domain]}
    {...(logSteps ? {} : { ticks: roundTicks(...domain) })}
    allowDataOverflow={zoom.stretch !== undefined || logSteps}
    tickFormatter={(step: number) => count(step)}
    allowDuplicatedCategory={false}
    label={below(logSteps ? 'training step (logarithmic)' : 'training step')}
    {...axis}
  />
);

/** Every other stage shaded and, if wanted, all of them labelled, to make the stage borders visible. */
export function stagesOn({ bands }: Curves, { domain: [from, to] }: StepAxis, isNamed: boolean) {
  return bands.map((band, i) => {
    const [first, last] = [Math.max(from, band.from), Math.min(to, bands[i + 1]?.from ?? to)];
    if (first >= last) return null;
    const hasRoom = (last - first) / (to - from) > 0.07;
    const label = {
      value: `${band.segments} seg.`,
      position: 'insideTop',
      fontSize: 11,
      fill: 'var(--ink-soft)',
    } as const;
    return (
      <ReferenceArea
        key={band.stage}
        x1={first}
        x2={last}
        fill="var(--band)"
        fillOpacity={band.stage % 2 === 0 ? 0.9 : 0}
        stroke="none"
        ifOverflow="hidden"
        {...(isNamed && hasRoom ? { label } : {})}
      />
    );
  });
}
