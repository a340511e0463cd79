// How much of the browser's storage is used, and whether the browser may evict it.

import { bytes, percent } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import css from './Space.module.css';

export function Space() {
  const actions = useActions();
  const space = usePlayground(({ runs }) => runs.space);
  if (!space) return null;
  const { used, quota, persisted } = space;
  return (
    <div className={css.space}>
      <p>
        {bytes(used)} used of {bytes(quota)} that the browser allows ({percent(quota > 0 ? used / quota : Number.NaN)}).{' '}
        {persisted
          ? 'The browser does not delete it on its own.'
          : 'If disk space runs low, the browser may delete it.'}
      </p>
      {!persisted && (
        <button
          type="button"
          title="Ask the browser never to delete these runs on its own"
          onClick={() => void actions.runs.protectStorage()}
        >
          Protect storage
        </button>
      )}
    </div>
  );
}
