// The attention figure of RMT-1M for the current model: full attention of segments that write, hold and read memory.
import { useEffect, useMemo, useRef, useState } from 'react';
import {
  blocksOf,
  choosePanels,
  clearestOf,
  fullOf,
  keyBlocksOf,
  lookOf,
  type Panel,
  type Role,
  shareOf,
} from '../../analysis/attention-figure.ts';
import { headOf, usedOf } from '../../analysis/head-view.ts';
import { keyLabels, positionLabels } from '../../analysis/memory-attention.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { Field } from '../controls/Field.tsx';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { Figure } from '../figure/Figure.tsx';
import { integer, percent } from '../format.ts';
import { heatmapData } from '../heatmap/data.ts';
import { Heatmap } from '../heatmap/Heatmap.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { aboutStream, streamSubject } from './data.ts';
import css from './FourPanels.module.css';
import { operationNames } from './operations.ts';

const titles: Readonly<Record<Role, string>> = {
  write: 'Write: memory attends to the text',
  hold: 'Hold: memory attends to itself',
  read: 'Read: the answer attends to memory',
};

/** Whether an element has been on the screen. */
function useSeen() {
  const element = useRef<HTMLDivElement>(null);
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      (entries) => entries.some((entry) => entry.isIntersecting) && setSeen(true),
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, []);
  return [element, seen] as const;
}

export function FourPanels({ log }: { readonly log: StreamLog }) {
  const actions = useActions();
  const ended = usePlayground(({ stream }) => stream.status === 'ended' && stream.log === log);
  const { status, error, seen } = usePlayground(({ look }) => look);
  const [box, visible] = useSeen();
  // The segments chosen by the user instead of the automatic ones, by panel.
  const [choice, choose] = useState<{ readonly log: StreamLog; readonly segments: ReadonlyMap<number, number> }>();
  const wanted = choice?.log === log ? choice.segments : undefined;
  const panels = useMemo(
    () => (ended ? choosePanels(log).map((panel, i) => ({ ...panel, segment: wanted?.get(i) ?? panel.segment })) : []),
    [log, ended, wanted],
  );
  useEffect(() => {
    if (visible && panels.length > 0) void actions.look.read(panels.map(({ segment }) => segment));
  }, [actions, visible, panels]);
  const { looks } = log.model;
  if (!looks.write && !looks.read) return null;
  return (
    <section className={sections.panel} aria-label="Write, hold, read">
      <header className={sections.head}>
        <h2>Write, hold, read: the attention figure for this model</h2>
      </header>
      <p className={typography.note}>
        The full attention of single segments, each in the layer and head where its pattern is clearest. Rows attend to
        columns. After the attention figure of RMT-1M (Bulatov et al. 2023, arXiv:2304.11062).
      </p>
      <div ref={box} className={css.panels}>
        {panels.map((panel, i) => (
          <OnePanel
            key={i}
            log={log}
            panel={panel}
            number={i + 1}
            values={seen.get(panel.segment)}
            onSegment={(segment) => choose({ log, segments: new Map(wanted).set(i, segment) })}
          />
        ))}
      </div>
      {ended && panels.length < 4 && looks.write && (
        <p className={typography.note}>
          There are four panels for documents of at least four segments with a fact before the last one and noise in
          between.
        </p>
      )}
      <Alert>{error}</Alert>
      <p role="status" className={ended && status !== 'reading' ? typography.hidden : typography.note}>
        {!ended
          ? 'The figure appears once the document has been read to its end.'
          : status === 'reading'
            ? 'Reading these segments again …'
            : status === 'ready'
              ? 'The figure is drawn.'
              : ''}
      </p>
    </section>
  );
}

interface OnePanelProps {
  readonly log: StreamLog;
  readonly panel: Panel;
  readonly number: number;
  readonly values: Float32Array | undefined;
  onSegment(segment: number): void;
}

function OnePanel({ log, panel, number, values, onSegment }: OnePanelProps) {
  const { role, segment: index } = panel;
  const { model } = log;
  const segment = log.segments[index];
  const [chosen, choose] = useState<{ readonly layer?: number; readonly head?: number }>({});
  const full = useMemo(() => (values ? fullOf(model, values) : undefined), [model, values]);
  const best = useMemo(
    () => (full && segment ? clearestOf(role, model, segment, full) : undefined),
    [full, role, model, segment],
  );
  if (!segment) return null;
  const layer = chosen.layer ?? best?.layer ?? 0;
  const head = chosen.head ?? best?.head ?? 0;
  const kinds = [...new Set(segment.marks.map(({ kind }) => kind))].join(' and ');
  const title = `${number} · ${titles[role]}`;
  const { who, what } = lookOf(role, model, segment);
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
  const used = usedOf(model, segment.words.length);
  const rowLabels = positionLabels(model, segment.words);
  const columnLabels = keyLabels(model, segment.words);
  const grid = full && headOf(full, layer, head, used);
  const said = segment.decision?.operations.map((each) => operationNames[each]).join(', ');
  return (
    <figure className={css.one} aria-label={title}>
      <h3>{title}</h3>
      <div className={classNames(controls.row, controls.narrow)}>
        <IntegerInput
          label="Segment"
          help="The segment of this panel; its attention must still be kept."
          className={controls.short}
          value={index + 1}
          min={1}
          max={log.length}
          onChange={(wanted) => {
            if (!log.shelf.get(wanted - 1))
              throw new Error(
                `The attention of segment ${wanted} is no longer kept. Choose one of the newest segments, or a marked one.`,
              );
            onSegment(wanted - 1);
          }}
        />
        <Field label="Layer" help="The layer shown; by default the one where the pattern is clearest.">
          {(ids) => (
            <select {...ids} value={layer} onChange={({ target }) => choose({ head, layer: Number(target.value) })}>
              {numbers(model.layers).map((l) => (
                <option key={l} value={l}>
                  {l + 1} of {model.layers}
                  {l === best?.layer ? ' (clearest)' : ''}
                </option>
              ))}
            </select>
          )}
        </Field>
        <Field label="Head" help="The head shown; by default the one where the pattern is clearest.">
          {(ids) => (
            <select {...ids} value={head} onChange={({ target }) => choose({ layer, head: Number(target.value) })}>
              {numbers(model.heads).map((h) => (
                <option key={h} value={h}>
                  {h + 1} of {model.heads}
                  {h === best?.head && layer === best.layer ? ' (clearest)' : ''}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {grid && full ? (
        <Figure
          title={`Full attention of segment ${index + 1}`}
          data={() =>
            heatmapData({
              subject: `${streamSubject(log)} layer ${layer + 1} head ${head + 1}`,
              grid,
              rowAxis: 'attending',
              columnAxis: 'attended to',
              rowLabels,
              columnLabels,
              quantity: 'attention',
              unit: '0 to 1',
              about: { ...aboutStream(log), segment: index + 1, layer: layer + 1, head: head + 1, role },
            })
          }
        >
          <Heatmap
            label={`Full attention of segment ${index + 1}, layer ${layer + 1}, head ${head + 1}`}
            grid={grid}
            rowLabels={rowLabels}
            columnLabels={columnLabels}
            rowAxis="attending"
            columnAxis="attended to"
            low={0}
            high={grid.values.reduce((most, value) => Math.max(most, value), 1e-6)}
            format={percent}
            describe={({ row, column }, value) =>
              `${rowLabels[row]} gives ${columnLabels[column]} ${value} of its attention.`
            }
            square
            blocks={{ rows: blocksOf(model, segment), columns: keyBlocksOf(model, segment) }}
            largestTitle="Largest weights as a table"
          />
        </Figure>
      ) : (
        <div className={css.placeholder} />
      )}
      <figcaption className={typography.note}>
        Segment {integer(index + 1)}
        {kinds ? `, with ${kinds}` : log.hasNoise ? ', noise' : ''}
        {said ? `; it ${said.replaceAll(/[↓=↑] /g, '').replace(',', ' and')}` : ''}.{' '}
        {full
          ? `In layer ${layer + 1}, head ${head + 1}, ${who} gives ${what} ${percent(shareOf(role, model, segment, full, { layer, head }))} of its attention.`
          : ''}
      </figcaption>
    </figure>
  );
}
