// The queue: the runs that are trained one after the other, in order, with what has become of each.
import { type ReactNode, useMemo } from 'react';
import { automaticName } from '../../store/compare.ts';
import { type QueueItem, queueClaim } from '../../store/slices/queue.ts';
import { Alert } from '../controls/Alert.tsx';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import meters from '../styles/meters.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './Queue.module.css';

const words: Readonly<Record<QueueItem['state'], string>> = {
  waiting: 'waiting',
  training: 'in training',
  evaluating: 'being evaluated',
  finished: 'finished',
  failed: 'failed',
};

export function Queue() {
  const { queue } = useActions();
  const { status, items, problem } = usePlayground((state) => state.queue);
  const isElsewhere = usePlayground(({ runs }) => runs.elsewhere.has(queueClaim));
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const progress = usePlayground(({ run }) => run.progress);
  if (items.length === 0) return problem === undefined ? null : <Alert>{problem}</Alert>;
  const over = items.filter(({ state }) => state === 'finished' || state === 'failed').length;
  const isOn = status === 'running';
  const current = items.find(({ state }) => state === 'training');
  const share = current && progress ? progress.step / progress.steps : 0;
  const waits = items.some(({ state }) => state === 'waiting');
  return (
    <section className={sections.panel} aria-label="Queue">
      <header className={sections.head}>
        <h2>Queue</h2>
        <p className={typography.quiet} role="status">
          {integer(over)} of {integer(items.length)} runs done
          {!isOn && waits && (isElsewhere ? ', at work in another tab' : ', paused')}
        </p>
      </header>
      <div className={meters.progress}>
        <progress aria-label="Queue" max={items.length} value={over + share} />
      </div>
      <p className={layout.actions}>
        <button
          type="button"
          disabled={!isOn && (!ready || isElsewhere || !waits)}
          title={
            isOn
              ? 'Save the run in training, and stop; Resume continues it'
              : 'Continue with the first run that is not done; one that was cut off continues where it was saved'
          }
          onClick={() => (isOn ? queue.pause() : void queue.start())}
        >
          {isOn ? 'Pause the queue' : 'Resume the queue'}
        </button>
        <button type="button" disabled={over === 0} onClick={() => void queue.clear()}>
          Clear finished
        </button>
      </p>
      <Alert>{problem}</Alert>
      <ol className={css.items}>
        {items.map((item, i) => (
          <Item
            key={item.id}
            item={item}
            isFirst={items[i - 1]?.state !== 'waiting'}
            isLast={items[i + 1]?.state !== 'waiting'}
          />
        ))}
      </ol>
    </section>
  );
}

interface ItemProps {
  readonly item: QueueItem;
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

function Item({ item, isFirst, isLast }: ItemProps) {
  const { queue } = useActions();
  const { id, config, preset, run, state, problem } = item;
  const record = usePlayground(({ runs }) => runs.find(run));
  const name = useMemo(() => record?.name ?? automaticName(config, preset), [record, config, preset]);
  const at = record && state === 'waiting' && record.progress.step > 0 && record.state !== 'finished';
  const act = (sign: string, label: string, isPossible: boolean, work: () => unknown): ReactNode => (
    <button
      type="button"
      disabled={!isPossible}
      aria-label={`${label} ${name}`}
      title={label}
      onClick={() => void work()}
    >
      <span aria-hidden="true">{sign}</span>
    </button>
  );
  const isWaiting = state === 'waiting';
  const isAtWork = state === 'training' || state === 'evaluating';
  return (
    <li data-state={state}>
      <span className={css.name}>
        {name} <span className={typography.quiet}>{words[state]}</span>
        {at && <span className={typography.quiet}>, saved at step {integer(record.progress.step)}</span>}
        {problem && <span className={typography.problem}> {problem}</span>}
      </span>
      <span className={css.buttons}>
        {act('↑', 'Move up', isWaiting && !isFirst, () => queue.move(id, -1))}
        {act('↓', 'Move down', isWaiting && !isLast, () => queue.move(id, 1))}
        {act('✕', 'Remove', !isAtWork, () => queue.remove(id))}
      </span>
    </li>
  );
}
