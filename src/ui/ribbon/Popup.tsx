// A small box at a point of the ribbon: takes the focus, closes by Escape or when the focus leaves it.
import { type ReactNode, useEffect, useRef } from 'react';
import css from './Ribbon.module.css';

interface PopupProps {
  readonly label: string;
  /** Where it points to, in pixels from the left, and the width it must stay in. */
  readonly x: number;
  readonly width: number;
  onClose(): void;
  readonly children: ReactNode;
}

const wide = 264;

export function Popup({ label, x, width, onClose, children }: PopupProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    box.current?.querySelector<HTMLElement>('button, select')?.focus({ preventScroll: true });
  }, []);
  const left = Math.max(0, Math.min(Math.max(0, width - wide), x - wide / 2));
  return (
    <div
      ref={box}
      className={css.popup}
      style={{ insetInlineStart: left, inlineSize: Math.min(wide, width) }}
      role="dialog"
      aria-label={label}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        onClose();
      }}
      onBlur={({ relatedTarget, currentTarget }) => {
        if (relatedTarget instanceof Node && !currentTarget.contains(relatedTarget)) onClose();
      }}
    >
      <p className={css.popupTitle}>
        {label}
        <button type="button" aria-label="Close" onClick={onClose}>
          ✕
        </button>
      </p>
      {children}
    </div>
  );
}
