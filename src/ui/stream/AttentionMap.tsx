// The attention of one segment to and from memory, by direction, layer and head.
import { attentionGrid, memoryLabels, positionLabels } from '../../store/attention.ts';
import type { StreamLog } from '../../store/stream-log.ts';
import { Field } from '../controls/Field.tsx';
import { percent } from '../format.ts';
import { Heatmap } from '../heatmap/Heatmap.tsx';
import type { Look } from './look.ts';

interface AttentionMapProps {
  readonly log: StreamLog;
  readonly current: number;
  readonly look: Look;
  onLook(look: Look): void;
}

export function AttentionMap({ log, current, look, onLook }: AttentionMapProps) {
  const { model, shelf } = log;
  const segment = log.segments[current];
  const attention = shelf.get(current);
  const layer = Math.min(look.layer ?? model.layers - 1, model.layers - 1);
  const head = look.head === 'average' || look.head >= model.heads ? 'average' : look.head;
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
  if (model.memTokens === 0)
    return <p className="note">This model has no memory tokens: it is the baseline without memory.</p>;
  const words = positionLabels(model, segment?.words ?? []);
  const memory = memoryLabels(model.memTokens);
  const [rowLabels, columnLabels] = look.direction === 'write' ? [memory, words] : [words, memory];
  const grid = attention && attentionGrid(attention, model, look.direction, layer, head);
  const high = grid ? Math.max(...grid.values, 1e-6) : 1;
  return (
    <>
      <div className="controls tight">
        <Field
          label="Direction"
          help="Writing: which positions the memory tokens attend to, and so take in. Reading: how much each position attends to the memory tokens."
        >
          {(ids) => (
            <select
              {...ids}
              value={look.direction}
              onChange={({ target }) => onLook({ ...look, direction: target.value === 'read' ? 'read' : 'write' })}
            >
              <option value="write">Write: memory attends</option>
              <option value="read">Read: memory is attended</option>
            </select>
          )}
        </Field>
        <Field label="Layer" help="Layers of the encoder, the first one next to the input.">
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
        <Heatmap
          label={
            look.direction === 'write'
              ? `How much each memory token attends to each position of segment ${current + 1}`
              : `How much each position of segment ${current + 1} attends to each memory token`
          }
          grid={grid}
          rowLabels={rowLabels}
          columnLabels={columnLabels}
          rowAxis={look.direction === 'write' ? 'memory token' : 'position'}
          columnAxis={look.direction === 'write' ? 'position' : 'memory token'}
          low={0}
          high={high}
          format={percent}
          describe={({ row, column }, value) =>
            `${rowLabels[row]} attends to ${columnLabels[column]} with ${value} of its attention.`
          }
          largestTitle="Largest weights as a table"
        />
      ) : (
        <p className="note" role="status">
          The attention of segment {current + 1} is no longer kept: the newest {shelf.most} segments keep theirs, and so
          do all with a fact or the question. Stream again and pause here to see it.
        </p>
      )}
    </>
  );
}
