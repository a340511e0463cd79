// Kernels by name: what the host says of a kernel is checked against its WGSL when the module loads.
import type { Gpu } from './adapter.ts';

/** Values of a kernel's `const` parameters; a shader is specialised to them. */
export type Params = Readonly<Record<string, number | boolean>>;

export interface Kernel {
  readonly name: string;
  /** Bound read-only, in binding order. */
  readonly reads: readonly string[];
  /** Bound read-write, after the reads. */
  readonly writes: readonly string[];
  readonly params: readonly string[];
  readonly source: string;
}

/** What `defineKernel` is told. `source` may be several texts: shared functions first. */
export interface KernelDefinition {
  readonly name: string;
  readonly source: string | readonly string[];
  readonly reads: readonly string[];
  readonly writes: readonly string[];
  readonly params: readonly string[];
}

const bindingPattern = /@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(read|read_write)>\s*(\w+)\s*:/g;
const paramPattern = /^const (\w+): (u32|f32|bool) = [^;]+;/gm;

/** `enable` directives must come before everything else, whichever of the texts they stand in. */
function hoisted(source: string): string {
  const directives = source.match(/^enable [^;]+;\n/gm) ?? [];
  return [...directives, source.replace(/^enable [^;]+;\n/gm, '')].join('');
}

/**
 * Declare a kernel and check it against its WGSL.
 * @throws Error if bindings or parameters differ in name, order or access from the shader's
 */
export function defineKernel(definition: KernelDefinition): Kernel {
  const { name, reads, writes, params } = definition;
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
  const declared = [...source.matchAll(paramPattern)].map(([, param]) => param);
  if ([...declared].sort().join() !== [...params].sort().join())
    throw new Error(
      `kernel ${name}: its WGSL has the parameters [${declared.join(', ')}], expected [${params.join(', ')}]`,
    );
  if (!/@compute\s+@workgroup_size\([^)]*\)\s*fn main\(/.test(source))
    throw new Error(`kernel ${name}: its WGSL has no entry point 'main'`);
  return { name, reads, writes, params, source };
}

function literal(value: number | boolean, type: string): string {
  if (type === 'bool') return String(Boolean(value));
  const number = Number(value);
  if (type === 'u32') return `${number}u`;
  const text = String(number);
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

/** The WGSL of a kernel with its parameters set. They are constants so that loops are provably finite and arrays can have their size. */
export function specialise(kernel: Kernel, params: Params): string {
  for (const name of kernel.params)
    if (params[name] === undefined) throw new Error(`kernel ${kernel.name}: parameter ${name} is missing`);
  for (const name of Object.keys(params))
    if (!kernel.params.includes(name)) throw new Error(`kernel ${kernel.name}: has no parameter ${name}`);
  return kernel.source.replace(paramPattern, (_line, name: string, type: string) => {
    const value = params[name] as number | boolean;
    if (type === 'u32' && !(Number.isInteger(Number(value)) && Number(value) >= 0))
      throw new Error(`kernel ${kernel.name}: parameter ${name} is ${value}, expected a whole number`);
    return `const ${name}: ${type} = ${literal(value, type)};`;
  });
}

/** The compute pipeline of a specialised kernel; made once for each set of parameters. */
export function pipelineOf(gpu: Gpu, kernel: Kernel, params: Params): Promise<GPUComputePipeline> {
  const key = `${kernel.name} ${JSON.stringify(params)}`;
  const known = gpu.pipelines.get(key);
  if (known) return known;
  const made = createPipeline(gpu, kernel, params);
  gpu.pipelines.set(key, made);
  return made;
}

async function createPipeline(gpu: Gpu, kernel: Kernel, params: Params): Promise<GPUComputePipeline> {
  const { device } = gpu;
  const bindings = kernel.reads.length + kernel.writes.length;
  const limit = device.limits.maxStorageBuffersPerShaderStage;
  if (bindings > limit)
    throw new Error(`kernel ${kernel.name}: needs ${bindings} storage buffers, the adapter has ${limit}`);
  const code = specialise(kernel, params);
  device.pushErrorScope('validation');
  const module = device.createShaderModule({ label: kernel.name, code });
  const bindGroupLayout = device.createBindGroupLayout({
    label: kernel.name,
    entries: Array.from({ length: bindings }, (_, binding) => ({
      binding,
      visibility: GPUShaderStage.COMPUTE,
      buffer: { type: binding < kernel.reads.length ? ('read-only-storage' as const) : ('storage' as const) },
    })),
  });
  const layout = device.createPipelineLayout({ bindGroupLayouts: [bindGroupLayout] });
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
