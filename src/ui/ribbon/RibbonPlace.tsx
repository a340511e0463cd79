// The place of the ribbon before there is anything to draw: its empty threads, and what the page waits for.
import type { ReactNode } from 'react';
import { classNames } from '../class-names.ts';
import sections from '../styles/sections.module.css';
import css from './RibbonPlace.module.css';

export function RibbonPlace({ children }: { readonly children: ReactNode }) {
  return (
    <div className={classNames(sections.panel, css.place)}>
      <p role="status">{children}</p>
      <div className={css.threads} />
      <div className={css.band} />
    </div>
  );
}
