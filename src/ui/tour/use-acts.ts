// Carries out the steps of the tour on the page: puts its document on show, reads as far as a step wants, waits for the
// result; and puts everything back at the end.
import { useCallback, useEffect, useRef, useState } from 'react';
import { presetConfig } from '../../experiment/presets.ts';
import type { Experiment, StreamSettings } from '../../store/address.ts';
import type { RunId } from '../../store/library/record.ts';
import { isTraining } from '../../store/slices/run-state.ts';
import { shownVerdict, streamKey } from '../../store/slices/stream.ts';
import type { State } from '../../store/state.ts';
import { isStill } from '../media.ts';
import { usePlayground, useStoreApi } from '../playground.tsx';
import { factsOf } from './facts.ts';
import { type Act, steps, tourDocument, tourRun } from './steps.ts';

/** Milliseconds from one segment to the next. */
const beat = 420;

/** The page as it was before the tour. */
interface Before {
  readonly experiment: Experiment;
  readonly noise: State['stream']['noise'];
  readonly scroll: number;
}

/** What of the settings the tour does not know of stays as it is. */
const settingsOf = ({ experiment, stream }: State): Experiment => {
  const { current, following, seen } = stream;
  const at = following || seen === 0 ? experiment.stream.at : current + 1;
  return { ...experiment, stream: { ...experiment.stream, at } };
};

/** Whether a run can be trained for the tour: none of the visitor's is in the way. */
export const canTrain = ({ run, device }: State): boolean =>
  device.status === 'ready' && !isTraining(run.status) && run.id === undefined;

/** Whether what an act began has come to its end. */
function isDone(act: Act, limit: number, state: State): boolean {
  const { stream, run } = state;
  if (act.kind === 'train') return run.status === 'ended' || run.status === 'failed';
  if (act.kind === 'read')
    return stream.seen >= limit && (limit < (stream.log?.total ?? 0) || shownVerdict(state) !== undefined);
  return stream.key === streamKey(state) && stream.status === 'ended' && shownVerdict(state) !== undefined;
}

export function useActs(at: number) {
  const playground = useStoreApi();
  const before = useRef<Before | undefined>(undefined);
  const trained = useRef<RunId | undefined>(undefined);
  const step = steps[at];
  /** Segments that may be read. */
  const [limit, setLimit] = useState(0);
  const [begun, setBegun] = useState<{ readonly act: Act; readonly at: number } | undefined>();
  const acting = begun?.at === at ? begun.act : undefined;
  const ended = usePlayground((state) => acting !== undefined && isDone(acting, limit, state));

  /** Show a document of the tour; what the visitor had is kept for the end. */
  const showDocument = useCallback(
    (settings: Partial<StreamSettings>, paused: boolean) => {
      const { experiment, stream } = playground.getState();
      experiment.setStream({ ...tourDocument, ...settings });
      void stream.start(paused);
    },
    [playground],
  );

  useEffect(() => {
    const state = playground.getState();
    before.current = { experiment: settingsOf(state), noise: state.stream.noise, scroll: window.scrollY };
    if (state.stream.noise) state.stream.setNoise(undefined);
    showDocument({}, true);
    return () => {
      const { experiment, noise, scroll } = before.current ?? {};
      const { run, runs, ...now } = playground.getState();
      if (trained.current !== undefined) {
        const id = trained.current;
        if (run.id === id) run.clear();
        void runs.remove(id);
      }
      if (noise) now.stream.setNoise(noise);
      if (experiment) now.experiment.restore(experiment);
      requestAnimationFrame(() => window.scrollTo({ top: scroll ?? 0, behavior: 'auto' }));
    };
  }, [playground, showDocument]);

  // Another step shows its part of the page.
  useEffect(() => {
    if (!step) return;
    const { experiment } = playground.getState();
    experiment.restore({ ...experiment, view: step.view, panel: step.panel });
  }, [playground, step]);

  // One segment after the other, as far as they may be read.
  const { seen, status } = usePlayground(({ stream }) => stream);
  useEffect(() => {
    if (acting?.kind !== 'read' || status !== 'paused' || seen >= limit) return;
    const timer = setTimeout(() => playground.getState().stream.step(), seen === 0 || isStill() ? 0 : beat);
    return () => clearTimeout(timer);
  }, [playground, acting, status, seen, limit]);

  const act = useCallback(() => {
    const wanted = steps[at]?.act;
    const state = playground.getState();
    if (!wanted) return;
    if (wanted.kind === 'read') {
      const facts = factsOf(state);
      setLimit(facts ? wanted.to(facts) : 1);
      // Somebody who has come back to this step, or has stopped the document, reads it from the beginning.
      const { experiment, stream } = state;
      const isOther = experiment.stream.changes !== undefined || experiment.stream.segments !== tourDocument.segments;
      if (isOther || !['paused', 'starting', 'ended'].includes(stream.status)) showDocument({}, true);
    } else if (wanted.kind === 'document') showDocument(wanted.settings, false);
    else {
      const { experiment, run } = state;
      experiment.restore({
        ...experiment,
        preset: 'memorize',
        train: { ...experiment.train, from: undefined },
        config: { ...presetConfig('memorize'), ...tourRun },
      });
      run.start();
      trained.current = playground.getState().run.id;
    }
    setBegun({ act: wanted, at });
  }, [at, playground, showDocument]);

  return { act, isActing: acting !== undefined && !ended, isDone: acting !== undefined && ended } as const;
}
