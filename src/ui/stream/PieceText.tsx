// A text in the pieces of a tokenizer: a line below it names the piece under the pointer, or the one that the arrow keys
// have moved to.
import { type KeyboardEvent, type ReactNode, type SyntheticEvent, useEffect, useRef, useState } from 'react';
import { integer } from '../format.ts';
import typography from '../styles/typography.module.css';

interface PieceTextProps {
  readonly pieces: readonly string[];
  /** Their ids. */
  readonly ids: ArrayLike<number> | undefined;
  /** The number of the first piece shown, of a text whose beginning is not. */
  readonly first?: number;
  /** The text; the element of piece i has data-piece={i}. */
  readonly children: ReactNode;
}

const steps: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1, Home: -1e9, End: 1e9 };

export function PieceText({ pieces, ids, first = 0, children }: PieceTextProps) {
  const box = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<number | undefined>();
  const shown = at !== undefined && at >= first && at < pieces.length ? at : undefined;
  useEffect(() => {
    const piece = box.current?.querySelector(`[data-piece="${shown}"]`);
    piece?.setAttribute('data-current', 'true');
    return () => piece?.removeAttribute('data-current');
  }, [shown]);
  const look = ({ target }: SyntheticEvent) => {
    const found = target instanceof Element ? target.closest('[data-piece]') : null;
    if (found) setAt(Number(found.getAttribute('data-piece')));
  };
  const press = (event: KeyboardEvent) => {
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    setAt(Math.max(first, Math.min(pieces.length - 1, (shown ?? first) + step)));
  };
  return (
    <>
      {/* biome-ignore lint/a11y/useSemanticElements: no form control is in it */}
      <div
        ref={box}
        role="group"
        aria-label="Text by piece. Arrow keys move from piece to piece."
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move along the text
        tabIndex={0}
        onFocus={() => setAt(shown ?? first)}
        onKeyDown={press}
        onPointerOver={look}
      >
        {children}
      </div>
      <p className={typography.note} role="status">
        {shown === undefined
          ? 'Point at the text, or move through it with the arrow keys, to see its pieces.'
          : `Piece ${integer(shown + 1)} of ${integer(pieces.length)}: “${pieces[shown]}”, id ${ids?.[shown] ?? 'unknown'}`}
      </p>
    </>
  );
}
