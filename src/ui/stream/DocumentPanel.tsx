// The document on show: the ribbon of its memory, the verdict, and the segments around the current one.
import { useRef } from 'react';
import type { StreamSlice } from '../../store/slices/stream.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { findTask } from '../../tasks/index.ts';
import { beyondTraining } from '../../tasks/user-document.ts';
import { classNames } from '../class-names.ts';
import { Figure } from '../figure/Figure.tsx';
import { bytes, count, duration, integer, percent } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { Ribbon } from '../ribbon/Ribbon.tsx';
import { RibbonBrief } from '../ribbon/RibbonBrief.tsx';
import { RibbonPlace } from '../ribbon/RibbonPlace.tsx';
import lists from '../styles/lists.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { useCalm } from '../use-calm.ts';
import css from './DocumentPanel.module.css';
import { segmentsData } from './data.ts';
import { FilmStrip } from './FilmStrip.tsx';
import { OperationTable } from './OperationTable.tsx';
import { SaveStream } from './SaveStream.tsx';
import { Verdict } from './Verdict.tsx';

export function DocumentPanel({ log, seen }: { readonly log: StreamLog; readonly seen: number }) {
  const { current, following, status, playing } = usePlayground(({ stream }) => stream);
  const { jump, follow } = useActions().stream;
  // Tables cost more to draw than the ribbon.
  const shownRows = useCalm(seen, 400);
  const panel = useRef<HTMLElement>(null);
  const { model } = log;
  const segment = log.segments[current];
  if (!segment && !log.beginning.opening) return <RibbonPlace>{beforeReading[status]}</RibbonPlace>;
  return (
    <section ref={panel} className={sections.panel} aria-label="Document">
      <header className={classNames(sections.head, css.head)}>
        <h2>
          Segment {integer(current + 1)} of {integer(log.total)}
        </h2>
        {!following && seen > 0 && current !== seen - 1 && (
          <button type="button" data-aside="" onClick={follow}>
            {status === 'playing' ? 'Follow the newest' : 'Go to the newest'}
          </button>
        )}
        <Verdict log={log} current={current} before={beforeReading[status]} />
      </header>
      <BeyondTraining />
      <UnknownNoise log={log} />
      <Figure title="Memory ribbon" data={() => segmentsData(log, seen)}>
        <Ribbon log={log} seen={seen} current={current} onJump={jump} />
      </Figure>
      <p className={lists.line} data-aside="">
        {segment &&
          `${integer(seen)} read · ${duration(segment.milliseconds)} per segment · ${bytes(log.gpuBytes)} on the GPU · `}
        {count(model.parameters)} parameters · {model.kind}
      </p>
      <div data-aside="">
        <FilmStrip
          log={log}
          seen={playing === undefined ? seen : Math.min(seen, playing + 1)}
          current={current}
          onJump={jump}
        />
      </div>
      <details data-aside="">
        <summary>Segments as a table</summary>
        <OperationTable log={log} seen={shownRows} />
      </details>
      <details data-aside="">
        <summary>Whole stream as one file</summary>
        <SaveStream />
      </details>
      <RibbonBrief log={log} seen={seen} current={current} panel={panel} />
    </section>
  );
}

const beforeReading: Readonly<Record<StreamSlice['status'], string>> = {
  starting: 'Preparing the GPU and the model …',
  playing: 'Reading the first segment …',
  paused: 'Paused before the first segment.',
  idle: 'Stopped before the first segment.',
  ended: 'Stopped before the first segment.',
  failed: 'Stopped before the first segment.',
};

/** A noise of [UNK] is the user’s text, wherever it was given. */
function UnknownNoise({ log }: { readonly log: StreamLog }) {
  const name = usePlayground(({ stream }) => stream.noise?.name);
  const { noise } = log.beginning;
  if (!noise || noise.unknown === 0) return null;
  return (
    <p className={typography.note}>
      {percent(noise.unknown / noise.words)} of the noise{name && ` (${name})`} is read as [UNK]: words that the model
      does not know, such as {noise.examples.slice(0, 6).join(', ')}.
    </p>
  );
}

/** A model is not judged by documents that it was not trained on. */
function BeyondTraining() {
  const model = usePlayground(({ stream }) => stream.log?.model);
  const facts = usePlayground(({ experiment }) => experiment.stream.facts);
  const note = beyondTraining(model?.task ? findTask(model.task) : undefined, facts, model?.knobs);
  return note === undefined ? null : <p className={typography.note}>{note}</p>;
}
