// Zoom of a chart along its horizontal axis: a stretch is dragged on the chart, or typed, and can be reset.
import { type ReactNode, useState } from 'react';
import { ReferenceArea } from 'recharts';

export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** What charts call while the pointer moves over them. */
interface Hovered {
  readonly activeLabel?: string | number | undefined;
}

export interface Zoom {
  /** What is shown; undefined: everything. */
  readonly stretch: Stretch | undefined;
  show(stretch: Stretch | undefined): void;
  /** For the chart. */
  readonly handlers: {
    onMouseDown(at: Hovered): void;
    onMouseMove(at: Hovered): void;
    onMouseUp(): void;
    onMouseLeave(): void;
  };
  /** The stretch that is being dragged, as a part of the chart. */
  readonly dragged: ReactNode;
}

export function useZoom(): Zoom {
  const [stretch, show] = useState<Stretch>();
  const [drag, setDrag] = useState<Stretch>();
  const hoveredAt = ({ activeLabel }: Hovered) => (activeLabel === undefined ? undefined : Number(activeLabel));
  const end = () => {
    if (drag && drag.from !== drag.to) show({ from: Math.min(drag.from, drag.to), to: Math.max(drag.from, drag.to) });
    setDrag(undefined);
  };
  return {
    stretch,
    show,
    handlers: {
      onMouseDown(at) {
        const value = hoveredAt(at);
        if (value !== undefined) setDrag({ from: value, to: value });
      },
      onMouseMove(at) {
        const value = hoveredAt(at);
        if (drag && value !== undefined && value !== drag.to) setDrag({ ...drag, to: value });
      },
      onMouseUp: end,
      onMouseLeave: end,
    },
    dragged: drag && drag.from !== drag.to && (
      <ReferenceArea x1={drag.from} x2={drag.to} fill="var(--accent)" fillOpacity={0.15} stroke="var(--accent)" />
    ),
  };
}

/** The points in a stretch, with the next one on either side, so that lines reach the borders. */
export function inStretch<P extends { readonly x: number }>(
  points: readonly P[],
  stretch: Stretch | undefined,
): readonly P[] {
  if (!stretch) return points;
  return points.filter(
    (_, i) =>
      (points[i + 1] ?? { x: Number.POSITIVE_INFINITY }).x >= stretch.from &&
      (points[i - 1]?.x ?? Number.NEGATIVE_INFINITY) <= stretch.to,
  );
}
