// The address bar says what the page shows, and the page shows what the address bar says.
import type { StoreApi } from 'zustand';
import { writeAddress } from '../store/address.ts';
import type { State } from '../store/state.ts';

/** Read the address, and keep it in step from then on: another view is an entry of its own in the history. */
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
