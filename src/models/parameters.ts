// All parameters of a model in one flat buffer (and their gradients in another), each under its checkpoint name.

import type { Gpu } from '../engine/gpu/adapter.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { elements, type Shape, type Storage, showShape, type Tensor } from '../engine/tensor.ts';
import { ShapeError } from '../errors.ts';
import type { Random } from '../random.ts';

/** How a parameter starts: normal with the model's `initializer_range`, or a constant. */
export type Initial = 'normal' | 'zeros' | 'ones';

/** One parameter as the checkpoint knows it. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: Initial;
  /** For each axis, the configuration's fields that its size comes from. */
  readonly from?: readonly (readonly string[])[];
  /** A matrix that the checkpoint stores as (in, out), as GPT-2's Conv1D does; kernels read (out, in). */
  readonly transposed?: true;
}

/** Parameters that kernels read as one tensor: stacked in order, filled with zeros up to `shape`. */
export interface ParameterGroup {
  readonly label: string;
  readonly shape: Shape;
  readonly parts: readonly ParameterSpec[];
}

/** A group of a single parameter, read as it is. */
export function single(name: string, shape: Shape, initial: Initial): ParameterGroup {
  return { label: name, shape, parts: [{ name, shape, initial }] };
}

/** An axis of a parameter: its size, and the configuration's fields that give it. */
export interface Axis {
  readonly size: number;
  readonly from: readonly string[];
}

/** The axis of one field, or of the product of several; `times` a number of them beside each other. */
export function axis<C extends object>(config: C, fields: string | readonly string[], times = 1): Axis {
  const from = [fields].flat();
  const sizes = from.map((field) => Number((config as Readonly<Record<string, unknown>>)[field]));
  return { size: sizes.reduce((product, size) => product * size, times), from };
}

/** A parameter of the given axes. */
export function spec(name: string, axes: readonly Axis[], initial: Initial): ParameterSpec {
  return { name, shape: axes.map(({ size }) => size), from: axes.map(({ from }) => from), initial };
}

/** A group of one parameter with its axes, read as it is. */
export function alone(name: string, axes: readonly Axis[], initial: Initial): ParameterGroup {
  const only = spec(name, axes, initial);
  return { label: name, shape: only.shape, parts: [only] };
}

/** Weight and bias of a layer normalisation, as one (2, D) tensor. */
export function normGroup(name: string, D: Axis): ParameterGroup {
  return {
    label: name,
    shape: [2, D.size],
    parts: [spec(`${name}.weight`, [D], 'ones'), spec(`${name}.bias`, [D], 'zeros')],
  };
}

/** A linear layer (out, in) with its bias; rows are padded to a multiple of 4. */
export function denseGroups(name: string, out: Axis, inp: Axis): ParameterGroup[] {
  return [
    {
      label: `${name}.weight`,
      shape: [padded(out.size), inp.size],
      parts: [spec(`${name}.weight`, [out, inp], 'normal')],
    },
    { label: `${name}.bias`, shape: [padded(out.size)], parts: [spec(`${name}.bias`, [out], 'zeros')] },
  ];
}

/** A linear layer (out, in) without bias, its rows padded to a multiple of 4. */
export function matrixGroup(name: string, out: Axis, inp: Axis, initial: Initial = 'normal'): ParameterGroup {
  return { label: name, shape: [padded(out.size), inp.size], parts: [spec(name, [out, inp], initial)] };
}

/** All parameters of the groups in the checkpoint's order: those of one module stay together. */
export function specsOf(groups: readonly ParameterGroup[]): ParameterSpec[] {
  const modules = new Map<string, ParameterSpec[]>();
  for (const { parts } of groups)
    for (const part of parts) {
      const module = part.name.slice(0, part.name.lastIndexOf('.'));
      modules.set(module, [...(modules.get(module) ?? []), part]);
    }
  return [...modules.values()].flat();
}

/** Up to the next multiple of 4, as the vec4 kernels need. */
export function padded(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/** Arrays by checkpoint name. */
export type NamedArrays = Map<string, { readonly shape: number[]; readonly data: Float32Array<ArrayBuffer> }>;

const ALIGNMENT = 256 / 4;

/** A matrix of the given shape, its rows and columns exchanged. */
function transpose(matrix: Float32Array, [rows = 0, columns = 0]: Shape): Float32Array<ArrayBuffer> {
  const result = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) result[c * rows + r] = matrix[r * columns + c] as number;
  return result;
}

/** Put a stretch of a matrix, from its number `at` on, in its place in the transposed one of shape (rows, columns). */
function scatterTransposed(part: Float32Array, at: number, into: Float32Array, [rows = 0, columns = 0]: Shape): void {
  // The matrix itself is (columns, rows).
  let [r, c] = [Math.floor(at / rows), at % rows];
  for (const value of part) {
    into[c * columns + r] = value;
    if (++c === rows) {
      c = 0;
      r++;
    }
  }
}

interface Place {
  readonly spec: ParameterSpec;
  /** First element in the flat buffer. */
  readonly at: number;
}

export class Parameters {
  /** Elements of the flat buffer, padding included. */
  readonly length: number;
  private readonly places = new Map<string, Place>();
  private readonly groups = new Map<string, { readonly shape: Shape; readonly at: number }>();
  private readonly theta: Storage;
  private d_theta: Storage | undefined;
  private readonly views = new Map<string, Tensor>();
  private readonly readback: Readback;

  constructor(
    private readonly gpu: Gpu,
    groups: readonly ParameterGroup[],
  ) {
    let at = 0;
    for (const { label, shape, parts } of groups) {
      this.groups.set(label, { shape, at });
      let part = at;
      for (const spec of parts) {
        this.places.set(spec.name, { spec, at: part });
        part += elements(spec.shape);
      }
      if (part - at > elements(shape))
        throw new ShapeError(
          `parameters: '${label}' has room for ${showShape(shape)}, its parts need ${part - at} elements`,
        );
      at += Math.ceil(elements(shape) / ALIGNMENT) * ALIGNMENT;
    }
    this.length = at;
    this.theta = gpu.storage('parameters', at * 4);
    this.readback = new Readback(gpu);
  }

  /** The specifications, in the order they lie in; `specsOf` has the checkpoint's. */
  get specs(): ParameterSpec[] {
    return [...this.places.values()].map(({ spec }) => spec);
  }

  /** Trainable numbers, padding left out. */
  get count(): number {
    return this.specs.reduce((sum, { shape }) => sum + elements(shape), 0);
  }

  /** The tensor kernels read for a group. */
  get(label: string): Tensor {
    const known = this.views.get(label);
    if (known) return known;
    const group = this.groups.get(label);
    if (!group) throw new ShapeError(`parameters: no group '${label}'`);
    const view: Tensor = { label, shape: group.shape, dtype: 'f32', storage: this.theta, offset: group.at * 4 };
    this.views.set(label, view);
    return view;
  }

  /** All parameters, flat. */
  get flat(): Tensor {
    return { label: 'parameters', shape: [this.length], dtype: 'f32', storage: this.theta, offset: 0 };
  }

  /** All gradients, flat; the buffer is made when it is first asked for. */
  get flatGradient(): Tensor {
    this.d_theta ??= this.gpu.storage('gradients', this.length * 4);
    return { label: 'gradients', shape: [this.length], dtype: 'f32', storage: this.d_theta, offset: 0 };
  }

  /** Every group's tensor with its gradient's. */
  gradients(): [parameter: Tensor, gradient: Tensor][] {
    const { storage } = this.flatGradient;
    return [...this.groups.keys()].map((label) => {
      const parameter = this.get(label);
      return [parameter, { ...parameter, label: `d ${label}`, storage }];
    });
  }

  /** Fresh values: normal with standard deviation `range`, zeros or ones, as each specification says. */
  initialise(random: Random, range: number): void {
    const values = new Float32Array(this.length);
    for (const { spec, at } of this.places.values()) {
      const end = at + elements(spec.shape);
      if (spec.initial === 'ones') values.fill(1, at, end);
      else if (spec.initial === 'normal') for (let i = at; i < end; i++) values[i] = range * random.normal();
    }
    this.writeFlat(this.flat, values);
  }

  /**
   * Take named arrays as they come from a checkpoint into `target` (parameters or moments); padding becomes 0.
   * @throws ShapeError if one is missing or has the wrong number of elements
   */
  load(arrays: ReadonlyMap<string, Float32Array>, target: Tensor = this.flat, prefix = ''): void {
    const values = new Float32Array(this.length);
    for (const [name, { spec, at }] of this.places) {
      const array = arrays.get(prefix + name);
      if (array?.length !== elements(spec.shape))
        throw new ShapeError(
          `parameters: '${prefix}${name}' has ${array?.length ?? 'no'} elements, expected ${showShape(spec.shape)}`,
        );
      values.set(spec.transposed ? transpose(array, spec.shape) : array, at);
    }
    this.writeFlat(target, values);
  }

  private writeFlat(target: Tensor, values: Float32Array<ArrayBuffer>): void {
    this.gpu.device.queue.writeBuffer(target.storage.buffer as GPUBuffer, 0, values);
  }

  /** Read parameters (or gradients, or moments: anything laid out like them) back, by name. */
  async read(flat: Tensor = this.flat): Promise<NamedArrays> {
    return this.readAll([['', flat]]);
  }

  /** Read several such tensors, each name with its prefix; as `readInto`, at one moment of the queue if they are short. */
  async readAll(sources: readonly (readonly [prefix: string, flat: Tensor])[]): Promise<NamedArrays> {
    const arrays: NamedArrays = new Map();
    for (const [prefix] of sources)
      for (const { name, shape } of this.specs)
        arrays.set(prefix + name, { shape: [...shape], data: new Float32Array(elements(shape)) });
    await this.readInto(sources, (name) => arrays.get(name)?.data);
    return arrays;
  }

  /**
   * Read several such tensors straight to where they are wanted, in chunks of bounded size: nothing must write them until
   * this resolves.
   * @param target where the numbers of a name go, with its source's prefix; undefined if nobody wants them
   */
  async readInto(
    sources: readonly (readonly [prefix: string, flat: Tensor])[],
    target: (name: string) => Float32Array | undefined,
  ): Promise<void> {
    const places = [...this.places.values()];
    await this.readback.inChunks(
      sources.map(([, flat]) => flat),
      (source, start, values) => {
        const end = start + values.length;
        for (const { spec, at } of places) {
          const [from, to] = [Math.max(start, at), Math.min(end, at + elements(spec.shape))];
          if (from >= to) continue;
          const into = target((sources[source]?.[0] ?? '') + spec.name);
          const part = values.subarray(from - start, to - start);
          if (into && spec.transposed) scatterTransposed(part, from - at, into, spec.shape);
          else into?.set(part, from - at);
        }
      },
    );
  }

  /** Make the staging that reading so many sources takes, before it is needed. Call inside `guarded`. */
  reserve(sources: number): void {
    this.readback.reserveChunks(sources * this.length * 4);
  }

  release(): void {
    this.readback.release();
    this.gpu.release(this.theta.buffer);
    this.gpu.release(this.d_theta?.buffer);
  }
}
