// The size of a kernel's workgroups and their memory, read from its WGSL.
import { type Kernel, type Params, specialise } from './kernel.ts';
import { evaluate } from './wgsl-constants.ts';

const typeBytes: Readonly<Record<string, number>> = { f16: 2, vec4h: 8, f32: 4, u32: 4, vec2f: 8, vec4f: 16 };

/** Invocations of a workgroup. */
export function workgroupSize(kernel: Kernel, params: Params): number {
  const source = specialise(kernel, params);
  const size = /@compute\s+@workgroup_size\(([^)]*)\)/.exec(source)?.[1] ?? '1';
  return size.split(',').reduce((product, part) => product * evaluate(part.trim(), source), 1);
}

/** Bytes of workgroup memory; what one variant declares and does not use counts too. */
export function workgroupMemory(kernel: Kernel, params: Params): number {
  const source = specialise(kernel, params);
  return [...source.matchAll(/^var<workgroup> \w+: array<(\w+), ([^>]+)>;/gm)].reduce(
    (sum, [, type = '', count = '']) => {
      const plain = new RegExp(`^alias ${type} = (\\w+);`, 'm').exec(source)?.[1] ?? type;
      const bytes = typeBytes[plain];
      if (bytes === undefined) throw new Error(`kernel layout: a workgroup array of ${plain}`);
      return sum + bytes * evaluate(count, source);
    },
    0,
  );
}
