// The memory operation of the current segment (write, hold, read), and the figures behind it.
import { memoryKind } from '../../analysis/memory-attention.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { percent } from '../format.ts';
import { Explained } from '../glossary/Term.tsx';
import lists from '../styles/lists.module.css';
import typography from '../styles/typography.module.css';
import css from './OperationFigures.module.css';
import { namesOf, oneMinusCosine, reasonsOf, undecided } from './operations.ts';

export function OperationFigures({ log, current }: { readonly log: StreamLog; readonly current: number }) {
  const { model } = log;
  const segment = log.segments[current];
  if (!segment) return null;
  const { activity, change, decision } = segment;
  const kind = memoryKind(model);
  const reader = model.answers === 'class' ? '[CLS]' : 'Words';
  const held = kind === 'cache' ? 'the cache' : 'memory';
  const figures: readonly (readonly [string, string, number | undefined, (value: number) => string])[] = [
    [
      'Memory change',
      current === 0
        ? '1 − cosine between the memory after this segment and the memory after a segment without words'
        : '1 − cosine between the memory before and after this segment',
      change,
      oneMinusCosine,
    ],
    [
      'Memory → words',
      'Share of the memory tokens’ attention on the words of the segment; last layer, mean of heads',
      activity?.toWords,
      percent,
    ],
    [
      'Memory → memory',
      'Share of the memory tokens’ attention on the memory itself; last layer, mean of heads',
      activity?.toMemory,
      percent,
    ],
    [
      `${reader} → ${held}`,
      `Share of the attention of ${reader === '[CLS]' ? '[CLS]' : 'the positions before the scored words'} on ${held}, in the layer where it is largest; mean of heads`,
      Number.isFinite(log.reading[current]) ? log.reading[current] : undefined,
      percent,
    ],
  ];
  const known = figures.filter(([, , value]) => value !== undefined);
  return (
    <div className={css.figures}>
      {decision && (
        <p className={css.names}>
          {decision.operations.map((each) => (
            <span key={each} className={css.operation} data-operation={each}>
              {namesOf({ ...decision, operations: [each] })}
            </span>
          ))}
        </p>
      )}
      {known.length > 0 && (
        <dl className={lists.figures}>
          {known.map(([name, title, value, format]) => (
            <div key={name}>
              <dt>
                <Explained
                  name={name}
                  meaning={`${title}.`}
                  source="after the attention patterns of memory operations in RMT-1M (Bulatov et al. 2023), arXiv:2304.11062"
                >
                  {name}
                </Explained>
              </dt>
              <dd>{format(value ?? Number.NaN)}</dd>
            </div>
          ))}
        </dl>
      )}
      {(decision ? reasonsOf(segment, model.answers === 'class') : [undecided[kind]]).map((reason) => (
        <p key={reason} className={typography.note}>
          {reason}
        </p>
      ))}
    </div>
  );
}
