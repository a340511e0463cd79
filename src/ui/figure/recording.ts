// Records canvas calls for an export as vectors. Nothing is recorded until an export starts.

/** A method with its arguments, or a property (`fillStyle=`) with its value. */
export type Call = readonly [name: string, ...args: readonly unknown[]];

/** Draws everything a canvas shows, in CSS pixels, on a cleared context. */
export type Draw = (context: CanvasRenderingContext2D) => void;

const drawings = new WeakMap<HTMLCanvasElement, Draw>();

/** Methods that only query and draw nothing. */
const asking: ReadonlySet<string> = new Set(['measureText', 'getTransform', 'getImageData', 'getLineDash']);

/** Register `draw` as what the canvas shows from now on: an export calls it again. */
export const setDrawing = (canvas: HTMLCanvasElement, draw: Draw): void => void drawings.set(canvas, draw);

/** A proxy of the context that adds every drawing call to `calls`. */
function recorder(context: CanvasRenderingContext2D, calls: Call[]): CanvasRenderingContext2D {
  return new Proxy(context, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        if (typeof name === 'string' && !asking.has(name)) calls.push([name, ...args]);
        return Reflect.apply(value, target, args);
      };
    },
    set(target, name, value) {
      calls.push([`${String(name)}=`, value]);
      return Reflect.set(target, name, value, target);
    },
  });
}

/**
 * Draw the canvas's content again and record the calls.
 * @param context the context to draw on: that of another, invisible canvas
 * @returns undefined for a canvas without a registered drawing
 */
export function recordingOf(
  canvas: HTMLCanvasElement,
  context: CanvasRenderingContext2D | null = document.createElement('canvas').getContext('2d'),
): readonly Call[] | undefined {
  const draw = drawings.get(canvas);
  if (!draw || !context) return undefined;
  const calls: Call[] = [];
  draw(recorder(context, calls));
  return calls;
}
