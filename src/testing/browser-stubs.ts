// Stubs for browser features that the DOM of the component tests lacks: layout, drawing and visibility. Every element
// measures 800 by 400 and is visible; a canvas records only the texts drawn on it. The user has asked for less motion.
import { vi } from 'vitest';

const size = { width: 800, height: 400 };

class Observed {
  constructor(private readonly seen: (entries: readonly object[], observer: object) => void) {}
  observe(target: Element): void {
    this.seen([{ target, contentRect: size, isIntersecting: true }], this);
  }
  unobserve(): void {}
  disconnect(): void {}
}

const drawn = new WeakMap<object, string[]>();

/** The texts drawn on a canvas since it was last cleared, in order. */
export function textsOn(canvas: Element): readonly string[] {
  return drawn.get(canvas) ?? [];
}

const noDrawing = () => {};

/** A drawing context whose methods do nothing, except those that return a value. */
function contextOf(canvas: HTMLCanvasElement): object {
  const texts: string[] = [];
  drawn.set(canvas, texts);
  const own: Record<string, unknown> = {
    canvas,
    clearRect: () => texts.splice(0),
    fillText: (text: string) => void texts.push(text),
    measureText: (text: string) => ({ width: 6 * text.length }),
    createImageData: (width: number, height: number) => ({
      width,
      height,
      data: new Uint8ClampedArray(4 * width * height),
    }),
  };
  return new Proxy(own, {
    get: (target, name) => (name in target ? Reflect.get(target, name) : noDrawing),
  });
}

const media = { motion: false, narrow: false };
const followers = new Set<() => void>();

vi.stubGlobal('matchMedia', (query: string) => ({
  get matches() {
    return query.includes('reduced-motion') ? !media.motion : query.includes('max-width') && media.narrow;
  },
  addEventListener: (_: string, follower: () => void) => followers.add(follower),
  removeEventListener: (_: string, follower: () => void) => followers.delete(follower),
}));

/** A user who wants everything that moves, or less of it. */
export function wantMotion(wanted: boolean): void {
  media.motion = wanted;
}

/** A window as narrow as a phone, or a wide one. */
export function beNarrow(narrow: boolean): void {
  media.narrow = narrow;
  for (const follower of followers) follower();
}

const contexts = new WeakMap<HTMLCanvasElement, object>();

vi.stubGlobal('ResizeObserver', Observed);
vi.stubGlobal('IntersectionObserver', Observed);
Element.prototype.getBoundingClientRect = () => new DOMRect(0, 0, size.width, size.height);
for (const name of ['clientWidth', 'offsetWidth'])
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size.width });
Object.assign(HTMLCanvasElement.prototype, {
  getContext(this: HTMLCanvasElement) {
    const context = contexts.get(this) ?? contextOf(this);
    contexts.set(this, context);
    return context;
  },
});
