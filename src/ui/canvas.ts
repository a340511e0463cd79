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
    setWidth(Math.floor(element.current.getBoundingClientRect().width));
    return () => observer.disconnect();
  }, []);
  return [element, width];
}

/** Changes when the colour scheme or the pixel density changes. */
export function useTheme(): string {
  const read = () => `${matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'} ${devicePixelRatio}`;
  const [theme, setTheme] = useState(read);
  useEffect(() => {
    const update = () => setTheme(read());
    const queries = [matchMedia('(prefers-color-scheme: dark)'), matchMedia(`(resolution: ${devicePixelRatio}dppx)`)];
    for (const query of queries) query.addEventListener('change', update);
    return () => {
      for (const query of queries) query.removeEventListener('change', update);
    };
  });
  return theme;
}

/** Size a canvas in CSS pixels, clear it and draw on it; an export repeats the same drawing. */
export function paint(canvas: HTMLCanvasElement, width: number, height: number, draw: Draw): void {
  const ratio = devicePixelRatio || 1;
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
