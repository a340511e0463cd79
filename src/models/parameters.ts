// All parameters of a model in one flat buffer (and their gradients in another), each under its checkpoint name.

import type { Gpu } from '../engine/gpu/adapter.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { elements, expectShape, type Shape, type Storage, showShape, type Tensor } from '../engine/tensor.ts';
import { ShapeError } from '../errors.ts';
import type { Random } from '../random.ts';

/** How a parameter is initialised: normal with the model's `initializer_range`, or a constant. */
export type Initial = 'normal' | 'zeros' | 'ones';

/** One parameter as stored in the checkpoint. */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: Shape;
  readonly initial: Initial;
  /** For each axis, the configuration fields that determine its size. */
  readonly from?: readonly (readonly string[])[];
  /** A matrix that the checkpoint stores as (in, out), as GPT-2's Conv1D does; kernels read (out, in). */
  readonly transposed?: true;
}

/** Parameters that kernels read as one tensor: stacked in order, zero-padded up to `shape`. */
export interface ParameterGroup {
  readonly label: string;
  readonly shape: Shape;
  readonly parts: readonly ParameterSpec[];
}

/** A group of a single parameter, without padding. */
export function single(name: string, shape: Shape, initial: Initial): ParameterGroup {
  return { label: name, shape, parts: [{ name, shape, initial }] };
}

/** An axis of a parameter: its size, and the configuration fields that determine it. */
export interface Axis {
  readonly size: number;
  readonly from: readonly string[];
}

/** The axis of one field, or of the product of several; `times` copies side by side. */
export function axis<C extends object>(config: C, fields: string | readonly string[], times = 1): Axis {
  const from = [fields].flat();
  const sizes = from.map((field) => Number((config as Readonly<Record<string, unknown>>)[field]));
  return { size: sizes.reduce((product, size) => product * size, times), from };
}

/** A parameter with the given axes. */
export function spec(name: string, axes: readonly Axis[], initial: Initial): ParameterSpec {
  return { name, shape: axes.map(({ size }) => size), from: axes.map(({ from }) => from), initial };
}

/** A group of one parameter with its axes, without padding. */
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

/** Number of parameters in some groups, without padding. */
export const countOf = (groups: readonly ParameterGroup[]): number =>
  specsOf(groups).reduce((sum, { shape }) => sum + elements(shape), 0);

/** Round up to a multiple of 4, as the vec4 kernels need. */
export function padded(n: number): number {
  return Math.ceil(n / 4) * 4;
}

/** Arrays by checkpoint name. */
export type NamedArrays = Map<string, { readonly shape: number[]; readonly data: Float32Array<ArrayBuffer> }>;

const ALIGNMENT = 256 / 4;

/** Transpose a matrix of the given shape. */
function transpose(matrix: Float32Array, [rows = 0, columns = 0]: Shape): Float32Array<ArrayBuffer> {
  const result = new Float32Array(matrix.length);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) result[c * rows + r] = matrix[r * columns + c] as number;
  return result;
}

/** Write a range of a matrix, starting at number `at`, to its place in the transposed matrix of shape (rows, columns). */
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

/** Fresh values of a parameter, in the order in which kernels read them. */
function draw(into: Float32Array, { initial }: ParameterSpec, random: Random, range: number): void {
  if (initial === 'ones') into.fill(1);
  else if (initial === 'normal') for (let i = 0; i < into.length; i++) into[i] = range * random.normal();
}

/** What `Parameters.initialise` gives the parameters, by name, without a GPU. */
export function initialArrays(
  groups: readonly ParameterGroup[],
  random: Random,
  range: number,
): Map<string, Float32Array> {
  const arrays = new Map<string, Float32Array>();
  for (const each of groups.flatMap(({ parts }) => parts)) {
    const values = new Float32Array(elements(each.shape));
    draw(values, each, random, range);
    arrays.set(each.name, each.transposed ? transpose(values, [...each.shape].reverse()) : values);
  }
  return arrays;
}

interface Place {
  readonly spec: ParameterSpec;
  /** First element in the flat buffer. */
  readonly at: number;
}

/** Where a recording takes its parameters from. */
export type ParameterSource = Pick<Parameters, 'get'>;

export class Parameters {
  /** Elements of the flat buffer, including padding. */
  readonly length: number;
  /** Elements of its beginning, where the trained parameters are. */
  private readonly trainedLength: number;
  private readonly places = new Map<string, Place>();
  private readonly groups = new Map<string, { readonly shape: Shape; readonly at: number }>();
  private readonly theta: Storage;
  private d_theta: Storage | undefined;
  private readonly views = new Map<string, Tensor>();
  private readonly readback: Readback;

  /** @param isTrained whether an optimiser changes a group, given the name of a parameter of it */
  constructor(
    private readonly gpu: Gpu,
    groups: readonly ParameterGroup[],
    isTrained: (name: string) => boolean = () => true,
  ) {
    const room = ({ shape }: ParameterGroup) => Math.ceil(elements(shape) / ALIGNMENT) * ALIGNMENT;
    const isFrozen = ({ parts: [first] }: ParameterGroup) => first !== undefined && !isTrained(first.name);
    this.trainedLength = groups.reduce((sum, group) => sum + (isFrozen(group) ? 0 : room(group)), 0);
    const next = { trained: 0, frozen: this.trainedLength };
    for (const group of groups) {
      const { label, shape, parts } = group;
      const kind = isFrozen(group) ? 'frozen' : 'trained';
      const at = next[kind];
      next[kind] += room(group);
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
    }
    this.length = next.frozen;
    this.theta = gpu.storage('parameters', this.length * 4);
    this.readback = new Readback(gpu);
  }

  /** The specifications in the order of the groups; `specsOf` gives the checkpoint's order. */
  get specs(): ParameterSpec[] {
    return [...this.places.values()].map(({ spec }) => spec);
  }

  /** Number of trainable parameters, without padding. */
  get count(): number {
    return this.specs.reduce((sum, { shape }) => sum + elements(shape), 0);
  }

  /** The tensor that kernels read for a group. */
  get(label: string): Tensor {
    const known = this.views.get(label);
    if (known) return known;
    const group = this.groups.get(label);
    if (!group) throw new ShapeError(`parameters: no group '${label}'`);
    const { shape, at } = group;
    const place = { label, shape, dtype: 'f32', storage: this.theta, offset: at * 4 } as const;
    // Ops compute no gradient of a constant.
    const view: Tensor = at < this.trainedLength ? place : { ...place, constant: true };
    this.views.set(label, view);
    return view;
  }

  /**
   * The same group of every layer as one tensor.
   * @param labels by layer; all of one shape, and equally far apart
   * @throws ShapeError if they are not
   */
  ofLayers(labels: readonly string[]): Tensor {
    const groups = labels.map((label) => this.get(label));
    const [first, second = first] = groups;
    if (!first || !second) throw new ShapeError('parameters: no layer (expected at least one)');
    const stride = (second.offset - first.offset) / 4;
    groups.forEach((each, l) => {
      expectShape('parameters', each.label, each.shape, first.shape);
      if (each.offset !== first.offset + 4 * l * stride)
        throw new ShapeError(`parameters: '${each.label}' is not ${stride} numbers after that of the layer before`);
    });
    return { ...first, layers: { count: groups.length, stride } };
  }

  /** All parameters, flat. */
  get flat(): Tensor {
    return { label: 'parameters', shape: [this.length], dtype: 'f32', storage: this.theta, offset: 0 };
  }

  /** The gradients of the trained parameters, flat; allocated on first use. */
  get flatGradient(): Tensor {
    this.d_theta ??= this.gpu.storage('gradients', this.trainedLength * 4);
    return { label: 'gradients', shape: [this.trainedLength], dtype: 'f32', storage: this.d_theta, offset: 0 };
  }

  /** The trained parameters, flat, and their gradients: what an optimiser works on. Its moments have this layout. */
  get trained(): { readonly theta: Tensor; readonly d_theta: Tensor } {
    return { theta: { ...this.flat, shape: [this.trainedLength] }, d_theta: this.flatGradient };
  }

  /** The tensor of every trained group, with its gradient's. */
  gradients(): [parameter: Tensor, gradient: Tensor][] {
    const { storage } = this.flatGradient;
    const trained = [...this.groups.keys()].map((label) => this.get(label)).filter(({ constant }) => !constant);
    return trained.map((parameter) => [parameter, { ...parameter, label: `d ${parameter.label}`, storage }]);
  }

  /** Fresh values: normal with standard deviation `range`, zeros or ones, as each specification says. */
  initialise(random: Random, range: number): void {
    const values = new Float32Array(this.length);
    for (const { spec, at } of this.places.values())
      draw(values.subarray(at, at + elements(spec.shape)), spec, random, range);
    this.writeFlat(this.flat, values);
  }

  /**
   * Load named arrays from a checkpoint into `target` (parameters, or moments of the trained ones); padding becomes 0.
   * @throws ShapeError if one is missing or has the wrong number of elements
   */
  load(arrays: ReadonlyMap<string, Float32Array>, target: Tensor = this.flat, prefix = ''): void {
    const length = elements(target.shape);
    const places = [...this.places].filter(([, { at }]) => at < length).sort(([, one], [, other]) => one.at - other.at);
    const found = places.map(([name, { spec, at }]) => {
      const array = arrays.get(prefix + name);
      if (array?.length !== elements(spec.shape))
        throw new ShapeError(
          `parameters: '${prefix}${name}' has ${array?.length ?? 'no'} elements, expected ${showShape(spec.shape)}`,
        );
      return { spec, at, array: array as Float32Array<ArrayBuffer> };
    });
    const write = (at: number, values: Float32Array<ArrayBuffer>) =>
      this.gpu.device.queue.writeBuffer(target.storage.buffer as GPUBuffer, 4 * at, values);
    let end = 0;
    // One parameter at a time, so that the model is not held a second time.
    for (const { spec, at, array } of found) {
      if (at > end) write(end, new Float32Array(at - end));
      write(at, spec.transposed ? transpose(array, spec.shape) : array);
      end = at + array.length;
    }
    if (length > end) write(end, new Float32Array(length - end));
  }

  private writeFlat(target: Tensor, values: Float32Array<ArrayBuffer>): void {
    this.gpu.device.queue.writeBuffer(target.storage.buffer as GPUBuffer, 0, values);
  }

  /** Read back parameters (or gradients or moments, which have the same layout), by name. */
  async read(flat: Tensor = this.flat): Promise<NamedArrays> {
    return this.readAll([['', flat]]);
  }

  /**
   * Read several such tensors, each name with its prefix; like `readInto`, from one moment of the queue if they are
   * short.
   */
  async readAll(sources: readonly (readonly [prefix: string, flat: Tensor])[]): Promise<NamedArrays> {
    const arrays: NamedArrays = new Map();
    for (const [prefix] of sources)
      for (const { name, shape } of this.specs)
        arrays.set(prefix + name, { shape: [...shape], data: new Float32Array(elements(shape)) });
    await this.readInto(sources, (name) => arrays.get(name)?.data);
    return arrays;
  }

  /**
   * Read several such tensors directly to their destination, in chunks of bounded size: nothing may write them until
   * this resolves.
   * @param target where the numbers of a name go, with its source's prefix; undefined to skip them
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

  /** Allocate the staging buffers for reading these tensors ahead of time. Call inside `guarded`. */
  reserve(flats: readonly Tensor[]): void {
    this.readback.reserveChunks(flats.reduce((sum, { shape }) => sum + 4 * elements(shape), 0));
  }

  release(): void {
    this.readback.release();
    this.gpu.release(this.theta.buffer);
    this.gpu.release(this.d_theta?.buffer);
  }
}
