// Presenter mode: one scene after the other, large, for a projector. Everything but the scene and its caption is hidden;
// the controls appear when the pointer moves or the focus is among them.
import { useEffect, useRef, useState } from 'react';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import typography from '../styles/typography.module.css';
import css from './Presenter.module.css';

/** The width that a view is made for: a wider window shows it enlarged. */
const madeFor = 1280;
const mostEnlarged = 2.6;
/** Milliseconds without a move of the pointer after which the controls are hidden. */
const restless = 2500;

/** Keys of keyboards and clickers, and how many scenes they move. Those of clickers work wherever the focus is. */
const steps: Readonly<Record<string, number>> = { PageDown: 1, PageUp: -1, ArrowRight: 1, ArrowLeft: -1, ' ': 1 };
const ofClickers: ReadonlySet<string> = new Set(['PageDown', 'PageUp', 'Escape']);
/** Elements that use such keys themselves. */
const usesKeys = 'input, select, textarea, button, summary, a[href], [role="slider"], [tabindex="0"]';

/** Marks the page as presented, and enlarges it with the window. */
function useLargeType(): void {
  useEffect(() => {
    const { documentElement: root } = document;
    const fit = () => {
      const zoom = Math.max(1, Math.min(mostEnlarged, window.innerWidth / madeFor));
      root.style.setProperty('--enlarged', String(zoom));
    };
    fit();
    root.setAttribute('data-presenting', '');
    root.setAttribute('data-alone', '');
    // Canvases are drawn again in the new size.
    window.dispatchEvent(new Event('resize'));
    window.addEventListener('resize', fit);
    return () => {
      window.removeEventListener('resize', fit);
      root.removeAttribute('data-presenting');
      root.removeAttribute('data-alone');
      root.style.removeProperty('--enlarged');
      window.dispatchEvent(new Event('resize'));
    };
  }, []);
}

/** Whether the pointer has moved a moment ago. */
function usePointerMoves(): boolean {
  const [moves, setMoves] = useState(false);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const wake = () => {
      setMoves(true);
      clearTimeout(timer);
      timer = setTimeout(() => setMoves(false), restless);
    };
    window.addEventListener('pointermove', wake, { passive: true });
    window.addEventListener('pointerdown', wake, { passive: true });
    return () => {
      clearTimeout(timer);
      window.removeEventListener('pointermove', wake);
      window.removeEventListener('pointerdown', wake);
    };
  }, []);
  return moves;
}

export function Presenter() {
  const presenting = usePlayground(({ scenes }) => scenes.presenting);
  const { go, leave } = useActions().scenes;
  const moves = usePointerMoves();
  const box = useRef<HTMLElement>(null);
  useLargeType();
  const at = presenting?.at ?? 0;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const { key, target } = event;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      const isInUse = target instanceof Element && target.closest(usesKeys) !== null;
      if (isInUse && !ofClickers.has(key)) return;
      const step = steps[key];
      if (step === undefined && key !== 'Escape') return;
      event.preventDefault();
      event.stopPropagation();
      if (step === undefined) leave();
      else go(at + step);
    };
    // Before the ribbon, which has Page Up and Page Down of its own.
    window.addEventListener('keydown', press, { capture: true });
    return () => window.removeEventListener('keydown', press, { capture: true });
  }, [at, go, leave]);
  useEffect(() => {
    box.current?.focus({ preventScroll: true });
    // The browser takes the Escape that ends full screen for itself.
    const changed = () => {
      if (document.fullscreenElement === null) leave();
    };
    document.addEventListener('fullscreenchange', changed);
    return () => {
      document.removeEventListener('fullscreenchange', changed);
      if (document.fullscreenElement) void document.exitFullscreen().catch(() => {});
    };
  }, [leave]);
  const scene = presenting?.scenes[at];
  if (!presenting || !scene) return null;
  const { length } = presenting.scenes;
  return (
    <section
      ref={box}
      className={css.presenter}
      aria-label="Presentation"
      tabIndex={-1}
      data-awake={moves || undefined}
    >
      <div className={css.words} aria-live="polite">
        <h2>{scene.title}</h2>
        <p>{scene.caption}</p>
      </div>
      <p className={css.count}>
        {at + 1} <span className={typography.quiet}>of {length}</span>
      </p>
      <div className={css.controls}>
        <button
          type="button"
          title="Previous scene (Page Up, arrow left)"
          disabled={at === 0}
          onClick={() => go(at - 1)}
        >
          ← Previous
        </button>
        <button
          type="button"
          className={buttons.primary}
          title="Next scene (Page Down, arrow right, space)"
          disabled={at === length - 1}
          onClick={() => go(at + 1)}
        >
          Next →
        </button>
        <label>
          <span className={typography.hidden}>Scene</span>
          <select value={at} onChange={({ target }) => go(Number(target.value))}>
            {presenting.scenes.map(({ title }, i) => (
              <option key={i} value={i}>
                {i + 1}. {title}
              </option>
            ))}
          </select>
        </label>
        {document.fullscreenEnabled && (
          <button
            type="button"
            onClick={() => {
              // Refused, for example in a frame without permission: the presentation stays in the window.
              void document.documentElement.requestFullscreen().catch(() => {});
            }}
          >
            Full screen
          </button>
        )}
        <button type="button" title="Leave the presentation at this scene (Escape)" onClick={leave}>
          Leave
        </button>
      </div>
    </section>
  );
}
