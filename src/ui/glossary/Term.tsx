// A term of the field that explains itself when pressed: by pointer, touch or keyboard.
import { type ReactNode, useId } from 'react';
import typography from '../styles/typography.module.css';
import css from './Term.module.css';
import { type TermEntry, type TermId, terms } from './terms.ts';

export function Term({ id, children }: { readonly id: TermId; readonly children: ReactNode }) {
  return <Explained {...terms[id]}>{children}</Explained>;
}

/** The same for what has its own explanation. */
export function Explained({ name, meaning, source, children }: TermEntry & { readonly children: ReactNode }) {
  const place = useId();
  return (
    <>
      <button type="button" className={css.term} popoverTarget={place}>
        {children}
      </button>
      {/* A span, as it stands inside sentences. */}
      <span id={place} popover="auto" className={css.card} role="note">
        <strong>{name}</strong>
        <span>{meaning}</span>
        <span className={typography.quiet}>Source: {source}</span>
      </span>
    </>
  );
}
