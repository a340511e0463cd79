// Tensors: a shape and a range of a GPU buffer. They hold no numbers on the host.
import { ShapeError } from '../errors.ts';

export type Shape = readonly number[];
export type DType = 'f32' | 'u32';

/** A range of GPU memory. Transient storage gets its buffer when the program is planned. */
export interface Storage {
  readonly label: string;
  readonly bytes: number;
  buffer: GPUBuffer | undefined;
}

/** A view of storage: shape and start. All tensors are dense and row-major. */
export interface Tensor {
  readonly label: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly storage: Storage;
  /** First byte in the storage; a multiple of 256, as bindings require. */
  readonly offset: number;
  /** Constant numbers, of which ops compute no gradient. */
  readonly constant?: true;
  /** A parameter of several layers: each of this shape, and `stride` numbers after the one before it. */
  readonly layers?: { readonly count: number; readonly stride: number };
}

export function elements(shape: Shape): number {
  return shape.reduce((product, n) => product * n, 1);
}

/** Bytes from the tensor's start to its end; of a parameter of several layers, to the end of the last one's. */
export function bytesOf({ shape, layers }: Tensor): number {
  return (elements(shape) + (layers ? (layers.count - 1) * layers.stride : 0)) * 4;
}

export function showShape(shape: Shape): string {
  return `(${shape.join(', ')})`;
}

/**
 * Check one operand's shape.
 * @throws ShapeError `op: 'name' has shape (3), expected (4)`
 */
export function expectShape(op: string, name: string, got: Shape, wanted: Shape): void {
  if (got.length !== wanted.length || got.some((n, i) => n !== wanted[i]))
    throw new ShapeError(`${op}: '${name}' has shape ${showShape(got)}, expected ${showShape(wanted)}`);
}

/** The same numbers under another shape. */
export function reshape(tensor: Tensor, shape: Shape): Tensor {
  if (elements(shape) !== elements(tensor.shape))
    throw new ShapeError(
      `reshape: '${tensor.label}' has shape ${showShape(tensor.shape)}, expected ${elements(shape)} elements for ${showShape(shape)}`,
    );
  return { ...tensor, shape };
}
