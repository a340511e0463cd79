// The memory ribbon: a document flows by, and below its words the threads of memory, in the colour of the answer that the
// model would give if it were asked now.
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { findTask } from '../../tasks/index.ts';
import { useWidth } from '../canvas.ts';
import { classNames } from '../class-names.ts';
import { integer } from '../format.ts';
import { Folded } from '../frame/Folded.tsx';
import { useStill } from '../media.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { drawnFacts } from '../stream/drawn-facts.ts';
import legends from '../styles/legends.module.css';
import typography from '../styles/typography.module.css';
import { useCalm } from '../use-calm.ts';
import { segmentInWords, storyOf } from './describe.ts';
import { editableAt, moved } from './edit.ts';
import { GapMenu } from './GapMenu.tsx';
import { xOf } from './geometry.ts';
import css from './Ribbon.module.css';
import { RibbonKey } from './RibbonKey.tsx';
import { canBeNamed, NamesButton, NamesInWords, useNames } from './RibbonNames.tsx';
import { useContributions, WhyButton, WhyInWords } from './RibbonWhy.tsx';
import { targetOf } from './slider.ts';
import { usePlayer } from './use-player.ts';
import { usePointer } from './use-pointer.ts';
import { spansOf } from './view.ts';
import { WordMenu } from './WordMenu.tsx';

interface RibbonProps {
  readonly log: StreamLog;
  readonly seen: number;
  readonly current: number;
  onJump(segment: number): void;
}

type Open =
  | { readonly menu: 'gap'; readonly gap: number; readonly thread: number | undefined; readonly x: number }
  | { readonly menu: 'word'; readonly segment: number; readonly word: number; readonly x: number };

export function Ribbon({ log, seen, current, onJump }: RibbonProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const still = useStill();
  const [span, setSpan] = useState<number | undefined>();
  const [open, setOpen] = useState<Open | undefined>();
  const changes = usePlayground(({ experiment }) => experiment.stream.changes);
  const own = usePlayground(({ experiment }) => experiment.stream);
  const recorded = usePlayground(({ stream }) => stream.recorded !== undefined);
  const reading = usePlayground(({ stream }) => stream.status === 'starting' || stream.status === 'playing');
  const plays = usePlayground(({ stream }) => stream.playing !== undefined);
  const { experiment, stream } = useActions();
  const { setStream } = experiment;
  useEffect(() => () => stream.played(undefined), [stream]);
  const contributions = useContributions(log);
  const names = useNames(log);
  // What comes before the first intervention is known already.
  const from = Math.min(log.total, ...(changes ?? []).map(({ segment }) => segment));
  const { film, player } = usePlayer(
    canvas,
    {
      ...{ log, seen, current, width, size: 'full', span, still, reading },
      from: changes && changes.length > 0 ? from : 0,
      ...{ contributions, gradient: contributions?.gradient, names },
    },
    stream.played,
  );
  const task = log.model.task ? findTask(log.model.task) : undefined;
  const forms = task?.kind === 'classification' ? task.userForms : undefined;
  const canEdit = forms !== undefined && !recorded;
  const document = () =>
    own.facts && own.question !== undefined
      ? { facts: own.facts, question: own.question }
      : forms && drawnFacts(log, forms);
  const jump = (segment: number) => {
    setOpen(undefined);
    onJump(segment);
  };
  const isNameable = canBeNamed(log) && !recorded;
  const canIntervene = film.threads > 0 && log.total > 1 && !recorded;
  const pointer = usePointer(
    () => player.current,
    {
      onJump: jump,
      onGap: (gap, thread, x) => {
        onJump(gap);
        if (canIntervene) setOpen({ menu: 'gap', gap, thread, x });
      },
      onWord(segment, word, x) {
        onJump(segment);
        const mark = log.segments[segment]?.marks.find(({ kind }) => kind !== 'answer');
        const first = word ?? mark?.start ?? 0;
        setOpen({ menu: 'word', segment, word: first, x });
      },
      onMove(source, to) {
        const before = document();
        if (before) setStream(moved(before, source, to));
      },
    },
    canEdit,
  );
  const close = () => {
    setOpen(undefined);
    slider.current?.focus({ preventScroll: true });
  };
  const gapHere = Math.min(current, log.total - 2);
  const openGap = () => {
    const geometry = player.current?.geometry;
    const x = geometry ? xOf(geometry, gapHere + 1) : 0;
    setOpen({ menu: 'gap', gap: gapHere, thread: undefined, x });
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && canIntervene) {
      event.preventDefault();
      return openGap();
    }
    const target = targetOf(event.key, current, seen, log);
    if (target === undefined) return;
    event.preventDefault();
    jump(target);
  };
  const calm = useCalm(seen, 400);
  const story = useMemo(() => (calm > 0 ? storyOf(film) : ''), [film, calm]);
  const editable = open?.menu === 'word' && forms ? editableAt(log, forms, open.segment, open.word) : undefined;
  return (
    <div ref={box} className={css.ribbon}>
      <div
        ref={slider}
        role="slider"
        tabIndex={0}
        className={css.slider}
        aria-label="Current segment. Arrow keys move by one, Page Up and Page Down to the next marked segment; Enter changes the memory after it."
        aria-valuemin={1}
        aria-valuemax={Math.max(1, seen)}
        aria-valuenow={current + 1}
        aria-valuetext={segmentInWords(film, current)}
        onKeyDown={press}
      >
        <canvas ref={canvas} {...pointer} />
      </div>
      {open?.menu === 'gap' && (
        <GapMenu film={film} gap={open.gap} thread={open.thread} x={open.x} width={width} onClose={close} />
      )}
      {open?.menu === 'word' && forms && editable && (
        <WordMenu
          film={film}
          forms={forms}
          segment={open.segment}
          at={editable}
          x={open.x}
          width={width}
          onClose={close}
        />
      )}
      <RibbonKey film={film} at={current} />
      <fieldset className={css.tools} data-aside="presenting">
        <legend className={typography.hidden}>Ribbon</legend>
        {!still && (
          <button
            type="button"
            title={plays ? 'Show everything that has been read' : 'Show again how the memory forms'}
            onClick={() => {
              stream.follow();
              if (plays) player.current?.finish();
              else player.current?.replay();
            }}
          >
            {plays ? 'Skip to the end' : 'Replay'}
          </button>
        )}
        {log.total > 8 && (
          <label className={css.span}>
            In view
            <select
              value={span ?? log.total}
              onChange={({ target }) => {
                const wanted = Number(target.value);
                setSpan(wanted === log.total ? undefined : wanted);
              }}
            >
              {spansOf(log.total).map((each) => (
                <option key={each} value={each}>
                  {each === log.total ? `all ${integer(each)} segments` : `${each} segments`}
                </option>
              ))}
            </select>
          </label>
        )}
        {canIntervene && (
          <button
            type="button"
            aria-haspopup="dialog"
            title="Zero, freeze, shuffle or swap the memory, or cut one thread, and see what changes after it"
            onClick={openGap}
          >
            ✂ Change the memory after segment {integer(gapHere + 1)} …
          </button>
        )}
        {!recorded && <WhyButton />}
        {isNameable && <NamesButton log={log} />}
      </fieldset>
      <WhyInWords log={log} found={contributions} />
      {isNameable && <NamesInWords log={log} />}
      <Folded summary="How to read it">
        <ul className={classNames(legends.legend, css.legend)} data-aside="presenting">
          <li>
            <b>Colour</b>: decoded by asking the model after each segment. It is one probe, not the content of each
            thread; grey is undecided.
          </li>
          {film.threads > 0 && (
            <li>
              <b>Thread</b>: {film.threads === 1 ? 'the memory' : 'a memory token'}; as wide as it changed in the
              segment (1 − cosine).
            </li>
          )}
          {log.model.looks.write && (
            <li>
              <b>Arcs</b>: the largest attention of memory to words, and of the answer to memory.
            </li>
          )}
          {film.hasGhost && (
            <li>
              <span className={classNames(legends.key, legends.double)} /> and the thin line below the threads: the same
              document without intervention
            </li>
          )}
        </ul>
      </Folded>
      <p className={typography.hidden}>{story}</p>
    </div>
  );
}
