// A frame in which a table larger than the page scrolls, also by keyboard.
import type { ReactNode } from 'react';
import { classNames } from '../class-names.ts';
import css from './TableScroll.module.css';

interface TableScrollProps {
  readonly label: string;
  /** Shown at full height: it scrolls sideways only. */
  readonly isTall?: boolean;
  readonly children: ReactNode;
}

export function TableScroll({ label, isTall = false, children }: TableScrollProps) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: no form control is in it
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
    <div className={classNames(css.scroll, isTall && css.tall)} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
