// Keeps the address bar and the page in sync.
import type { StoreApi } from 'zustand';
import { writeAddress } from '../store/address.ts';
import type { State } from '../store/state.ts';

/** Read the address and keep it in sync from then on; each change of view is a history entry. */
export function followAddress(playground: StoreApi<State>): void {
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
}
