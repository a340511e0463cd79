// Inside: the model of Stream seen from within, one segment of its document at a time, in sections.
import { Suspense } from 'react';
import { insideSections } from '../../store/inside-settings.ts';
import { streamKey } from '../../store/slices/stream.ts';
import { classNames } from '../class-names.ts';
import { Alert } from '../controls/Alert.tsx';
import { Tabs, tabId } from '../frame/Tabs.tsx';
import { SegmentPicker } from '../inside/SegmentPicker.tsx';
import { sections as contents } from '../inside/sections.ts';
import { NoGpu } from '../NoGpu.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import { Recorded } from '../stream/Recorded.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './Inside.module.css';

export function Inside() {
  const { log, seen, error } = usePlayground(({ stream }) => stream);
  const missing = usePlayground(({ device }) => device.status === 'missing');
  return (
    <>
      <div className={classNames(layout.lead, layout.above)}>
        <h1>Inside the model</h1>
        <p>One segment of the document on Stream: what each layer and head does with words and memory.</p>
      </div>
      {missing && <NoGpu />}
      <Recorded />
      <Alert>{error}</Alert>
      <Document />
      {log && seen > 0 && <Reading />}
    </>
  );
}

/** Reads the document where none is on show, or where the settings have changed since. */
function Document() {
  const actions = useActions();
  const { status, seen, key } = usePlayground(({ stream }) => stream);
  const due = usePlayground(streamKey);
  const model = usePlayground(({ experiment, models }) => models.title(models.resolve(experiment.stream.model) ?? ''));
  const { status: device } = usePlayground((state) => state.device);
  if (device === 'missing' || (seen > 0 && (due === undefined || due === key))) return null;
  const isStarting = status === 'starting' || (status === 'playing' && seen === 0);
  return (
    <section className={sections.panel} aria-label="Document">
      {isStarting ? (
        <p role="status">Preparing the GPU and the model …</p>
      ) : due === undefined ? (
        <p className={typography.note}>No model with a document is chosen. Choose one on Stream.</p>
      ) : (
        <>
          <p>
            {seen > 0
              ? `The settings of Stream have changed since this document was read. The model “${model}” would read another one now.`
              : `No document has been read yet. The model “${model}” can read one now.`}
          </p>
          <p className={layout.actions}>
            <button
              type="button"
              className={buttons.primary}
              disabled={device !== 'ready'}
              onClick={() => void actions.stream.start()}
            >
              Read the document
            </button>
            <button type="button" onClick={() => actions.experiment.show('stream')}>
              Choose on Stream
            </button>
          </p>
        </>
      )}
    </section>
  );
}

/** The document on show: its segments, and the section that is open. */
function Reading() {
  const actions = useActions();
  const { log, seen, current } = usePlayground(({ stream }) => stream);
  const { section } = usePlayground(({ experiment }) => experiment.inside);
  const segment = log?.segments[current];
  if (!log || !segment) return null;
  const { Content } = contents[section];
  return (
    <>
      <SegmentPicker log={log} seen={seen} current={current} />
      <Tabs
        label="Sections"
        tabs={insideSections.map((id) => ({ id, title: contents[id].title }))}
        selected={section}
        panel="inside"
        className={css.tabs}
        onSelect={(next) => actions.experiment.setInside({ section: next })}
      />
      <div id="inside" className={css.section} role="tabpanel" aria-labelledby={tabId('inside', section)}>
        <Suspense fallback={<p role="status">Opening …</p>}>
          <Content log={log} current={current} segment={segment} />
        </Suspense>
      </div>
    </>
  );
}
