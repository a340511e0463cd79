// Heads: all attention of one segment as a grid of layers and heads, and the chosen head as lines between tokens.
import { useMemo } from 'react';
import {
  blocksOf,
  clearestOf,
  keyBlocksOf,
  type LayerHead,
  lookOf,
  type Role,
  shareOf,
} from '../../../analysis/attention-figure.ts';
import type { FullAttention } from '../../../analysis/attention-operations.ts';
import { headOf, kindsOf, thumbnailOf, usedOf } from '../../../analysis/head-view.ts';
import { keyLabels, positionLabels } from '../../../analysis/memory-attention.ts';
import type { SegmentSeen, StreamLog } from '../../../store/slices/stream-log.ts';
import { Alert } from '../../controls/Alert.tsx';
import { Figure } from '../../figure/Figure.tsx';
import { integer, percent } from '../../format.ts';
import { heatmapData } from '../../heatmap/data.ts';
import { viridisGradient } from '../../heatmap/viridis.ts';
import { useActions, usePlayground } from '../../playground.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import { shownWord } from '../../stream/words.ts';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import type { SectionProps } from '../section.ts';
import { useAttention } from '../use-attention.ts';
import { HeadGrid } from './HeadGrid.tsx';
import css from './Heads.module.css';
import { HeadView } from './HeadView.tsx';
import { LargestWeights } from './LargestWeights.tsx';

export default function Heads(props: SectionProps) {
  const { log, current, segment } = props;
  const { full, problem } = useAttention(log, current);
  if (!segment.hasText)
    return <p className={sections.placeholder}>The text of this segment is no longer kept. Choose a newer one.</p>;
  if (problem !== undefined) return <Alert>{problem}</Alert>;
  if (!full)
    return (
      <p className={sections.placeholder} role="status">
        Reading segment {integer(current + 1)} again, with the attention of all heads …
      </p>
    );
  return <AllHeads {...props} full={full} />;
}

/** Pixels of a thumbnail at most: more would not be seen. */
const thumbnail = 48;

function AllHeads({ log, current, segment, full }: SectionProps & { readonly full: FullAttention }) {
  const actions = useActions();
  const settings = usePlayground(({ experiment }) => experiment.inside);
  const { model } = log;
  const { words, decision } = segment;
  const role: Role = decision?.operations.includes('read') || !model.looks.write ? 'read' : 'write';
  const best = useMemo(() => clearestOf(role, model, segment, full), [role, model, segment, full]);
  const within = (wanted: number | undefined, count: number, otherwise: number) =>
    wanted === undefined ? otherwise : Math.min(wanted, count) - 1;
  const layer = within(settings.layer, model.layers, best.layer);
  const head = within(settings.head, model.heads, best.head);
  const used = useMemo(() => usedOf(model, words.length), [model, words]);
  const heads = useMemo(() => {
    const all = [];
    for (let l = 0; l < model.layers; l++)
      for (let h = 0; h < model.heads; h++) {
        const picture = thumbnailOf(headOf(full, l, h, used), thumbnail);
        all.push({ layer: l, head: h, picture, summary: summaryOf(log, segment, full, { layer: l, head: h }) });
      }
    return all;
  }, [full, log, model, segment, used]);
  const high = useMemo(
    () => heads.reduce((most, { picture }) => picture.values.reduce((a, b) => Math.max(a, b), most), 1e-6),
    [heads],
  );
  const grid = useMemo(() => headOf(full, layer, head, used), [full, layer, head, used]);
  const shown = words.map((word) => shownWord(word, model.pieces));
  const rowLabels = positionLabels(model, shown).slice(0, used.rows);
  const columnLabels = keyLabels(model, shown).slice(0, used.columns);
  const rowKinds = kindsOf(blocksOf(model, segment), used.rows);
  const columnKinds = kindsOf(keyBlocksOf(model, segment), used.columns);
  const place = (kinds: typeof rowKinds) => (label: string, i: number) => ({ label, kind: kinds[i] ?? 'special' });
  const title = `Head ${head + 1} of layer ${layer + 1} in segment ${current + 1}`;
  const data = () =>
    heatmapData({
      subject: `${streamSubject(log)} layer ${layer + 1} head ${head + 1}`,
      ...{ grid, rowLabels, columnLabels },
      ...{ rowAxis: 'attending', columnAxis: 'attended to', quantity: 'attention', unit: '0 to 1' },
      about: { ...aboutStream(log), segment: current + 1, layer: layer + 1, head: head + 1 },
    });
  return (
    <div className={css.columns}>
      <section className={sections.panel} aria-label="All heads">
        <header className={sections.head}>
          <h2>All heads</h2>
        </header>
        <p className={typography.note}>
          One row for each layer, one picture for each head. Rows attend to columns, in the order of the segment. All
          pictures have one scale.
        </p>
        <Figure title={`All heads in segment ${current + 1}`} data={data}>
          <p className={css.scale}>
            0 % <span className={css.ramp} style={{ background: viridisGradient }} /> {percent(high)}
          </p>
          <HeadGrid
            {...{ layers: model.layers, heads: model.heads, high }}
            pictures={heads}
            chosen={{ layer, head }}
            onChoose={(l, h) => actions.experiment.setInside({ layer: l + 1, head: h + 1 })}
          />
        </Figure>
      </section>
      <section className={sections.panel} aria-label="One head">
        <header className={sections.head}>
          <h2>{title}</h2>
        </header>
        <p className={typography.note}>
          {settings.layer === undefined && settings.head === undefined ? `Chosen because ${reasons[role]}. ` : ''}
          {heads.find((each) => each.layer === layer && each.head === head)?.summary}
        </p>
        <Figure title={title} data={data}>
          <ul className={css.key} aria-label="Lines">
            <li data-kind="memory">to memory ■</li>
            {columnKinds.includes('marked') && <li data-kind="marked">to marked words</li>}
            <li data-kind="text">to words</li>
            <li data-kind="special">to special tokens</li>
          </ul>
          <HeadView
            {...{ title, grid }}
            queries={rowLabels.map(place(rowKinds))}
            keys={columnLabels.map(place(columnKinds))}
          />
        </Figure>
        <LargestWeights grid={grid} rowLabels={rowLabels} columnLabels={columnLabels} />
      </section>
    </div>
  );
}

/** What a head does in both roles, as a sentence. */
function summaryOf({ model }: StreamLog, segment: SegmentSeen, full: FullAttention, at: LayerHead): string {
  const roles = (['write', 'read'] as const).filter((role) => model.looks[role]);
  const shares = roles.map((role) => {
    const { who, what } = lookOf(role, model, segment);
    return `${who} gives ${what} ${percent(shareOf(role, model, segment, full, at))} of its attention`;
  });
  const text = shares.join('; ');
  return text === '' ? '' : `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}

const reasons: Readonly<Record<Role, string>> = {
  write: 'memory attends most to the words here',
  hold: 'memory attends most to itself here',
  read: 'the answer attends most to memory here',
};
