// The names of threads, at a press: whom each memory token holds, as measured on the model.
import { useMemo } from 'react';
import { heldIn } from '../../store/slices/holders.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { saysOfSomebody } from '../../tasks/measures.ts';
import { Alert } from '../controls/Alert.tsx';
import { integer } from '../format.ts';
import { heldBy, namesOf, spreadOf } from '../inside/memory/holders-data.ts';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import typography from '../styles/typography.module.css';

/** Whom each memory token of the document on show holds, once it has been measured. */
export function useNames(log: StreamLog): readonly (readonly string[])[] | undefined {
  const found = usePlayground((state) => heldIn(state, log)?.found);
  return useMemo(() => found && namesOf(found), [found]);
}

/** Whether its threads can have names: each is a memory token, and the facts are about somebody. */
export const canBeNamed = ({ model }: StreamLog): boolean =>
  model.associationRows === undefined && model.memTokens > 1 && saysOfSomebody(model.task ?? '');

export function NamesButton({ log }: { readonly log: StreamLog }) {
  const { holders } = useActions();
  const status = usePlayground((state) => state.holders.status);
  const isThere = usePlayground((state) => heldIn(state, log) !== undefined);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const reading = usePlayground(({ stream }) => stream.status === 'starting' || stream.status === 'playing');
  if (status === 'starting' || status === 'reading')
    return (
      <button type="button" title="Stop comparing the memory tokens" onClick={() => holders.stop()}>
        Stop naming
      </button>
    );
  if (isThere)
    return (
      <button type="button" title="Show the threads without names" onClick={() => holders.clear()}>
        Hide names
      </button>
    );
  return (
    <button
      type="button"
      disabled={!ready || reading}
      title="Tell the model of each person each place, and see which memory token changes with the place"
      onClick={() => void holders.start()}
    >
      Whose thread is it?
    </button>
  );
}

/** Whom the threads hold, in words. */
export function NamesInWords({ log }: { readonly log: StreamLog }) {
  const { experiment } = useActions();
  const { status, error, read, settings } = usePlayground(({ holders }) => holders);
  const outcome = usePlayground((state) => heldIn(state, log));
  if (status === 'starting' || status === 'reading')
    return (
      <p role="status" className={typography.note}>
        Comparing the memory tokens: {integer(read)} of {integer(settings.documents)} beginnings read …
      </p>
    );
  if (!outcome) return <Alert>{status === 'failed' ? error : undefined}</Alert>;
  return (
    <p role="status" className={typography.note}>
      {spreadOf(heldBy(outcome.found))} Told that somebody is in another place, these are the memory tokens that change.{' '}
      <button
        type="button"
        className={buttons.plain}
        data-aside=""
        title="The share of each memory token, for everybody"
        onClick={() => {
          experiment.setInside({ section: 'memory' });
          experiment.show('inside');
        }}
      >
        Shares in Inside
      </button>
    </p>
  );
}
