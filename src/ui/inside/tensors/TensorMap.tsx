// A matrix of a tensor as a heatmap; numbers of both signs have zero in the middle of the scale.

import type { Grid } from '../../../analysis/memory-attention.ts';
import { keyLabels, memoryLabels, positionLabels } from '../../../analysis/memory-attention.ts';
import { type Axis, tensorParts } from '../../../analysis/tensor-parts.ts';
import type { TensorShown } from '../../../store/slices/inspect.ts';
import { Figure } from '../../figure/Figure.tsx';
import { small } from '../../format.ts';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { shownWord } from '../../stream/words.ts';

interface TensorMapProps {
  readonly shown: TensorShown;
  readonly grid: Grid;
  readonly head: number;
}

/** What is on show, in words. */
export function titleOf({ seen }: Pick<TensorShown, 'seen'>): string {
  const { title, perLayer } = tensorParts[seen.part];
  const of = seen.gradient ? `Gradient of ${title[0]?.toLowerCase()}${title.slice(1)}` : title;
  return `${of}${perLayer ? `, layer ${seen.layer + 1}` : ''}, segment ${seen.index + 1}`;
}

export function TensorMap({ shown, grid, head }: TensorMapProps) {
  const { seen } = shown;
  const { model, words } = seen;
  const axes: readonly Axis[] = tensorParts[seen.part].axes.slice(-2);
  const [rowAxis = 'position', columnAxis = 'channel'] = axes;
  const shownWords = words.map((word) => shownWord(word, model.pieces));
  const labels = (axis: Axis, count: number): string[] => {
    const named = {
      position:
        seen.part === 'logits'
          ? model.answers === 'class'
            ? ['[CLS]']
            : shownWords
          : positionLabels(model, shownWords),
      key: keyLabels(model, shownWords),
      'memory token': memoryLabels(model.memTokens),
      class: [...model.classes],
    }[axis as 'position'];
    return Array.from({ length: count }, (_, i) => named?.[i] ?? String(i + 1));
  };
  const [rowLabels, columnLabels] = [labels(rowAxis, grid.rows), labels(columnAxis, grid.columns)];
  const isShare = seen.part === 'weights' && !seen.gradient;
  const high =
    grid.values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0) || 1;
  const isOfHead = seen.shape.length === 3;
  const title = `${titleOf(shown)}${isOfHead ? `, head ${head + 1}` : ''}`;
  return (
    <Figure
      title={title}
      data={() =>
        heatmapData({
          subject: `${model.task ?? ''} ${model.name}`,
          ...{ grid, rowAxis, columnAxis, rowLabels, columnLabels },
          quantity: seen.gradient ? 'gradient' : 'value',
          about: { model, part: seen.part, layer: seen.layer + 1, gradient: seen.gradient, segment: seen.index + 1 },
        })
      }
    >
      <Heatmap
        label={title}
        {...{ grid, rowLabels, columnLabels, rowAxis, columnAxis, high }}
        low={isShare ? 0 : -high}
        palette={isShare ? 'sequential' : 'diverging'}
        format={small}
        dense
        quantity={seen.gradient ? 'Gradient' : 'Value'}
        largestTitle="Largest values as a table"
        describe={({ row, column }, value) =>
          `${rowAxis} ${rowLabels[row]}, ${columnAxis} ${columnLabels[column]}: ${value}`
        }
      />
    </Figure>
  );
}
