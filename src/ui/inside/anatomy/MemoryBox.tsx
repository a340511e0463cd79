// The memory beside a segment: each memory token, or what each layer keeps, with its norm.
import { memoryKind } from '../../../analysis/memory-attention.ts';
import type { ModelFacts } from '../../../protocol/index.ts';
import { integer, small } from '../../format.ts';
import { oneMinusCosine } from '../../stream/operations.ts';
import css from './Anatomy.module.css';
import type { MemoryPart } from './numbers.ts';

interface MemoryBoxProps {
  readonly title: string;
  readonly model: ModelFacts;
  readonly parts: readonly MemoryPart[];
  readonly side: 'in' | 'out';
}

/** Parts drawn at most. */
const most = 12;

export function MemoryBox({ title, model, parts, side }: MemoryBoxProps) {
  const largest = Math.max(1e-9, ...parts.map(({ norm }) => norm ?? 0));
  const isKept = parts.some(({ norm }) => norm !== undefined);
  return (
    <div className={css.memory}>
      <h3>{title}</h3>
      <p>{shapeOf(model)}</p>
      <ol aria-label={`${title}: norms`}>
        {parts.slice(0, most).map(({ label, norm, change }) => (
          <li key={label}>
            <span>{label}</span>
            <span className={css.bar} aria-hidden="true">
              <span style={{ inlineSize: `${(100 * (norm ?? 0)) / largest}%` }} />
            </span>
            <span className={css.number}>
              {norm === undefined ? '–' : `‖${small(norm)}‖`}
              {change === undefined ? '' : ` Δ ${oneMinusCosine(change)}`}
            </span>
          </li>
        ))}
      </ol>
      {parts.length > most && <p>and {integer(parts.length - most)} more</p>}
      {!isKept && <p>Its numbers are no longer kept.</p>}
      {side === 'out' && parts.some(({ change }) => change !== undefined) && <p>Δ: change, 1 − cosine</p>}
    </div>
  );
}

/** What the memory of a model is made of. */
function shapeOf(model: ModelFacts): string {
  const { memTokens, hiddenSize, cacheSize } = model;
  switch (memoryKind(model)) {
    case 'tokens':
      return `${integer(memTokens)} × ${integer(hiddenSize)} numbers${cacheSize > 0 ? `, and ${integer(cacheSize)} cached inputs a layer` : ''}`;
    case 'associations':
      return 'one association matrix a layer';
    case 'cache':
      return `the last ${integer(cacheSize)} inputs of each layer`;
    case 'none':
      return '';
  }
}
