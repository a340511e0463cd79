// A table that scrolls in its own frame when it is larger than the page, by keyboard too.
import type { ReactNode } from 'react';
import { classNames } from '../class-names.ts';
import css from './TableScroll.module.css';

interface TableScrollProps {
  readonly label: string;
  /** Shown in its whole height: it scrolls sideways only. */
  readonly isTall?: boolean;
  readonly children: ReactNode;
}

export function TableScroll({ label, isTall = false, children }: TableScrollProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: no form control is in it
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keyboard
    <div className={classNames(css.scroll, isTall && css.tall)} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
