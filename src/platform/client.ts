// The page's end of the line: spawns the worker, keeps the address bar in step, and hands events to the store frame by frame.
import { useStore } from 'zustand';
import type { Command, Event } from '../protocol/index.ts';
import { writeAddress } from '../store/address.ts';
import type { State } from '../store/state.ts';
import { createPlayground } from '../store/store.ts';
import { browserStorage } from './browser-storage.ts';
import { keepPage } from './service-worker.ts';
import { speeds } from './speeds.ts';

const worker = new Worker(new URL('../session/worker.ts', import.meta.url), { type: 'module' });

const playground = createPlayground({
  post: (command: Command) => worker.postMessage(command),
  async fetchFile(path) {
    const response = await fetch(`${import.meta.env.BASE_URL}${path}`);
    // Some servers answer a missing file with a page.
    if (!response.ok || response.headers.get('content-type')?.startsWith('text/html'))
      throw new Error(
        `${path}: the server answered ${response.ok ? 'with a page' : response.status} (expected the file)`,
      );
    return new Uint8Array(await response.arrayBuffer());
  },
  runs: browserStorage(),
  speeds,
  obstacle: !window.isSecureContext ? 'insecure' : 'gpu' in navigator ? undefined : 'no-webgpu',
});

// A fast GPU sends hundreds of events a second; the page takes them in now and then, and never too many in one task.
const TAKE_EVERY = 50;
const TAKE_FOR = 12;
const queue: Event[] = [];
let scheduled = false;
let taken = 0;
function take(): void {
  // Whichever of the frame and the timer comes second has nothing to do.
  if (!scheduled) return;
  scheduled = false;
  taken = performance.now();
  const { receive } = playground.getState();
  let done = 0;
  // Nobody waits for a hidden page, and its timers are rare: all at once.
  while (done < queue.length && (done === 0 || document.hidden || performance.now() - taken < TAKE_FOR)) {
    const event = queue[done++];
    if (event) receive(event);
  }
  queue.splice(0, done);
  if (queue.length > 0) schedule(0);
}
function schedule(wait: number): void {
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => {
    // A page that is hidden, or becomes so, gets no frames.
    requestAnimationFrame(take);
    setTimeout(take, document.hidden ? 0 : 200);
  }, wait);
}
worker.onmessage = ({ data }: MessageEvent<Event>) => {
  queue.push(data);
  schedule(Math.max(0, taken + TAKE_EVERY - performance.now()));
};
worker.onerror = ({ message }) =>
  playground.getState().receive({
    type: 'failed',
    during: 'connect',
    message: `worker: ${message || 'could not be started'} (expected a browser that runs module workers)`,
    status: 1,
  });

/** Bring the page to life: read the address, ask for the adapter and the bundled checkpoints. */
export function open(): void {
  const read = () => playground.getState().experiment.open(window.location.hash);
  read();
  window.addEventListener('hashchange', () => {
    if (window.location.hash !== writeAddress(playground.getState().experiment)) read();
  });
  playground.subscribe(({ experiment }, before) => {
    if (experiment === before.experiment) return;
    const hash = writeAddress(experiment);
    if (hash === window.location.hash) return;
    if (experiment.view === before.experiment.view) window.history.replaceState(null, '', hash);
    else window.history.pushState(null, '', hash);
  });
  // The built page keeps itself for use without a network.
  if (import.meta.env.PROD && 'serviceWorker' in navigator)
    window.addEventListener('load', () => {
      // Private windows may refuse; the page works without.
      keepPage(playground.getState().offline.found).catch(() => {});
    });
  const { device, models, run, runs } = playground.getState();
  device.connect();
  void models.load();
  void runs.load();
  // A page that is left may not come back; one that comes back may have missed what other tabs did.
  document.addEventListener('visibilitychange', () => {
    if (document.hidden) run.autosave();
    else void runs.refresh();
  });
  window.addEventListener('focus', () => void runs.refresh());
  window.addEventListener('pagehide', () => run.autosave());
}

/** A part of the state; draws the component again when it changes. */
export function usePlayground<T>(select: (state: State) => T): T {
  return useStore(playground, select);
}

export const getPlayground = () => playground.getState();
