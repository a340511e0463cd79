// One head: a line from each position to what it attends to, those of one token while it has the pointer or the cursor.
import { type KeyboardEvent, useId, useState } from 'react';
import type { Block } from '../../../analysis/attention-figure.ts';
import { linesOf, sharesOf } from '../../../analysis/head-view.ts';
import type { Grid } from '../../../analysis/memory-attention.ts';
import { useWidth } from '../../canvas.ts';
import { percent } from '../../format.ts';
import css from './HeadView.module.css';

type Side = 'query' | 'key';
interface Focus {
  readonly side: Side;
  readonly at: number;
}
/** A position: what stands there, and what it is. */
export interface Place {
  readonly label: string;
  readonly kind: Block['kind'];
}

interface HeadViewProps {
  readonly title: string;
  readonly grid: Grid;
  readonly queries: readonly Place[];
  readonly keys: readonly Place[];
}

/** The height of a position, and the space above the first, in pixels. */
const [row, above] = [19, 24];
const middleOf = (at: number) => above + (at + 0.5) * row;

export function HeadView({ title, grid, queries, keys }: HeadViewProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const [pointed, point] = useState<Focus>();
  const [pinned, pin] = useState<Focus>();
  const readout = useId();
  const inside = (focus: Focus | undefined) =>
    focus && focus.at < (focus.side === 'query' ? queries : keys).length ? focus : undefined;
  const focus = inside(pointed) ?? inside(pinned);
  const lines = linesOf(grid, focus);
  const strongest = lines[0]?.weight ?? 1;
  const side = Math.min(190, width * 0.36);
  const height = above + Math.max(queries.length, keys.length) * row + 6;
  const press = (event: KeyboardEvent) => {
    const from = pinned ?? { side: 'query' as const, at: -1 };
    const count = (which: Side) => (which === 'query' ? queries : keys).length;
    const steps: Readonly<Record<string, Focus | undefined>> = {
      ArrowDown: { ...from, at: Math.min(count(from.side) - 1, from.at + 1) },
      ArrowUp: { ...from, at: Math.max(0, from.at - 1) },
      ArrowLeft: { side: 'query', at: Math.max(0, Math.min(count('query') - 1, from.at)) },
      ArrowRight: { side: 'key', at: Math.max(0, Math.min(count('key') - 1, from.at)) },
      Home: { ...from, at: 0 },
      End: { ...from, at: count(from.side) - 1 },
      Escape: undefined,
    };
    if (!Object.hasOwn(steps, event.key)) return;
    event.preventDefault();
    point(undefined);
    pin(steps[event.key]);
  };
  const label = (place: Place, which: Side, at: number) => (
    // biome-ignore lint/a11y/noStaticElementInteractions: the arrow keys do the same
    <text
      key={`${which} ${at}`}
      className={css.token}
      data-kind={place.kind}
      data-focus={focus?.side === which && focus.at === at ? '' : undefined}
      x={which === 'query' ? side - 8 : width - side + 8}
      y={middleOf(at)}
      textAnchor={which === 'query' ? 'end' : 'start'}
      onPointerEnter={() => point({ side: which, at })}
      onPointerLeave={() => point(undefined)}
      onClick={() => pin(pinned?.side === which && pinned.at === at ? undefined : { side: which, at })}
    >
      {place.kind === 'memory' ? '■ ' : ''}
      {place.label.length > 16 ? `${place.label.slice(0, 15)}…` : place.label}
    </text>
  );
  return (
    <div className={css.view}>
      <div
        ref={box}
        className={css.scroll}
        role="application"
        aria-roledescription="head view"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move from token to token
        tabIndex={0}
        aria-label={`${title}. Up and down move from token to token, left and right between attending and attended to, Escape shows all lines.`}
        aria-describedby={readout}
        onKeyDown={press}
      >
        <svg width={width} height={height} aria-hidden="true">
          <text className={css.heading} x={side - 8} y={12} textAnchor="end">
            attending
          </text>
          <text className={css.heading} x={width - side + 8} y={12}>
            attended to
          </text>
          {[...lines].reverse().map(({ row: from, column, weight }) => (
            <line
              key={`${from} ${column}`}
              className={css.line}
              data-kind={keys[column]?.kind}
              x1={side}
              y1={middleOf(from)}
              x2={width - side}
              y2={middleOf(column)}
              strokeOpacity={focus ? 0.2 + (0.8 * weight) / strongest : Math.max(0.05, weight)}
              strokeWidth={focus ? 1 + 3 * weight : 1 + weight}
            />
          ))}
          {queries.map((place, at) => label(place, 'query', at))}
          {keys.map((place, at) => label(place, 'key', at))}
        </svg>
      </div>
      <output id={readout} className={css.readout} aria-live="polite">
        {focus
          ? said(focus, lines, grid, queries, keys)
          : 'Point at a token, or use the arrow keys, to see its lines only.'}
      </output>
    </div>
  );
}

/** The lines of a token in words. */
function said(
  { side, at }: Focus,
  lines: readonly { readonly row: number; readonly column: number; readonly weight: number }[],
  grid: Grid,
  queries: readonly Place[],
  keys: readonly Place[],
): string {
  const strongest = lines
    .slice(0, 5)
    .map(
      ({ row: from, column, weight }) =>
        `${(side === 'query' ? keys[column] : queries[from])?.label} ${percent(weight)}`,
    );
  if (strongest.length === 0 && side === 'key') return `${keys[at]?.label} is attended to by no position.`;
  if (side === 'key') return `${keys[at]?.label} is attended to most by ${strongest.join(', ')}.`;
  const { memory, text, special } = sharesOf(
    grid,
    at,
    keys.map(({ kind }) => kind),
  );
  return `${queries[at]?.label} attends to ${strongest.join(', ')}. In all, memory ${percent(memory)}, words ${percent(text)}, special tokens ${percent(special)}.`;
}
