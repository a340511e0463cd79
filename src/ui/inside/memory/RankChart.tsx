// Effective rank, numerical rank and Frobenius norm of a layer's associations after each segment.
import { memo } from 'react';
import { CartesianGrid, Line, LineChart, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartInTurn } from '../../charts/ChartInTurn.tsx';
import { dotsOf, LineKey } from '../../charts/LineKey.tsx';
import { axis, below, grid, lineStyle, tooltip } from '../../charts/style.ts';
import { small } from '../../format.ts';
import legends from '../../styles/legends.module.css';
import type { LayerSeen } from './associations-data.ts';

const lines = [
  { key: 'effective', name: 'effective rank', side: 'rank' },
  { key: 'numerical', name: 'numerical rank', side: 'rank' },
  { key: 'frobenius', name: 'Frobenius norm (right axis)', side: 'norm' },
] as const;

export default memo(function RankChart({ segments }: { readonly segments: readonly LayerSeen[] }) {
  const data = segments.map(({ segment, effective, numerical, frobenius }) => ({
    segment: segment + 1,
    effective,
    numerical,
    frobenius,
  }));
  return (
    <figure>
      <figcaption>
        <strong>Rank and norm</strong> after each segment. Effective rank: exp of the entropy of the singular values
        (Roy and Vetterli 2007). Numerical rank: singular values that f32 can tell from zero
      </figcaption>
      <ul className={legends.legend}>
        {lines.map(({ key, name }, i) => (
          <li key={key}>
            <LineKey i={i} /> {name}
          </li>
        ))}
      </ul>
      <ChartInTurn height={260}>
        <LineChart data={data} margin={{ top: 12, right: 8, bottom: 18, left: 0 }}>
          <CartesianGrid {...grid} />
          <XAxis
            dataKey="segment"
            type="number"
            domain={[1, Math.max(2, data.at(-1)?.segment ?? 2)]}
            padding={{ left: 14, right: 14 }}
            allowDecimals={false}
            label={below('after segment')}
            {...axis}
          />
          <YAxis yAxisId="rank" width={48} {...axis} />
          <YAxis yAxisId="norm" orientation="right" width={48} tickFormatter={small} {...axis} />
          <Tooltip
            {...tooltip}
            labelFormatter={(segment) => `After segment ${segment}`}
            formatter={(value) => small(Number(value))}
          />
          {lines.map(({ key, name, side }, i) => (
            <Line
              key={key}
              yAxisId={side}
              dataKey={key}
              name={name}
              strokeWidth={2}
              {...lineStyle(i)}
              dot={data.length <= 32 ? dotsOf(i) : false}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ChartInTurn>
    </figure>
  );
});
