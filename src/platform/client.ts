// The page's end of the line: spawns the worker, and gives the store that its events enter and that commands leave from.
import type { StoreApi } from 'zustand';
import type { Command, Event } from '../protocol/index.ts';
import type { State } from '../store/state.ts';
import { createPlayground } from '../store/store.ts';
import { followAddress } from './address-bar.ts';
import { browserStorage } from './browser-storage.ts';
import { browserClock, eventQueue } from './event-queue.ts';
import { keepPage } from './service-worker.ts';
import { speeds } from './speeds.ts';

/**
 * Bring the page to life, once: spawn the worker, read the address, ask for the adapter, the bundled checkpoints and the
 * runs of this browser.
 */
export function createClient(): StoreApi<State> {
  const worker = new Worker(new URL('../session/worker.ts', import.meta.url), { type: 'module' });
  const playground = createPlayground({
    post: (command: Command) => worker.postMessage(command),
    fetchFile,
    runs: browserStorage(),
    speeds,
    obstacle: !window.isSecureContext ? 'insecure' : 'gpu' in navigator ? undefined : 'no-webgpu',
  });
  const receive = (event: Event) => playground.getState().receive(event);
  // A reducer that throws is a fault of the page: the browser reports it as uncaught.
  const push = eventQueue<Event>({ receive, report: reportError }, browserClock);
  worker.onmessage = ({ data }: MessageEvent<Event>) => push(data);
  worker.onerror = ({ message }) =>
    playground
      .getState()
      .device.refused(`worker: ${message || 'could not be started'} (expected a browser that runs module workers)`);
  followAddress(playground);
  keepOffline(playground);
  const { device, models, runs } = playground.getState();
  device.connect();
  void models.load();
  void runs.load();
  keepRuns(playground);
  return playground;
}

/** A file of the page's own server, by its path relative to the page. @throws Error where the server has no such file */
async function fetchFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${import.meta.env.BASE_URL}${path}`);
  // Some servers answer a missing file with a page.
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html'))
    throw new Error(
      `${path}: the server answered ${response.ok ? 'with a page' : response.status} (expected the file)`,
    );
  return new Uint8Array(await response.arrayBuffer());
}

/** The built page keeps itself for use without a network. */
function keepOffline(playground: StoreApi<State>): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  window.addEventListener('load', () => {
    // Private windows may refuse; the page works without.
    keepPage(playground.getState().offline.found).catch(() => {});
  });
}

/** A page that is left may not come back; one that comes back may have missed what other tabs did. */
function keepRuns(playground: StoreApi<State>): void {
  const { run, runs } = playground.getState();
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) run.autosave();
    else void runs.refresh();
  });
  window.addEventListener('focus', () => void runs.refresh());
  window.addEventListener('pagehide', () => run.autosave());
}
