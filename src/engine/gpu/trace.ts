// An instrumented count of a kernel's memory accesses: its WGSL is rewritten so that the invocations of one subgroup record
// every index they read or write in storage. For reports only; nothing else runs rewritten kernels.
import { elements, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { type Kernel, type Params, sizeValues, specialise } from './kernel.ts';

/** Invocations that are watched: a subgroup of most GPUs. */
export const LANES = 32;
/** Recorded accesses of each; later ones are only counted. */
const MOST = 1024;
/** Bytes that a GPU fetches at once. */
export const SECTOR = 32;

/** The accesses of one storage binding, by all watched invocations. */
export interface BindingAccess {
  readonly name: string;
  readonly bytesPerElement: number;
  /** Elements read or written. */
  readonly accesses: number;
  /** Accesses that the watched invocations make together, as one instruction of a subgroup. */
  readonly instructions: number;
  /** Sectors that those instructions touch. */
  readonly sectors: number;
  /** The fewest sectors that could hold the different elements of each instruction. */
  readonly fewest: number;
}

export interface TracedDispatch {
  readonly bindings: readonly BindingAccess[];
  /** Accesses per invocation, recorded or not. */
  readonly perInvocation: number;
  /** Whether every access was recorded. */
  readonly complete: boolean;
}

/** Bytes of an array's element, by its WGSL type. */
const elementBytes: Readonly<Record<string, number>> = {
  f32: 4,
  u32: 4,
  i32: 4,
  vec2f: 8,
  vec2u: 8,
  vec4f: 16,
  vec4u: 16,
};

const arrayPattern =
  /@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(?:read|read_write)>\s*(\w+)\s*:\s*array<\s*([\w<>]+)\s*>/g;

interface StorageArray {
  readonly name: string;
  readonly bytes: number;
}

function arraysOf(source: string): StorageArray[] {
  return [...source.matchAll(arrayPattern)].map(([, , name = '', type = '']) => {
    const bytes = elementBytes[type.replace(/^atomic<(\w+)>$/, '$1')];
    if (bytes === undefined)
      throw new Error(`trace: '${name}' has elements of ${type} (expected ${Object.keys(elementBytes).join(', ')})`);
    return { name, bytes };
  });
}

/** The index of the bracket that closes the one at `open`. */
function closing(text: string, open: number): number {
  let depth = 0;
  for (let i = open; i < text.length; i++) {
    if (text[i] === '[') depth++;
    else if (text[i] === ']' && --depth === 0) return i;
  }
  throw new Error('trace: a bracket is not closed');
}

/** Wrap the index of every access to the arrays in `trace_index`. */
function wrapped(source: string, arrays: readonly StorageArray[]): string {
  const pattern = new RegExp(`\\b(${arrays.map(({ name }) => name).join('|')})\\[`, 'g');
  let out = '';
  let at = 0;
  for (let found = pattern.exec(source); found; found = pattern.exec(source)) {
    const open = found.index + found[0].length - 1;
    const close = closing(source, open);
    const which = arrays.findIndex(({ name }) => name === found?.[1]);
    const inner = wrapped(source.slice(open + 1, close), arrays);
    out += `${source.slice(at, open + 1)}trace_index(${which}u, u32(${inner}))`;
    at = close;
    pattern.lastIndex = close;
  }
  return out + source.slice(at);
}

/**
 * The rewritten WGSL: the last binding is the record.
 * @param binding number of the record's binding
 */
export function instrument(code: string, binding: number): string {
  // A comment may name an array.
  const source = code.replace(/\/\/[^\n]*/g, '');
  const arrays = arraysOf(source);
  const entry = /(@compute[^{]*fn main\()([^)]*(?:\([^)]*\)[^)]*)*)(\)\s*\{)/;
  if (!entry.test(source)) throw new Error("trace: no entry point 'main'");
  const traced = wrapped(source, arrays).replace(
    entry,
    (_all, before: string, parameters: string, after: string) =>
      `${before}${parameters}${parameters.trim() ? ', ' : ''}@builtin(workgroup_id) trace_wg: vec3u, @builtin(local_invocation_index) trace_local: u32${after}
  trace_lane = select(${LANES}u, trace_local, all(trace_wg == trace_where));`,
  );
  const own = entry.exec(source)?.[2] ?? '';
  // A builtin may be a parameter only once: use the kernel's own.
  const name = (builtin: string) => new RegExp(`@builtin\\(${builtin}\\)\\s*(\\w+)\\s*:`).exec(own)?.[1];
  const [wg, local] = [name('workgroup_id'), name('local_invocation_index')];
  const body = traced
    .replace(wg ? ', @builtin(workgroup_id) trace_wg: vec3u' : /$^/, '')
    .replace(local ? ', @builtin(local_invocation_index) trace_local: u32' : /$^/, '')
    .replace(
      'trace_local, all(trace_wg == trace_where)',
      `${local ?? 'trace_local'}, all(${wg ?? 'trace_wg'} == trace_where)`,
    );
  const directives = body.match(/^enable [^;]+;\n/gm) ?? [];
  return [
    ...directives,
    `@group(0) @binding(${binding}) var<storage, read_write> trace_record: array<u32>;
const trace_where = vec3u(0u, 0u, 0u);
var<private> trace_lane: u32 = ${LANES}u;
var<private> trace_count: u32 = 0u;
fn trace_index(which: u32, index: u32) -> u32 {
  if (trace_lane < ${LANES}u) {
    if (trace_count < ${MOST}u) {
      trace_record[${LANES}u + (trace_lane * ${MOST}u + trace_count) * 2u] = which;
      trace_record[${LANES}u + (trace_lane * ${MOST}u + trace_count) * 2u + 1u] = index;
    }
    trace_count++;
    trace_record[trace_lane] = trace_count;
  }
  return index;
}
`,
    body.replace(/^enable [^;]+;\n/gm, ''),
  ].join('');
}

/** Sectors that hold these bytes. */
const sectorsOf = (indices: readonly number[], bytes: number) =>
  new Set(
    indices.flatMap((index) => [
      Math.floor((index * bytes) / SECTOR),
      Math.floor((index * bytes + bytes - 1) / SECTOR),
    ]),
  ).size;

/** What the record of one dispatch says. */
export function accessesOf(record: Uint32Array, arrays: readonly StorageArray[]): TracedDispatch {
  const counts = Array.from(record.subarray(0, LANES));
  const at = (lane: number, n: number) => {
    const start = LANES + (lane * MOST + n) * 2;
    return { which: record[start] ?? 0, index: record[start + 1] ?? 0 };
  };
  const sums = arrays.map(({ name, bytes }) => ({
    name,
    bytesPerElement: bytes,
    accesses: 0,
    instructions: 0,
    sectors: 0,
    fewest: 0,
  }));
  const longest = Math.min(MOST, Math.max(...counts));
  for (let n = 0; n < longest; n++) {
    const byArray = new Map<number, number[]>();
    for (let lane = 0; lane < LANES; lane++) {
      if (n >= (counts[lane] ?? 0)) continue;
      const { which, index } = at(lane, n);
      byArray.set(which, [...(byArray.get(which) ?? []), index]);
    }
    for (const [which, indices] of byArray) {
      const sum = sums[which];
      if (!sum) continue;
      sum.accesses += indices.length;
      sum.instructions++;
      sum.sectors += sectorsOf(indices, sum.bytesPerElement);
      sum.fewest += Math.ceil((new Set(indices).size * sum.bytesPerElement) / SECTOR);
    }
  }
  const active = counts.filter((count) => count > 0).length;
  return {
    bindings: sums.filter(({ accesses }) => accesses > 0),
    perInvocation: active > 0 ? counts.reduce((sum, count) => sum + count, 0) / active : 0,
    complete: counts.every((count) => count <= MOST),
  };
}

/** A dispatch whose tensors have buffers. */
export interface Traceable {
  readonly kernel: Kernel;
  readonly params: Params;
  readonly tensors: readonly Tensor[];
  readonly workgroups: readonly [number, number, number];
}

/**
 * Run one dispatch with recording. It writes its outputs, as always.
 * @throws Error if the rewritten kernel is invalid, or the adapter has no binding left for the record
 */
export async function trace(gpu: Gpu, { kernel, params, tensors, workgroups }: Traceable): Promise<TracedDispatch> {
  const { device } = gpu;
  const storages = kernel.reads.length + kernel.writes.length;
  const values = sizeValues(kernel, params);
  const binding = storages + (values.length > 0 ? 1 : 0);
  const code = specialise(kernel, params);
  const recordBytes = 4 * LANES * (1 + 2 * MOST);
  const buffers: GPUBuffer[] = [];
  const buffer = (bytes: number, usage: GPUBufferUsageFlags) => {
    const one = gpu.allocate('trace', bytes, usage);
    buffers.push(one);
    return one;
  };
  try {
    const made = await gpu.guarded(`trace of ${kernel.name}`, () => {
      const record = buffer(recordBytes, GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC);
      const read = buffer(recordBytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
      const entries: GPUBindGroupEntry[] = tensors.map(({ storage, offset, shape }, i) => ({
        binding: i,
        resource: {
          buffer: storage.buffer as GPUBuffer,
          offset,
          size: Math.max(16, Math.ceil((4 * elements(shape)) / 16) * 16),
        },
      }));
      if (values.length > 0) {
        const sizes = buffer(4 * values.length, GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
        device.queue.writeBuffer(sizes, 0, new Uint32Array(values));
        entries.push({ binding: storages, resource: { buffer: sizes } });
      }
      entries.push({ binding, resource: { buffer: record } });
      const layout = device.createBindGroupLayout({
        entries: entries.map(({ binding: number }) => ({
          binding: number,
          visibility: GPUShaderStage.COMPUTE,
          buffer: {
            type:
              number < kernel.reads.length
                ? 'read-only-storage'
                : number < storages || number === binding
                  ? 'storage'
                  : 'uniform',
          },
        })),
      });
      const module = device.createShaderModule({ label: kernel.name, code: instrument(code, binding) });
      const pipeline = device.createComputePipelineAsync({
        label: `trace of ${kernel.name}`,
        layout: device.createPipelineLayout({ bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      });
      pipeline.catch(() => {});
      return { pipeline, group: device.createBindGroup({ layout, entries }), record, read };
    });
    const pipeline = await made.pipeline;
    await gpu.guarded(`trace of ${kernel.name}`, () => {
      const encoder = device.createCommandEncoder();
      const pass = encoder.beginComputePass();
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, made.group);
      pass.dispatchWorkgroups(...workgroups);
      pass.end();
      encoder.copyBufferToBuffer(made.record, 0, made.read, 0, recordBytes);
      device.queue.submit([encoder.finish()]);
    });
    const { read } = made;
    await gpu.waiting.until(read.mapAsync(GPUMapMode.READ));
    const record = new Uint32Array(read.getMappedRange().slice(0));
    read.unmap();
    return accessesOf(record, arraysOf(code.replace(/\/\/[^\n]*/g, '')));
  } finally {
    for (const one of buffers) gpu.release(one);
  }
}
