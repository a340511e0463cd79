// The adapter features and limits that this page uses, and for what.

export const featuresUsed: Readonly<Record<string, string>> = {
  'timestamp-query': 'times single kernels in the bench',
  subgroups: 'invocations share numbers without workgroup memory: faster products and attention',
  'shader-f16': 'optional half precision for matrix products',
};

export const limitsThatMatter: Readonly<Record<string, string>> = {
  maxStorageBufferBindingSize:
    'the largest buffer range that a kernel can bind: parameters of a model, activations of a segment',
  maxBufferSize: 'the largest single buffer',
  maxStorageBuffersPerShaderStage: 'buffers that a kernel can bind at once; at most 8 are needed',
  maxComputeWorkgroupStorageSize: 'tiles of a matrix product in workgroup memory',
  maxComputeInvocationsPerWorkgroup: 'invocations that can share a tile; the tiled products use 256',
  maxComputeWorkgroupSizeX: 'the same, along one axis',
  maxComputeWorkgroupsPerDimension: 'rows or tiles of one dispatch along one axis',
};

/** The limits that matter first, in their order above; then all others alphabetically. */
export function ordered(limits: Readonly<Record<string, number>>): [name: string, value: number][] {
  const first = Object.keys(limitsThatMatter).filter((name) => name in limits);
  const rest = Object.keys(limits).filter((name) => !(name in limitsThatMatter));
  return [...first, ...rest.sort()].map((name) => [name, limits[name] ?? Number.NaN]);
}

/** Whether a limit counts bytes. */
export const inBytes = (name: string) => /BindingSize$|BufferSize$|StorageSize$/.test(name);
