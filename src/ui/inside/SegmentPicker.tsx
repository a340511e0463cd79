// The choice of the segment on show, shared with Stream.
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { classNames } from '../class-names.ts';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { FilmStrip } from '../stream/FilmStrip.tsx';
import { sentence } from '../stream/words.ts';
import controls from '../styles/controls.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './SegmentPicker.module.css';

interface SegmentPickerProps {
  readonly log: StreamLog;
  readonly seen: number;
  readonly current: number;
}

export function SegmentPicker({ log, seen, current }: SegmentPickerProps) {
  const { jump } = useActions().stream;
  const isReading = usePlayground(({ stream }) => stream.status === 'playing');
  const segment = log.segments[current];
  const marked = log.marked.filter(({ index }) => index < seen).slice(0, 6);
  return (
    <section className={sections.panel} aria-label="Segment">
      <div className={css.row}>
        <IntegerInput
          label={`Segment of ${integer(log.total)}`}
          help="The segment that all sections show. It is the one selected on Stream."
          value={current + 1}
          min={1}
          max={seen}
          className={classNames(controls.above, css.number)}
          onChange={(value) => jump(value - 1)}
        />
        <div className={css.jumps}>
          <button type="button" disabled={current === 0} onClick={() => jump(current - 1)}>
            ← Previous
          </button>
          <button type="button" disabled={current + 1 >= seen} onClick={() => jump(current + 1)}>
            Next →
          </button>
          {marked.map(({ index, kinds }) => (
            <button
              key={index}
              type="button"
              aria-current={index === current ? 'true' : undefined}
              onClick={() => jump(index)}
            >
              {kinds.join(', ')} in {integer(index + 1)}
            </button>
          ))}
        </div>
      </div>
      <FilmStrip log={log} seen={seen} current={current} onJump={jump} />
      <p className={typography.note}>
        {log.model.kind} · {log.model.name} ·{' '}
        {segment?.hasText ? `“${sentence(segment.words, log.model.pieces)}”` : 'The text is no longer kept.'}
        {isReading && ` ${integer(seen)} of ${integer(log.total)} segments read so far.`}
      </p>
    </section>
  );
}
