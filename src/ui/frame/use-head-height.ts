// The height of the sticky header, for what stays below it.
import { type RefObject, useLayoutEffect, useRef } from 'react';

/** Keeps the custom property `--head-height` of the page up to date. */
export function useHeadHeight(): RefObject<HTMLElement | null> {
  const head = useRef<HTMLElement>(null);
  useLayoutEffect(() => {
    const element = head.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      const { height } = element.getBoundingClientRect();
      document.documentElement.style.setProperty('--head-height', `${Math.round(height)}px`);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return head;
}
