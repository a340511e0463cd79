// Helpers shared by all canvases: width, device pixels and theme colours.
import { type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { type Draw, setDrawing } from './figure/recording.ts';

/** The width of an element, kept up to date. */
export function useWidth<E extends HTMLElement>(): readonly [RefObject<E | null>, number] {
  const element = useRef<E>(null);
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => entry && setWidth(Math.floor(entry.contentRect.width)));
    observer.observe(element.current);
    setWidth(Math.floor(element.current.clientWidth));
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

/** Changes when the colour scheme or the pixel density changes, or a presentation enlarges the page. */
export function useTheme(): string {
  const read = () => {
    const scheme = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    return `${scheme} ${devicePixelRatio} ${document.documentElement.style.getPropertyValue('--enlarged')}`;
  };
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const update = () => setTheme(read());
    const queries = [matchMedia('(prefers-color-scheme: dark)'), matchMedia(`(resolution: ${devicePixelRatio}dppx)`)];
    for (const query of queries) query.addEventListener('change', update);
    window.addEventListener('resize', update);
    return () => {
      window.removeEventListener('resize', update);
      for (const query of queries) query.removeEventListener('change', update);
    };
  });
  return theme;
}

/**
 * How much larger canvases are on the screen than they were drawn: a presentation enlarges the page. To measure it would lay out
 * the page at every drawing.
 */
const enlargement = () => Number(document.documentElement.style.getPropertyValue('--enlarged')) || 1;

/** Where a pointer is on a canvas, in the pixels that it is drawn in. */
export function pointOn(canvas: Element, event: { readonly clientX: number; readonly clientY: number }) {
  const { left, top, width } = canvas.getBoundingClientRect();
  const drawn = canvas instanceof HTMLElement ? canvas.offsetWidth : 0;
  const scale = drawn > 0 && width > 0 ? width / drawn : 1;
  return { x: (event.clientX - left) / scale, y: (event.clientY - top) / scale } as const;
}

/** Size a canvas in CSS pixels, clear it and draw on it; an export repeats the same drawing. */
export function paint(canvas: HTMLCanvasElement, width: number, height: number, draw: Draw): void {
  const ratio = (devicePixelRatio || 1) * enlargement();
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) {
    canvas.width = w;
    canvas.height = h;
    canvas.style.width = `${width}px`;
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  if (!context) return;
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  draw(context);
  setDrawing(canvas, draw);
}

/** A custom property of the theme, as a colour for a canvas. */
export function colours(element: Element): (name: string) => string {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

export const canvasFont = (size: number, weight = 400) => `${weight} ${size}px system-ui, sans-serif`;
