// Every head of every layer as a small picture, all on one scale; one is chosen by click or by the arrow keys.
import { type KeyboardEvent, useEffect, useRef } from 'react';
import type { Grid } from '../../../analysis/memory-attention.ts';
import { paint, useTheme } from '../../canvas.ts';
import { drawCells } from '../../heatmap/cells.ts';
import css from './HeadGrid.module.css';

export interface HeadPicture {
  readonly layer: number;
  readonly head: number;
  readonly picture: Grid;
  /** What it does, in a few words. */
  readonly summary: string;
}

interface HeadGridProps {
  readonly pictures: readonly HeadPicture[];
  readonly layers: number;
  readonly heads: number;
  readonly chosen: { readonly layer: number; readonly head: number };
  /** The weight that has the lightest colour, in all pictures. */
  readonly high: number;
  onChoose(layer: number, head: number): void;
}

const idOf = (layer: number, head: number) => `head-${layer}-${head}`;

export function HeadGrid({ pictures, layers, heads, chosen, high, onChoose }: HeadGridProps) {
  const press = (event: KeyboardEvent) => {
    const { layer, head } = chosen;
    const to = {
      ArrowRight: [layer, head + 1],
      ArrowLeft: [layer, head - 1],
      ArrowDown: [layer + 1, head],
      ArrowUp: [layer - 1, head],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const [l = 0, h = 0] = to;
    if (l < 0 || h < 0 || l >= layers || h >= heads) return;
    onChoose(l, h);
    document.getElementById(idOf(l, h))?.focus();
  };
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => i);
  return (
    <div className={css.scroll}>
      <div className={css.grid} role="radiogroup" aria-label="Layer and head" onKeyDown={press}>
        {numbers(layers).map((layer) => (
          <div key={layer} className={css.layer}>
            <span className={css.name} aria-hidden="true">
              {layer + 1}
            </span>
            {pictures
              .filter((each) => each.layer === layer)
              .map((each) => (
                <Thumbnail
                  key={each.head}
                  {...each}
                  high={high}
                  chosen={each.layer === chosen.layer && each.head === chosen.head}
                  onChoose={onChoose}
                />
              ))}
          </div>
        ))}
      </div>
    </div>
  );
}

interface ThumbnailProps extends HeadPicture {
  readonly high: number;
  readonly chosen: boolean;
  onChoose(layer: number, head: number): void;
}

function Thumbnail({ layer, head, picture, summary, high, chosen, onChoose }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const { rows, columns, values } = picture;
  const size = 60;
  useEffect(() => {
    if (!canvas.current || !theme) return;
    paint(canvas.current, size, size, (context) => {
      const [cellWidth, cellHeight] = [size / columns, size / rows];
      drawCells(context, { rows, columns, left: 0, top: 0, cellWidth, cellHeight }, values, 0, high);
    });
  }, [rows, columns, values, high, theme]);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a picture is chosen, with the arrow keys in two directions
    <button
      id={idOf(layer, head)}
      type="button"
      role="radio"
      aria-checked={chosen}
      aria-label={`Layer ${layer + 1}, head ${head + 1}. ${summary}`}
      title={`Layer ${layer + 1}, head ${head + 1}. ${summary}`}
      tabIndex={chosen ? 0 : -1}
      className={css.one}
      onClick={() => onChoose(layer, head)}
    >
      <canvas ref={canvas} />
    </button>
  );
}
