// What is suspicious about the figures shown; renders nothing if nothing is.
import type { Suspicion } from '../../analysis/suspicion.ts';
import notices from '../styles/notices.module.css';

/** A suspicion, and what it is about if that is not clear from its place. */
export interface Suspected {
  readonly about?: string;
  readonly suspicion: Suspicion;
}

export function Suspicions({ list }: { readonly list: readonly Suspected[] }) {
  if (list.length === 0) return null;
  return (
    <div className={notices.alert} role="status">
      <ul>
        {list.map(({ about, suspicion: { kind, sentence } }) => (
          <li key={`${about} ${kind}`}>
            {about && `${about}: `}
            {sentence}
          </li>
        ))}
      </ul>
    </div>
  );
}
