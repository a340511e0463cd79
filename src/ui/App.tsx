// The frame of the page: name, tabs, adapter name and the current view.

import { type ComponentType, lazy, Suspense, useDeferredValue, useEffect } from 'react';
import { type View, views } from '../store/address.ts';
import { adapterName } from '../store/slices/device.ts';
import { isTraining } from '../store/slices/run-state.ts';
import { viewTitles } from '../store/view-titles.ts';
import css from './App.module.css';
import { classNames } from './class-names.ts';
import { useDrop } from './drop.ts';
import { CopyLink } from './figure/CopyLink.tsx';
import { FocusTip } from './frame/FocusTip.tsx';
import { Tabs, tabId } from './frame/Tabs.tsx';
import { useDownload } from './frame/use-download.ts';
import { useHeadHeight } from './frame/use-head-height.ts';
import { useKeptFocus } from './frame/use-kept-focus.ts';
import { usePanel } from './frame/use-panel.ts';
import { ViewBoundary } from './frame/ViewBoundary.tsx';
import { Glossary } from './glossary/Glossary.tsx';
import { AddScene } from './learn/AddScene.tsx';
import { useActions, usePlayground } from './playground.tsx';
import buttons from './styles/buttons.module.css';
import layout from './styles/layout.module.css';
import notices from './styles/notices.module.css';
import { useTour } from './tour/use-tour.ts';
import { Stream } from './views/Stream.tsx';

const Presenter = lazy(async () => ({ default: (await import('./present/Presenter.tsx')).Presenter }));
const Tour = lazy(async () => ({ default: (await import('./tour/Tour.tsx')).Tour }));

/** The first view is part of the initial bundle; the others, and their charts, load on first use. */
const contents: Readonly<Record<View, ComponentType>> = {
  stream: Stream,
  inside: lazy(async () => ({ default: (await import('./views/Inside.tsx')).Inside })),
  train: lazy(async () => ({ default: (await import('./views/Train.tsx')).Train })),
  extrapolate: lazy(async () => ({ default: (await import('./views/Extrapolate.tsx')).Extrapolate })),
  capacity: lazy(async () => ({ default: (await import('./views/Capacity.tsx')).Capacity })),
  compute: lazy(async () => ({ default: (await import('./views/Compute.tsx')).Compute })),
  runs: lazy(async () => ({ default: (await import('./views/Runs.tsx')).Runs })),
  device: lazy(async () => ({ default: (await import('./views/Device.tsx')).Device })),
  learn: lazy(async () => ({ default: (await import('./views/Learn.tsx')).Learn })),
};

export function App() {
  const actions = useActions();
  const view = usePlayground(({ experiment }) => experiment.view);
  const problems = usePlayground(({ experiment }) => experiment.problems);
  // The tab responds at once; its content renders at lower priority.
  const shown = useDeferredValue(view);
  const Content = contents[shown];
  const tour = useTour();
  const head = useHeadHeight();
  useDrop();
  useDownload();
  useKeptFocus();
  usePanel();
  const presents = usePlayground(({ scenes }) => scenes.presenting !== undefined);
  useEffect(() => {
    document.title = `${viewTitles[view]} · RMT Playground`;
  }, [view]);
  return (
    <>
      <header ref={head} className={css.head} data-aside="">
        <p className={css.brand}>
          RMT <span>Playground</span>
        </p>
        <Tabs
          label="Views"
          tabs={views.map((id) => ({ id, title: viewTitles[id] }))}
          selected={view}
          panel="view"
          className={css.tabs}
          onSelect={actions.experiment.show}
        />
        {/* In place of the tabs where they would not fit beside each other. */}
        <select
          className={css.menu}
          aria-label="View"
          value={view}
          onChange={({ target }) => actions.experiment.show(target.value as View)}
        >
          {views.map((id) => (
            <option key={id} value={id}>
              {viewTitles[id]}
            </option>
          ))}
        </select>
        <div className={css.tools}>
          <CopyLink />
          <AddScene />
          <button
            ref={tour.button}
            type="button"
            title="A tour that plays on this page, about ten minutes; Escape leaves it, and the page is as it was"
            onClick={tour.start}
          >
            Tour
          </button>
        </div>
        <Adapter />
      </header>
      {tour.invites && (
        <aside className={css.notice} data-aside="" aria-label="For a first visit">
          <span>
            New here?{' '}
            <span className={css.more}>A tour of about ten minutes shows on this page how a memory works.</span>
          </span>
          <button type="button" onClick={tour.start}>
            Take the tour
          </button>
          <button type="button" onClick={tour.decline}>
            No, thanks
          </button>
        </aside>
      )}
      <NewerVersion />
      <main>
        <div id="view" className={css.view} role="tabpanel" aria-labelledby={tabId('view', view)} tabIndex={-1}>
          {problems.length > 0 && (
            <div className={notices.alert} role="alert">
              <ul>
                {problems.map((problem) => (
                  <li key={problem}>{problem}</li>
                ))}
              </ul>
              <button type="button" onClick={() => actions.experiment.dismissProblems()}>
                Dismiss
              </button>
            </div>
          )}
          <DeviceLost />
          <ViewBoundary key={shown} title={viewTitles[shown]}>
            <Suspense fallback={<p role="status">Opening …</p>}>
              <Content />
            </Suspense>
          </ViewBoundary>
        </div>
      </main>
      <footer className={css.foot} data-aside="">
        <p>
          Recurrent Memory Transformer: RMT (Bulatov et al. 2022, arXiv:2207.06881) and RMT-1M (Bulatov et al. 2023,
          arXiv:2304.11062). Everything runs on this machine. Nothing is sent anywhere, unless you look up a model on
          the Hugging Face hub. <OfflineNote />
        </p>
        <Glossary />
      </footer>
      {tour.isOpen && (
        <Suspense>
          <Tour onEnd={tour.end} />
        </Suspense>
      )}
      {presents && (
        <Suspense>
          <Presenter />
        </Suspense>
      )}
      <FocusTip />
    </>
  );
}

function Adapter() {
  const { status, facts } = usePlayground(({ device }) => device);
  const text = {
    connecting: 'Looking for a GPU …',
    ready: facts ? adapterName(facts) : '',
    missing: 'No WebGPU',
    lost: 'GPU lost',
  }[status];
  return (
    <p className={css.adapter} role="status">
      <span className={css.adapterName} title={text}>
        {text}
      </span>
      {status === 'ready' && facts?.software && (
        <span
          className={css.badge}
          title="WebGPU runs on the CPU here: correct, but hundreds of times slower than on a GPU."
        >
          software: slow
        </span>
      )}
    </p>
  );
}

/** Shown once the whole page is cached. */
function OfflineNote() {
  const kept = usePlayground(({ offline }) => offline.kept);
  return kept ? 'This page is cached in the browser and works offline.' : null;
}

/** The page never updates by itself: the user decides when to load a newer version. */
function NewerVersion() {
  const update = usePlayground(({ offline }) => offline.update);
  const busy = usePlayground(({ run }) => isTraining(run.status));
  return (
    <div role="status">
      {update && (
        <p className={css.notice}>
          A newer version of this page is ready.{' '}
          {busy && 'Loading it stops the run in training; its last checkpoint is kept.'}
          <button type="button" onClick={update}>
            Load the new version
          </button>
        </p>
      )}
    </div>
  );
}

function DeviceLost() {
  const { status, message } = usePlayground(({ device }) => device);
  const checkpoint = usePlayground(({ run }) => run.checkpoint);
  const run = usePlayground((state) => state.run.status);
  const { device, run: actions, experiment } = useActions();
  if (status !== 'lost') return null;
  return (
    <div className={notices.alert} role="alert">
      <p>The connection to the GPU was lost ({message}). Curves and checkpoints are still here.</p>
      <p className={layout.actions}>
        {run === 'lost' && checkpoint && (
          <button
            type="button"
            className={classNames(buttons.primary, buttons.long)}
            onClick={() => {
              device.connect();
              void actions.resume();
              experiment.show('train');
            }}
          >
            Resume from the last checkpoint (step {checkpoint.progress.step})
          </button>
        )}
        <button type="button" onClick={() => device.connect()}>
          Connect again
        </button>
      </p>
    </div>
  );
}
