// Points in a plane, each with the shape and hue of its answer; one document may be drawn through them as a line.
import { useWidth } from '../canvas.ts';
import { css as colourOf, hueOf } from '../ribbon/colour.ts';
import legends from '../styles/legends.module.css';
import css from './Scatter.module.css';
import { shapeOf, ticksOf } from './shapes.ts';

export interface Dot {
  readonly x: number;
  readonly y: number;
  /** Index of its answer; −1 for none. */
  readonly answer: number;
  /** 0 to 1: how opaque it is. */
  readonly strength?: number;
  /** Shown when it is pointed at. */
  readonly name: string;
}

interface ScatterProps {
  /** What it shows, for screen readers. */
  readonly label: string;
  readonly dots: readonly Dot[];
  /** Dots joined by a line, in order, with the one on show. */
  readonly path?: readonly Dot[];
  readonly current?: number;
  readonly answers: readonly string[];
  readonly xAxis: string;
  readonly yAxis: string;
}

const margin = { left: 46, right: 14, top: 10, bottom: 40 } as const;
const height = 340;

/** Numbers of an axis, short. */
const tick = (value: number) => Number(value.toPrecision(3)).toString();

const fillOf = (answer: number) => (answer < 0 ? 'var(--undecided)' : colourOf(hueOf(answer)));

export function Scatter({ label, dots, path = [], current, answers, xAxis, yAxis }: ScatterProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const all = [...dots, ...path];
  const range = (of: (dot: Dot) => number): readonly [number, number] => {
    const [low, high] = all.reduce(
      ([least, most], dot) => [Math.min(least, of(dot)), Math.max(most, of(dot))],
      [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
    );
    if (!(low <= high)) return [-1, 1];
    const room = low === high ? 1 : 0.06 * (high - low);
    return [low - room, high + room];
  };
  const [x0, x1] = range(({ x }) => x);
  const [y0, y1] = range(({ y }) => y);
  const right = Math.max(width, margin.left + margin.right + 40) - margin.right;
  const bottom = height - margin.bottom;
  const xOf = (x: number) => margin.left + ((x - x0) / (x1 - x0)) * (right - margin.left);
  const yOf = (y: number) => bottom - ((y - y0) / (y1 - y0)) * (bottom - margin.top);
  const isLeft = ({ x }: Dot) => xOf(x) < (margin.left + right) / 2;
  const shown = path[current ?? -1];
  return (
    <div ref={box} className={css.frame}>
      <ul className={legends.legend} aria-label="Answers">
        {answers.map((name, i) => (
          <li key={name}>
            <svg className={css.sign} viewBox="-6 -6 12 12" aria-hidden="true">
              <path d={shapeOf(i)} fill={fillOf(i)} />
            </svg>{' '}
            {name}
          </li>
        ))}
      </ul>
      {width > 0 && (
        <svg className={css.plot} viewBox={`0 0 ${width} ${height}`} height={height} role="img" aria-label={label}>
          {ticksOf(x0, x1).map((value) => (
            <g key={value}>
              <line className={css.grid} x1={xOf(value)} x2={xOf(value)} y1={margin.top} y2={bottom} />
              <text className={css.text} x={xOf(value)} y={bottom + 15} textAnchor="middle">
                {tick(value)}
              </text>
            </g>
          ))}
          {ticksOf(y0, y1).map((value) => (
            <g key={value}>
              <line className={css.grid} x1={margin.left} x2={right} y1={yOf(value)} y2={yOf(value)} />
              <text className={css.text} x={margin.left - 6} y={yOf(value) + 4} textAnchor="end">
                {tick(value)}
              </text>
            </g>
          ))}
          <path className={css.axis} d={`M${margin.left} ${margin.top}V${bottom}H${right}`} />
          <text className={css.text} x={(margin.left + right) / 2} y={height - 6} textAnchor="middle">
            {xAxis}
          </text>
          <text
            className={css.text}
            transform={`translate(11 ${(margin.top + bottom) / 2}) rotate(-90)`}
            textAnchor="middle"
          >
            {yAxis}
          </text>
          {dots.map((dot) => (
            <Sign key={dot.name} dot={dot} x={xOf(dot.x)} y={yOf(dot.y)} />
          ))}
          {path.length > 1 && (
            <path
              className={css.path}
              d={path.map(({ x, y }, i) => `${i === 0 ? 'M' : 'L'}${xOf(x).toFixed(1)} ${yOf(y).toFixed(1)}`).join('')}
            />
          )}
          {path.map((dot) => (
            <Sign key={dot.name} dot={dot} x={xOf(dot.x)} y={yOf(dot.y)} />
          ))}
          {shown && <circle className={css.current} cx={xOf(shown.x)} cy={yOf(shown.y)} r={8} />}
          {(path.length > 1 ? [path[0], path.at(-1)] : []).map(
            (end) =>
              end && (
                <text
                  key={end.name}
                  className={css.text}
                  x={xOf(end.x) + (isLeft(end) ? 9 : -9)}
                  y={yOf(end.y) - 7}
                  textAnchor={isLeft(end) ? 'start' : 'end'}
                >
                  {end.name}
                </text>
              ),
          )}
        </svg>
      )}
    </div>
  );
}

function Sign({ dot, x, y }: { readonly dot: Dot; readonly x: number; readonly y: number }) {
  return (
    <path
      className={css.dot}
      d={shapeOf(dot.answer)}
      transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}
      fill={fillOf(dot.answer)}
      fillOpacity={dot.strength ?? 1}
    >
      <title>{dot.name}</title>
    </path>
  );
}
