// The FLOPs figure of RMT-1M, live: RMT against full attention for the OPT sizes and for the user's own model.
import { lazy, Suspense, useMemo } from 'react';
import {
  compareFlops,
  figureSegment,
  figureSegments,
  figureText,
  optFamily,
  optNames,
  type TransformerSize,
} from '../../analysis/flops.ts';
import { overheadOf } from '../../analysis/layer-shape.ts';
import { type LayerModel, sizeOf } from '../../store/layer-model.ts';
import { classNames } from '../class-names.ts';
import { count, integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { type Costed, FormulaTables } from './FormulaTables.tsx';
import { Legend } from './Legend.tsx';

const LogLogChart = lazy(() => import('./LogLogChart.tsx'));

/** The numbers of segments in RMT-1M. */
const steps = [1, 2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2000, figureSegments];
const longest = figureSegment * figureSegments;

function costed(name: string, look: number, size: TransformerSize, segment: number, text: number): Costed {
  const segments =
    segment === figureSegment
      ? steps
      : Array.from({ length: Math.floor(Math.log2(longest / segment)) + 1 }, (_, k) => 2 ** k);
  const points = segments.map((n) => ({ segments: n, tokens: n * segment, ...compareFlops(size, n, segment) }));
  return { name, look, size, segment, text, points };
}

export function Formula({ model }: { readonly model: LayerModel | undefined }) {
  const actions = useActions();
  const sizes = usePlayground(({ experiment }) => experiment.compute.sizes);
  const models = useMemo(() => {
    const family = sizes.map((name, i) => costed(`OPT-${name}`, i + 1, optFamily[name], figureSegment, figureText));
    if (!model) return family;
    const own = costed('your model', 0, sizeOf(model), model.segment, model.segment - overheadOf(model.shape));
    return [own, ...family];
  }, [sizes, model]);
  const cost = useMemo(
    () =>
      models.flatMap(({ name, look, points }) => [
        {
          name: `${name}, with memory`,
          look,
          dashed: false,
          points: points.map(({ tokens, rmt }) => ({ x: tokens, y: rmt })),
        },
        {
          name: `${name}, full attention`,
          look,
          dashed: true,
          points: points.map(({ tokens, full }) => ({ x: tokens, y: full })),
        },
      ]),
    [models],
  );
  const ratio = useMemo(
    () =>
      models.map(({ name, look, points }) => ({
        name,
        look,
        dashed: false,
        points: points.map((point) => ({ x: point.tokens, y: point.ratio })),
      })),
    [models],
  );
  return (
    <section className={classNames(sections.panel, sections.charts)} aria-label="Cost by formula">
      <header className={sections.head}>
        <h2>Cost by formula</h2>
      </header>
      <fieldset className={controls.checks}>
        <legend>OPT models, with segments of {figureSegment} tokens</legend>
        {optNames.map((name) => (
          <label key={name} className={controls.check} title={`The OPT model of ${name} parameters, arXiv:2205.01068`}>
            <input
              type="checkbox"
              checked={sizes.includes(name)}
              onChange={({ target }) =>
                actions.experiment.setCompute({
                  sizes: optNames.filter((each) => (each === name ? target.checked : sizes.includes(each))),
                })
              }
            />{' '}
            {name}
          </label>
        ))}
      </fieldset>
      <Legend models={models} />
      <Suspense fallback={<p className={sections.placeholder}>Loading the charts …</p>}>
        <div className={layout.two}>
          <LogLogChart
            title="FLOPs"
            detail="of one forward pass, by length"
            series={cost}
            xLabel="tokens (logarithmic)"
            unit="tokens"
            format={count}
          />
          <LogLogChart
            title="Cost ratio"
            detail="of full attention to segments with memory"
            series={ratio}
            xLabel="tokens (logarithmic)"
            unit="tokens"
            format={(value) => `${count(value)} ×`}
            level={{ y: 1, name: 'equal cost' }}
          />
        </div>
      </Suspense>
      <FormulaTables models={models} />
      <p className={typography.note}>
        A pass over s tokens costs L·(8·s·d² + 4·s·d·f + 4·s²·d + 10·h·s²) + 2·s·V·d, with L layers of width d, h heads,
        a feed-forward block of width f (4·d in OPT) and V words in the output layer ({integer(50_272)} in OPT, none in
        an encoder). n segments cost n times one segment; memory tokens are not counted. The formula reproduces the
        values in the figure of RMT-1M (Bulatov et al. 2023, arXiv:2304.11062) to better than 0.02 %. OPT: Zhang et al.
        2022, arXiv:2205.01068.
      </p>
    </section>
  );
}
