// A technical term with an explanation on click, touch or key press.
import { type ReactNode, useId } from 'react';
import typography from '../styles/typography.module.css';
import css from './Term.module.css';
import { type TermEntry, type TermId, terms } from './terms.ts';

export function Term({ id, children }: { readonly id: TermId; readonly children: ReactNode }) {
  return <Explained {...terms[id]}>{children}</Explained>;
}

/** The same with an explanation given by the caller. */
export function Explained({ name, meaning, source, children }: TermEntry & { readonly children: ReactNode }) {
  const place = useId();
  return (
    <>
      <button type="button" className={css.term} popoverTarget={place}>
        {children}
      </button>
      {/* A span, because it appears inside sentences. */}
      <span id={place} popover="auto" className={css.card} role="note">
        <strong>{name}</strong>
        <span>{meaning}</span>
        <span className={typography.quiet}>Source: {source}</span>
      </span>
    </>
  );
}
