// The page's end of the connection to the worker: spawns it and creates the store that receives its events.
import type { StoreApi } from 'zustand';
import { ModelShelf } from '../hub/model-shelf.ts';
import { publicEndpoint } from '../hub/request.ts';
import type { Command, Event } from '../protocol/index.ts';
import type { State } from '../store/state.ts';
import { createPlayground } from '../store/store.ts';
import { followAddress } from './address-bar.ts';
import { browserBlobs, freeSpace } from './blob-store.ts';
import { browserStorage } from './browser-storage.ts';
import { browserClock, eventQueue } from './event-queue.ts';
import { notesIn } from './notes.ts';
import { cachePage } from './service-worker.ts';
import { speeds } from './speeds.ts';

/**
 * Start the page, once: spawn the worker, read the address, request the adapter, the bundled checkpoints and the
 * runs of this browser.
 */
export function createClient(): StoreApi<State> {
  const worker = new Worker(new URL('../session/worker.ts', import.meta.url), { type: 'module' });
  const playground = createPlayground({
    post: (command: Command) => worker.postMessage(command),
    fetchFile,
    runs: browserStorage(),
    hub: {
      server: { endpoint: publicEndpoint, fetch: (...request) => fetch(...request) },
      shelf: new ModelShelf(browserBlobs()),
      free: freeSpace,
    },
    speeds,
    visit: notesIn(() => sessionStorage),
    notes: notesIn(() => localStorage),
    obstacle: !window.isSecureContext ? 'insecure' : 'gpu' in navigator ? undefined : 'no-webgpu',
  });
  const receive = (event: Event) => playground.getState().receive(event);
  // A slice that throws is a bug of the page: the browser reports it as uncaught.
  const isFrequent = ({ type }: Event) => type === 'stream-segment' || type === 'train-step';
  const push = eventQueue<Event>({ receive, report: reportError, isFrequent }, browserClock);
  worker.onmessage = ({ data }: MessageEvent<Event>) => push(data);
  worker.onerror = ({ message }) =>
    playground
      .getState()
      .device.refused(
        `The background worker of this page could not be started${message ? ` (${message})` : ''}. Reload the page, or open it in a current browser.`,
        'no-device',
      );
  followAddress(playground);
  keepOffline(playground);
  const { device, hub, models, runs } = playground.getState();
  device.connect();
  void models.load();
  void runs.load();
  void hub.load();
  keepRuns(playground);
  return playground;
}

/** A file of the page's own server, by its path relative to the page. @throws Error if the server has no such file */
async function fetchFile(path: string): Promise<Uint8Array<ArrayBuffer>> {
  const response = await fetch(`${import.meta.env.BASE_URL}${path}`);
  // Some servers answer a missing file with an HTML page.
  if (!response.ok || response.headers.get('content-type')?.startsWith('text/html'))
    throw new Error(
      `The server did not send the file ${path} (${response.ok ? 'it sent a web page' : `status ${response.status}`}).`,
    );
  return new Uint8Array(await response.arrayBuffer());
}

/** Cache the built page for offline use. */
function keepOffline(playground: StoreApi<State>): void {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  window.addEventListener('load', () => {
    // Private windows may refuse; the page works without it.
    cachePage(playground.getState().offline.found).catch(() => {});
  });
}

/** Save when the page is hidden, because it may not come back; refresh when it is shown, because other tabs may have changed runs. */
function keepRuns(playground: StoreApi<State>): void {
  const { run, runs } = playground.getState();
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) run.autosave();
    else void runs.refresh();
  });
  window.addEventListener('focus', () => void runs.refresh());
  window.addEventListener('pagehide', () => run.autosave());
}
