// Kernels by name: the host's declaration of a kernel is checked against its WGSL when the module loads.
import type { Gpu } from './adapter.ts';
import { decided, unrolled } from './wgsl-constants.ts';

/** Values of a kernel's parameters: constants, which specialise the shader, and sizes, from immediates or a uniform. */
export type Params = Readonly<Record<string, number | boolean>>;

/** The argument of `defineKernel`. `source` may be several texts: shared functions first. */
export interface KernelDefinition {
  readonly name: string;
  readonly source: string | readonly string[];
  /** Bound read-only, in binding order. */
  readonly reads: readonly string[];
  /** Bound read-write, after the reads. */
  readonly writes: readonly string[];
  /** `const NAME: type = …;` in the WGSL: values that size a private array, unroll a loop or pick a variant. */
  readonly constants: readonly string[];
  /** Members of `struct Sizes`, in order, all u32: the uniform bound last. Changing them needs no new pipeline. */
  readonly sizes: readonly string[];
  /** Variables of loops that are written out, if they have at most four rounds. */
  readonly unrolled?: readonly string[];
}

export interface Kernel extends KernelDefinition {
  readonly source: string;
}

const bindingPattern = /@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(read|read_write)>\s*(\w+)\s*:/g;
const constantPattern = /^const (\w+): (u32|f32|bool) = [^;]+;/gm;
const sizesPattern = /^struct Sizes \{([^}]*)\}/m;
const uniformPattern = /@group\(0\)\s*@binding\((\d+)\)\s*var<uniform>\s*(\w+)\s*:\s*(\w+);/g;

/** `enable` directives must come before everything else, whichever text they are in. */
function hoisted(source: string): string {
  const directives = source.match(/^enable [^;]+;\n/gm) ?? [];
  return [...directives, source.replace(/^enable [^;]+;\n/gm, '')].join('');
}

/**
 * Declare a kernel and check it against its WGSL.
 * @throws Error if bindings, constants or sizes differ in name, order, access or type from the shader's
 */
export function defineKernel(definition: KernelDefinition): Kernel {
  const { name, reads, writes, constants, sizes } = definition;
  const source = hoisted([definition.source].flat().join('\n'));
  const found = [...source.matchAll(bindingPattern)].map(
    ([, binding, access, variable]) => `${binding} ${access} ${variable}`,
  );
  const wanted = [
    ...reads.map((variable, i) => `${i} read ${variable}`),
    ...writes.map((variable, i) => `${reads.length + i} read_write ${variable}`),
  ];
  if (found.join() !== wanted.join())
    throw new Error(`kernel ${name}: its WGSL binds [${found.join(', ')}], expected [${wanted.join(', ')}]`);
  const declared = [...source.matchAll(constantPattern)].map(([, constant]) => constant);
  if ([...declared].sort().join() !== [...constants].sort().join())
    throw new Error(
      `kernel ${name}: its WGSL has the constants [${declared.join(', ')}], expected [${constants.join(', ')}]`,
    );
  checkSizes(name, source, sizes, wanted.length);
  if (!/@compute\s+@workgroup_size\([^)]*\)\s*fn main\(/.test(source))
    throw new Error(`kernel ${name}: its WGSL has no entry point 'main'`);
  return { ...definition, source };
}

/**
 * Check the struct of the sizes and the one uniform that holds it, bound after the others; a kernel without sizes has
 * neither.
 */
function checkSizes(name: string, source: string, sizes: readonly string[], binding: number): void {
  const members = (sizesPattern.exec(source)?.[1] ?? '')
    .split(',')
    .map((member) => member.trim().replace(/\s+/g, ' '))
    .filter((member) => member !== '');
  const wanted = sizes.map((size) => `${size}: u32`);
  if (members.join() !== wanted.join())
    throw new Error(`kernel ${name}: its WGSL has the sizes [${members.join(', ')}], expected [${wanted.join(', ')}]`);
  const uniforms = [...source.matchAll(uniformPattern)].map(([, at, variable, type]) => `${at} ${variable}: ${type}`);
  const expected = sizes.length > 0 ? [`${binding} sizes: Sizes`] : [];
  if (uniforms.join() !== expected.join())
    throw new Error(
      `kernel ${name}: its WGSL has the uniforms [${uniforms.join(', ')}], expected [${expected.join(', ')}]`,
    );
}

function literal(value: number | boolean, type: string): string {
  if (type === 'bool') return String(Boolean(value));
  const number = Number(value);
  if (type === 'u32') return `${number}u`;
  const text = String(number);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

function parameter(kernel: Kernel, params: Params, name: string): number | boolean {
  const value = params[name];
  if (value === undefined) throw new Error(`kernel ${kernel.name}: parameter ${name} is missing`);
  return value;
}

function integer(kernel: Kernel, name: string, value: number | boolean, isPlanned = false): number {
  const number = Number(value);
  if (!(Number.isInteger(number) && number >= 0 && (isPlanned || number < 2 ** 32)))
    throw new Error(`kernel ${kernel.name}: parameter ${name} is ${value}, expected an integer from 0 to 2^32 - 1`);
  return number;
}

/**
 * The sizes of one dispatch, in the order of the kernel's struct.
 * @param isPlanned the sizes are only planned and may exceed u32; oversized buffers are refused by their bytes
 * @throws Error if a parameter is missing or unknown, or a size is not a u32
 */
export function sizeValues(kernel: Kernel, params: Params, isPlanned = false): number[] {
  for (const name of kernel.constants) parameter(kernel, params, name);
  const known = [...kernel.constants, ...kernel.sizes];
  for (const name of Object.keys(params))
    if (!known.includes(name)) throw new Error(`kernel ${kernel.name}: has no parameter ${name}`);
  return kernel.sizes.map((name) => integer(kernel, name, parameter(kernel, params, name), isPlanned));
}

/**
 * The WGSL of a kernel with its constants set. The other `params` are ignored.
 * @param immediates its sizes are immediates instead of a uniform
 */
export function specialise(kernel: Kernel, params: Params, immediates = false): string {
  const source = kernel.source.replace(constantPattern, (_line, name: string, type: string) => {
    const value = parameter(kernel, params, name);
    if (type === 'u32') integer(kernel, name, value);
    return `const ${name}: ${type} = ${literal(value, type)};`;
  });
  const written = decided(kernel.unrolled ? unrolled(source, kernel.unrolled) : source);
  if (!immediates || kernel.sizes.length === 0) return written;
  // On the first line, so that the lines of an error are those of the source.
  return `requires immediate_address_space; ${written.replace(uniformPattern, 'var<immediate> $2: $3;')}`;
}

/**
 * The compute pipeline of a specialised kernel: created once for each set of constants, independent of the sizes. A
 * failed compilation is retried.
 */
export function pipelineOf(gpu: Gpu, kernel: Kernel, params: Params): Promise<GPUComputePipeline> {
  const key = `${gpu.immediates} ${kernel.name} ${JSON.stringify(kernel.constants.map((name) => [name, params[name]]))}`;
  const known = gpu.pipelines.get(key);
  if (known) return known;
  const made = createPipeline(gpu, kernel, params);
  gpu.pipelines.set(key, made);
  // Current callers get the error; the next call retries.
  made.catch(() => gpu.pipelines.delete(key));
  return made;
}

function bindingTypes({ reads, writes, sizes }: Kernel, immediates: boolean): GPUBufferBindingLayout[] {
  return [
    ...reads.map(() => ({ type: 'read-only-storage' as const })),
    ...writes.map(() => ({ type: 'storage' as const })),
    ...(sizes.length > 0 && !immediates ? [{ type: 'uniform' as const, minBindingSize: 4 * sizes.length }] : []),
  ];
}

async function createPipeline(gpu: Gpu, kernel: Kernel, params: Params): Promise<GPUComputePipeline> {
  const { device } = gpu;
  const bindings = kernel.reads.length + kernel.writes.length;
  const limit = device.limits.maxStorageBuffersPerShaderStage;
  if (bindings > limit)
    throw new Error(`kernel ${kernel.name}: needs ${bindings} storage buffers, the adapter has ${limit}`);
  const code = specialise(kernel, params, gpu.immediates);
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: kernel.name, code });
  const bindGroupLayout = device.createBindGroupLayout({
    label: kernel.name,
    entries: bindingTypes(kernel, gpu.immediates).map((buffer, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer,
    })),
  });
  const immediateSize = gpu.immediates ? 4 * kernel.sizes.length : 0;
  const layout = device.createPipelineLayout({ bindGroupLayouts: [bindGroupLayout], immediateSize });
  const scope = device.popErrorScope();
  const messages = (await module.getCompilationInfo()).messages.filter((message) => message.type === 'error');
  const error = await scope;
  const first = messages[0];
  if (first) throw new Error(`kernel ${kernel.name}, line ${first.lineNum}: ${first.message}`);
  if (error) throw new Error(`kernel ${kernel.name}: ${error.message}`);
  try {
    const compute = { module, entryPoint: 'main' };
    return await device.createComputePipelineAsync({ label: kernel.name, layout, compute });
  } catch (reason) {
    throw new Error(`kernel ${kernel.name}: ${reason instanceof Error ? reason.message : String(reason)}`);
  }
}
