// Which memory token holds what is told of whom: a measurement on the model, with its settings, as a map and in words.
import { type HoldersOutcome, heldIn } from '../../../store/slices/holders.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { Alert } from '../../controls/Alert.tsx';
import { IntegerInput } from '../../controls/IntegerInput.tsx';
import { SeedInput } from '../../controls/SeedInput.tsx';
import { Figure } from '../../figure/Figure.tsx';
import { integer, percent } from '../../format.ts';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { useActions, usePlayground } from '../../playground.tsx';
import buttons from '../../styles/buttons.module.css';
import controls from '../../styles/controls.module.css';
import layout from '../../styles/layout.module.css';
import meters from '../../styles/meters.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import { heldBy, holderShares, spreadOf } from './holders-data.ts';

const title = 'What each memory token holds';

export function Holders({ log }: { readonly log: StreamLog }) {
  const { status, error, outcome } = usePlayground(({ holders }) => holders);
  const isOther = usePlayground((state) => heldIn(state, log) === undefined);
  return (
    <section className={sections.panel} aria-label={title}>
      <header className={sections.head}>
        <h2>{title}</h2>
      </header>
      <p className={typography.note}>
        Reads the beginnings of sampled documents and then one more segment that says where somebody is: once for each
        person and place, with the same words around it. A memory token that changes with the place holds it. Shown is
        the variance over the places, summed over channels, as a share of that of all memory tokens.
      </p>
      <Settings />
      <Progress />
      <Alert>{status === 'failed' ? error : undefined}</Alert>
      {outcome && <Found outcome={outcome} isOther={isOther} />}
    </section>
  );
}

function Settings() {
  const { settings, status } = usePlayground(({ holders }) => holders);
  const device = usePlayground((state) => state.device.status);
  const { holders } = useActions();
  const isRunning = status === 'starting' || status === 'reading';
  return (
    <form
      aria-label="What to compare"
      className={layout.stack}
      onSubmit={(event) => {
        event.preventDefault();
        void holders.start();
      }}
    >
      <div className={controls.row}>
        <IntegerInput
          label="Beginnings"
          help="Sampled documents of which the beginning is read. The result is the mean over them."
          className={controls.short}
          value={settings.documents}
          min={1}
          max={1000}
          onChange={(documents) => holders.set({ documents })}
        />
        <IntegerInput
          label="Segments before"
          help="Segments of each document that are read before something is told; 0: the memory is as at the start."
          className={controls.short}
          value={settings.segments}
          min={0}
          max={1024}
          onChange={(segments) => holders.set({ segments })}
        />
        <SeedInput value={settings.seed} onChange={(seed) => holders.set({ seed })} help="Chooses the documents." />
      </div>
      <p className={layout.actions}>
        <button type="submit" className={buttons.primary} disabled={isRunning || device !== 'ready'}>
          Compare the memory tokens
        </button>
        {isRunning && (
          <button type="button" onClick={() => holders.stop()}>
            Stop
          </button>
        )}
      </p>
    </form>
  );
}

function Progress() {
  const { status, read, settings } = usePlayground(({ holders }) => holders);
  if (status === 'starting') return <p role="status">Preparing the GPU and the model …</p>;
  if (status !== 'reading') return null;
  return (
    <div className={meters.progress}>
      <progress aria-label="Comparison" max={settings.documents} value={read} />
      <p role="status">
        {integer(read)} of {integer(settings.documents)} beginnings read
      </p>
    </div>
  );
}

function Found({ outcome, isOther }: { readonly outcome: HoldersOutcome; readonly isOther: boolean }) {
  const { found, model, task, settings } = outcome;
  const held = heldBy(found);
  const grid = holderShares(found);
  const rows = Array.from({ length: found.tokens }, (_, k) => String(k + 1));
  const quantity = 'share of the variance over places';
  return (
    <>
      {isOther && <p className={typography.note}>Of {model.name}, measured before.</p>}
      <p>
        {spreadOf(held)}{' '}
        {held
          .filter(({ by }) => by.length > 0)
          .map(
            ({ subject, by }) =>
              `${subject}: ${by.map(({ token, share }) => `token ${token + 1} (${percent(share)})`).join(', ')}`,
          )
          .join('; ')}
        .
      </p>
      <Figure
        title={title}
        data={() =>
          heatmapData({
            subject: `${task} ${model.name} memory tokens`,
            grid,
            rowLabels: rows,
            columnLabels: found.subjects,
            rowAxis: 'memory token',
            columnAxis: 'told of',
            quantity,
            about: { model, task, ...settings, values: found.values },
          })
        }
      >
        <Heatmap
          label={`${title}: ${quantity}`}
          grid={grid}
          rowLabels={rows}
          columnLabels={found.subjects}
          rowAxis="memory token"
          columnAxis="told of"
          low={0}
          high={1}
          format={percent}
          quantity="Share"
          describe={({ row, column }, value) =>
            `Memory token ${row + 1} has ${value} of what changes with the place of ${found.subjects[column]}.`
          }
          largestTitle="Largest shares as a table"
        />
      </Figure>
    </>
  );
}
