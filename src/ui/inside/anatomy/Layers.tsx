// The layers of a model with their heads, shaded by what they attend to; a click opens the head.
import { memoryKind } from '../../../analysis/memory-attention.ts';
import type { ModelFacts } from '../../../protocol/index.ts';
import { percent } from '../../format.ts';
import { useActions } from '../../playground.tsx';
import css from './Anatomy.module.css';
import type { HeadShares } from './numbers.ts';

interface LayersProps {
  readonly model: ModelFacts;
  readonly shares: readonly HeadShares[];
  readonly measure: 'write' | 'read';
}

export function Layers({ model, shares, measure }: LayersProps) {
  const { setInside } = useActions().experiment;
  const holds = { associations: 'A', cache: 'cache', tokens: '', none: '' }[memoryKind(model)];
  return (
    <>
      {Array.from({ length: model.layers }, (_, layer) => (
        <div key={layer} className={css.block}>
          <h3>
            Layer {layer + 1}
            {holds && (
              <span
                className={css.holds}
                title={holds === 'A' ? 'reads and writes its association matrix' : 'attends to its cache'}
              >
                {holds === 'A' ? '⇄ association matrix' : '⇄ cache'}
              </span>
            )}
          </h3>
          <div className={css.heads}>
            {shares
              .filter((each) => each.layer === layer)
              .map(({ head, ...each }) => {
                const share = each[measure];
                return (
                  <button
                    key={head}
                    type="button"
                    style={{ '--strength': `${Math.round(70 * (share ?? 0))}%` } as object}
                    title={`Open head ${head + 1} of layer ${layer + 1}`}
                    aria-label={`Head ${head + 1} of layer ${layer + 1}${share === undefined ? '' : `, ${names[measure]} ${percent(share)}`}`}
                    onClick={() => setInside({ section: 'heads', layer: layer + 1, head: head + 1 })}
                  >
                    {share === undefined ? `head ${head + 1}` : percent(share)}
                  </button>
                );
              })}
          </div>
        </div>
      ))}
    </>
  );
}

const names = { write: 'memory on words', read: 'answer on memory' } as const;
