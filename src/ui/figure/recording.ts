// What was drawn on a canvas, call by call, so that it can be drawn once more as vectors.

/** A method with its arguments, or a property (`fillStyle=`) with its value. */
export type Call = readonly [name: string, ...args: readonly unknown[]];

const recordings = new WeakMap<HTMLCanvasElement, Call[]>();

/** Methods that only ask. */
const asking: ReadonlySet<string> = new Set(['measureText', 'getTransform', 'getImageData', 'getLineDash']);

/** The context as it is, but what is drawn with it from now on is remembered; what was before is forgotten. */
export function recorded(context: CanvasRenderingContext2D): CanvasRenderingContext2D {
  const calls: Call[] = [];
  recordings.set(context.canvas, calls);
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

export const recordingOf = (canvas: HTMLCanvasElement): readonly Call[] | undefined => recordings.get(canvas);
