// The values of the memory tokens: token by channel after a segment, or one token segment by segment.
import { useMemo, useState } from 'react';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { Field } from '../../controls/Field.tsx';
import { Figure } from '../../figure/Figure.tsx';
import { small } from '../../format.ts';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import controls from '../../styles/controls.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import { gridOf, largestOf, sharedScale } from './values.ts';

interface ValuesProps {
  readonly log: StreamLog;
  readonly current: number;
}

export function Values({ log, current }: ValuesProps) {
  const [wanted, setToken] = useState<number | undefined>();
  const [change, setChange] = useState(false);
  const [shared, setShared] = useState(true);
  const { memTokens: tokens, hiddenSize: width } = log.model;
  const token = wanted !== undefined && wanted < tokens ? wanted : undefined;
  const seen = log.length;
  const found = useMemo(
    () => (seen > 0 ? gridOf(log, current, { token, change }) : undefined),
    [log, seen, current, token, change],
  );
  const whole = useMemo(() => (shared && seen > 0 ? sharedScale(log, change) : 0), [log, seen, shared, change]);
  const high = (shared ? whole : largestOf(found?.grid.values ?? [])) || 1;
  const channels = Array.from({ length: width }, (_, i) => String(i + 1));
  const rowAxis = token === undefined ? 'memory token' : 'segment';
  const quantity = change ? 'difference to the segment before' : 'value';
  const title =
    token === undefined ? `Memory after segment ${current + 1}` : `Memory token ${token + 1} after every segment`;
  return (
    <section className={sections.panel} aria-label="Values of the memory">
      <header className={sections.head}>
        <h2>Values of the memory</h2>
      </header>
      <p className={typography.note}>
        {tokens} memory {tokens === 1 ? 'token' : 'tokens'} of {width} channels each, as the next segment reads them.
      </p>
      <div className={controls.row}>
        <Field
          label="Show"
          help="All memory tokens after the segment on show, or one memory token after every segment that is kept."
        >
          {(ids) => (
            <select
              {...ids}
              value={token ?? 'all'}
              onChange={({ target }) => setToken(target.value === 'all' ? undefined : Number(target.value))}
            >
              <option value="all">All tokens after this segment</option>
              {Array.from({ length: tokens }, (_, i) => (
                <option key={i} value={i}>
                  Token {i + 1} after every segment
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field
          label="Numbers"
          help="The values themselves, or what each segment changed: its memory less the one it received."
        >
          {(ids) => (
            <select
              {...ids}
              value={change ? 'change' : 'value'}
              onChange={({ target }) => setChange(target.value === 'change')}
            >
              <option value="value">Values</option>
              <option value="change">Difference to the segment before</option>
            </select>
          )}
        </Field>
        <Field
          label="Scale"
          help="One scale for all segments makes them comparable; a scale of its own shows the detail of this picture."
        >
          {(ids) => (
            <select
              {...ids}
              value={shared ? 'all' : 'one'}
              onChange={({ target }) => setShared(target.value === 'all')}
            >
              <option value="all">Shared by all segments</option>
              <option value="one">Of this picture</option>
            </select>
          )}
        </Field>
      </div>
      {found ? (
        <Figure
          title={title}
          data={() =>
            heatmapData({
              subject: streamSubject(log),
              grid: found.grid,
              rowLabels: found.rows,
              columnLabels: channels,
              rowAxis,
              columnAxis: 'channel',
              quantity,
              about: { ...aboutStream(log), shown: title },
            })
          }
        >
          <Heatmap
            label={`${title}: ${quantity}`}
            grid={found.grid}
            rowLabels={found.rows}
            columnLabels={channels}
            rowAxis={rowAxis}
            columnAxis="channel"
            low={-high}
            high={high}
            palette="diverging"
            dense
            format={small}
            quantity="Value"
            describe={({ row, column }, value) =>
              `${token === undefined ? `Memory token ${row + 1}` : `After segment ${found.rows[row]}`}, channel ${column + 1}: ${value}.`
            }
            largestTitle="Largest values as a table"
          />
        </Figure>
      ) : (
        <p className={typography.note}>
          {change && current === 0 && token === undefined
            ? 'The first segment has no segment before it. Choose a later one.'
            : 'The memory of this segment is no longer kept: the document is too long. Choose a later segment, or one with a fact.'}
        </p>
      )}
    </section>
  );
}
