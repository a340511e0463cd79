// The attention of one segment to and from memory, by direction, layer and head.
import {
  attentionGrid,
  type Direction,
  keyLabels,
  memoryKind,
  memoryLabels,
  positionLabels,
  readLabels,
} from '../../analysis/memory-attention.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { classNames } from '../class-names.ts';
import { Field } from '../controls/Field.tsx';
import { Figure } from '../figure/Figure.tsx';
import { bytes, percent } from '../format.ts';
import { heatmapData } from '../heatmap/data.ts';
import { Heatmap } from '../heatmap/Heatmap.tsx';
import controls from '../styles/controls.module.css';
import typography from '../styles/typography.module.css';
import { aboutStream, streamSubject } from './data.ts';
import type { Look } from './look.ts';

interface AttentionMapProps {
  readonly log: StreamLog;
  readonly current: number;
  readonly look: Look;
  onLook(look: Look): void;
}

/** How a model's memory works, where attention does not show all of it. */
const explained = {
  tokens: undefined,
  cache:
    'This model has no memory tokens. It reads a cache instead: the last inputs of each layer, stored unchanged and without a gradient. Nothing is written by attention.',
  associations:
    'This model reads its memory by association, in every layer and at every position. It does not read by attention, so only writing is shown: the positions that its memory tokens attend to.',
  none: 'This model is the baseline without memory: nothing passes from one segment to the next, so there is no attention of memory to show.',
} as const;

export function AttentionMap({ log, current, look, onLook }: AttentionMapProps) {
  const { model, shelf } = log;
  const segment = log.segments[current];
  const attention = shelf.get(current);
  const kind = memoryKind(model);
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
  const directions = (['write', 'read'] as const).filter((direction) => model.looks[direction]);
  const [only] = directions;
  if (!only) return <p className={typography.note}>{explained[kind] ?? explained.none}</p>;
  const direction: Direction = directions.includes(look.direction) ? look.direction : only;
  const layer = Math.min(look.layer ?? model.layers - 1, model.layers - 1);
  const head = look.head === 'average' || look.head >= model.heads ? 'average' : look.head;
  const words = segment?.words ?? [];
  const what = kind === 'cache' ? 'cache entry' : 'memory token';
  const [rowLabels, columnLabels] =
    direction === 'write'
      ? [memoryLabels(model.memTokens), keyLabels(model, words)]
      : [positionLabels(model, words), readLabels(model)];
  const [rowAxis, columnAxis] = direction === 'write' ? ['memory token', 'position'] : ['position', what];
  const grid = attention && attentionGrid(attention, model, direction, layer, head);
  const high = grid ? grid.values.reduce((most, value) => Math.max(most, value), 1e-6) : 1;
  return (
    <>
      {explained[kind] && <p className={typography.note}>{explained[kind]}</p>}
      <div className={classNames(controls.row, controls.tight)}>
        <Field
          label="Direction"
          help="Write: the positions that the memory tokens attend to. Read: how much each position attends to the memory tokens, or to a cache."
        >
          {(ids) => (
            <select
              {...ids}
              value={direction}
              onChange={({ target }) => onLook({ ...look, direction: target.value === 'read' ? 'read' : 'write' })}
            >
              {directions.includes('write') && <option value="write">Write: from memory</option>}
              {directions.includes('read') && (
                <option value="read">Read: to {kind === 'cache' ? 'the cache' : 'memory'}</option>
              )}
            </select>
          )}
        </Field>
        <Field label="Layer" help="The layer of the model; the first one is next to the input.">
          {(ids) => (
            <select {...ids} value={layer} onChange={({ target }) => onLook({ ...look, layer: Number(target.value) })}>
              {numbers(model.layers).map((l) => (
                <option key={l} value={l}>
                  {l + 1} of {model.layers}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Head" help="One attention head, or the mean of all heads of the layer.">
          {(ids) => (
            <select
              {...ids}
              value={head}
              onChange={({ target }) =>
                onLook({ ...look, head: target.value === 'average' ? 'average' : Number(target.value) })
              }
            >
              <option value="average">Average of heads</option>
              {numbers(model.heads).map((h) => (
                <option key={h} value={h}>
                  {h + 1} of {model.heads}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {grid ? (
        <Figure
          title={`Attention of memory, segment ${current + 1}, ${direction}`}
          data={() =>
            heatmapData({
              subject: `${streamSubject(log)} layer ${layer + 1} head ${head === 'average' ? head : head + 1}`,
              grid,
              rowLabels,
              columnLabels,
              rowAxis: rowAxis ?? '',
              columnAxis: columnAxis ?? '',
              quantity: 'attention',
              unit: '0 to 1',
              about: {
                ...aboutStream(log),
                segment: current + 1,
                direction,
                layer: layer + 1,
                head: head === 'average' ? head : head + 1,
              },
            })
          }
        >
          <Heatmap
            label={
              direction === 'write'
                ? `How much each memory token attends to each position of segment ${current + 1}`
                : `How much each position of segment ${current + 1} attends to each ${what}`
            }
            grid={grid}
            rowLabels={rowLabels}
            columnLabels={columnLabels}
            rowAxis={rowAxis ?? ''}
            columnAxis={columnAxis ?? ''}
            low={0}
            high={high}
            format={percent}
            describe={({ row, column }, value) =>
              `${rowLabels[row]} gives ${columnLabels[column]} ${value} of its attention.`
            }
            largestTitle="Largest weights as a table"
          />
        </Figure>
      ) : (
        <p className={typography.note} role="status">
          The attention of segment {current + 1} is no longer kept. At most {bytes(shelf.budget)} are kept: the newest
          segments, and the first ones with a fact, the question or the answer. To see it, stream again and pause at
          this segment.
        </p>
      )}
    </>
  );
}
