// Keeps keyboard focus: when the focused control disappears or is disabled, a neighbouring one gets it.
import { useEffect } from 'react';

const focusable =
  'button:enabled, a[href], input:enabled:not([type=file]), select:enabled, textarea:enabled, summary, [tabindex="0"]';

export function useKeptFocus(): void {
  useEffect(() => {
    let last: Element | undefined;
    let around: readonly Element[] = [];
    const remember = ({ target }: FocusEvent) => {
      if (!(target instanceof Element)) return;
      last = target;
      around = [];
      for (let parent = target.parentElement; parent && parent !== document.body; parent = parent.parentElement)
        around = [...around, parent];
    };
    // A click on empty space gives up focus on purpose.
    const forget = () => {
      if (document.activeElement === document.body) last = undefined;
    };
    const restore = () => {
      if (!last || document.activeElement !== document.body) return;
      if (last.isConnected && !last.matches(':disabled')) return;
      last = undefined;
      for (const place of around) {
        if (!place.isConnected) continue;
        const next = place.querySelector<HTMLElement>(focusable) ?? (place.id === 'view' ? place : undefined);
        if (!(next instanceof HTMLElement) || !next.checkVisibility()) continue;
        return next.focus({ preventScroll: true });
      }
    };
    // The code that removes a control often moves focus itself, which takes precedence.
    let timer: ReturnType<typeof setTimeout> | undefined;
    const observer = new MutationObserver(() => {
      if (document.activeElement !== document.body) return;
      clearTimeout(timer);
      timer = setTimeout(restore, 60);
    });
    observer.observe(document.body, { subtree: true, childList: true, attributeFilter: ['disabled'] });
    document.addEventListener('focusin', remember);
    document.addEventListener('pointerdown', forget);
    return () => {
      observer.disconnect();
      clearTimeout(timer);
      document.removeEventListener('focusin', remember);
      document.removeEventListener('pointerdown', forget);
    };
  }, []);
}
