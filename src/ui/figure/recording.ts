// What is drawn on a canvas, call by call, for an export as vectors. Nothing is recorded until somebody exports.

/** A method with its arguments, or a property (`fillStyle=`) with its value. */
export type Call = readonly [name: string, ...args: readonly unknown[]];

/** Draws all that a canvas shows, in CSS pixels, on a context that is clear. */
export type Draw = (context: CanvasRenderingContext2D) => void;

const drawings = new WeakMap<HTMLCanvasElement, Draw>();

/** Methods that only ask. */
const asking: ReadonlySet<string> = new Set(['measureText', 'getTransform', 'getImageData', 'getLineDash']);

/** What the canvas shows from now on is what `draw` draws: an export calls it once more. */
export const setDrawing = (canvas: HTMLCanvasElement, draw: Draw): void => void drawings.set(canvas, draw);

/** The context as it is, but what is drawn with it is added to `calls`. */
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
 * What the canvas shows, drawn once more and recorded.
 * @param context where it is drawn meanwhile: that of another canvas, which nobody sees
 * @returns undefined for a canvas of which no drawing is known
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
