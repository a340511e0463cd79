// A short tour of the page, started only on request: it points at each part, explains it, and can be left at any time.
import { type KeyboardEvent, useEffect, useId, useRef } from 'react';
import { classNames } from '../class-names.ts';
import { useActions } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import typography from '../styles/typography.module.css';
import { steps } from './steps.ts';
import css from './Tour.module.css';

interface TourProps {
  readonly at: number;
  onGo(step: number): void;
  onEnd(): void;
}

const isCalm = () => matchMedia('(prefers-reduced-motion: reduce)').matches;

/** Highlights the target of a step and scrolls to it; waits for views and results that are still loading. */
function usePointer(at: number): void {
  const actions = useActions();
  useEffect(() => {
    const step = steps[at];
    if (!step) return;
    actions.experiment.show(step.view);
    let marked: Element | undefined;
    const point = () => {
      const found = step.at.map((selector) => document.querySelector(selector)).find((element) => element !== null);
      if (!found || found === marked) return;
      marked?.removeAttribute('data-tour');
      marked = found;
      found.setAttribute('data-tour', 'here');
      found.scrollIntoView({ block: 'start', behavior: isCalm() ? 'auto' : 'smooth' });
    };
    point();
    const timer = setInterval(point, 200);
    return () => {
      clearInterval(timer);
      marked?.removeAttribute('data-tour');
    };
  }, [actions, at]);
}

export function Tour({ at, onGo, onEnd }: TourProps) {
  const box = useRef<HTMLElement>(null);
  const id = useId();
  usePointer(at);
  useEffect(() => box.current?.focus({ preventScroll: true }), []);
  useEffect(() => {
    const leave = (event: globalThis.KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented) onEnd();
    };
    window.addEventListener('keydown', leave);
    return () => window.removeEventListener('keydown', leave);
  }, [onEnd]);
  const step = steps[at];
  if (!step) return null;
  const isLast = at === steps.length - 1;
  const press = ({ key }: KeyboardEvent) => {
    if (key === 'ArrowRight' && !isLast) onGo(at + 1);
    if (key === 'ArrowLeft' && at > 0) onGo(at - 1);
  };
  return (
    <section
      ref={box}
      className={css.tour}
      role="dialog"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-text`}
      tabIndex={-1}
      onKeyDown={press}
    >
      <div aria-live="polite">
        <h2 id={`${id}-title`}>{step.title}</h2>
        <p id={`${id}-text`}>{step.text}</p>
      </div>
      <div className={css.buttons}>
        <p className={classNames(typography.quiet, css.count)}>
          {at + 1} of {steps.length}
        </p>
        <button type="button" title="Leave the tour (Escape)" onClick={onEnd}>
          {isLast ? 'Close' : 'Skip the rest'}
        </button>
        <button type="button" title="Back (arrow left)" disabled={at === 0} onClick={() => onGo(at - 1)}>
          Back
        </button>
        <button
          type="button"
          className={buttons.primary}
          title={isLast ? 'Leave the tour' : 'Next (arrow right)'}
          onClick={() => (isLast ? onEnd() : onGo(at + 1))}
        >
          {isLast ? 'Done' : 'Next'}
        </button>
      </div>
    </section>
  );
}
