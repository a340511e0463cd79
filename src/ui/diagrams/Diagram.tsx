// The frame of a teaching diagram: a picture of the width there is, its title and its text alternative.
import { type ReactNode, useId } from 'react';
import { useWidth } from '../canvas.ts';
import type { FigureData } from '../figure/data.ts';
import { Figure } from '../figure/Figure.tsx';
import css from './Diagram.module.css';

interface DiagramProps {
  readonly title: string;
  /** What it shows, for somebody who does not see it. */
  readonly inWords: string;
  readonly height: number;
  /** Its parts as a table, for an export. */
  readonly data: () => FigureData;
  draw(width: number): ReactNode;
}

/** Where the width is unknown: before the first layout, and without one. */
const usualWidth = 640;
const widest = 1100;

export function Diagram({ title, inWords, height, data, draw }: DiagramProps) {
  const [box, measured] = useWidth<HTMLDivElement>();
  const id = useId();
  const width = measured === 0 ? usualWidth : Math.min(widest, measured);
  return (
    <Figure title={title} data={data}>
      <div ref={box} className={css.diagram}>
        <svg
          width={width}
          height={height}
          viewBox={`0 0 ${width} ${height}`}
          role="img"
          aria-labelledby={`${id}-title`}
          aria-describedby={`${id}-words`}
        >
          <title id={`${id}-title`}>{title}</title>
          <desc id={`${id}-words`}>{inWords}</desc>
          {draw(width)}
        </svg>
      </div>
    </Figure>
  );
}

interface ArrowProps {
  /** An SVG path; its head stands at `at`, pointing along `angle` (degrees, 0 to the right). */
  readonly path: string;
  readonly at: readonly [x: number, y: number];
  readonly angle: number;
  readonly kind: 'forward' | 'backward' | 'plain';
}

/** A line with a head of its own, so that an export needs no markers. */
export function Arrow({ path, at: [x, y], angle, kind }: ArrowProps) {
  return (
    <g data-kind={kind} className={css.arrow}>
      <path d={path} fill="none" />
      <path d="M0,0 L-9,-4.5 L-9,4.5 Z" transform={`translate(${x} ${y}) rotate(${angle})`} />
    </g>
  );
}

interface LabelProps {
  readonly x: number;
  readonly y: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly tone?: 'soft' | 'strong' | 'memory' | 'gradient' | 'words' | undefined;
  readonly children: ReactNode;
}

export function Label({ x, y, anchor = 'middle', tone, children }: LabelProps) {
  return (
    <text x={x} y={y} textAnchor={anchor} className={css.label} data-tone={tone}>
      {children}
    </text>
  );
}
