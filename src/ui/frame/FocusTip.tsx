// Shows the title of the control with keyboard focus, as hovering does for the pointer.
import { useEffect, useRef, useState } from 'react';
import css from './FocusTip.module.css';

interface Tip {
  readonly text: string;
  readonly left: number;
  readonly top: number;
}

export function FocusTip() {
  const [tip, setTip] = useState<Tip | undefined>();
  const box = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    const hide = () => setTip(undefined);
    const show = ({ target }: FocusEvent) => {
      // A Field shows its own explanation.
      const element = target instanceof Element && target.matches(':focus-visible') ? target : undefined;
      const titled = element?.closest('[data-field]') ? undefined : element?.closest<HTMLElement>('[title]');
      if (!element || !titled) return hide();
      const { left, bottom } = element.getBoundingClientRect();
      setTip({ text: titled.title, left: Math.max(8, Math.min(left, window.innerWidth - 336)), top: bottom + 8 });
    };
    const leave = ({ key }: KeyboardEvent) => key === 'Escape' && hide();
    document.addEventListener('focusin', show);
    document.addEventListener('focusout', hide);
    document.addEventListener('keydown', leave);
    // It must not cover what the pointer goes to.
    document.addEventListener('pointermove', hide, { passive: true });
    window.addEventListener('scroll', hide, { passive: true });
    return () => {
      document.removeEventListener('focusin', show);
      document.removeEventListener('focusout', hide);
      document.removeEventListener('keydown', leave);
      document.removeEventListener('pointermove', hide);
      window.removeEventListener('scroll', hide);
    };
  }, []);
  useEffect(() => {
    const element = box.current;
    if (!element || !tip) return;
    element.style.insetInlineStart = `${tip.left}px`;
    element.style.insetBlockStart = `${tip.top}px`;
  }, [tip]);
  // Screen readers read the title itself.
  return tip ? (
    <p ref={box} className={css.tip} data-focus-tip="" aria-hidden="true">
      {tip.text}
    </p>
  ) : null;
}
