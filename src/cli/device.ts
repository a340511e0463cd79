// The machine's GPU through Dawn, in Node.
import { create, globals } from 'webgpu';
import { Gpu } from '../engine/gpu/adapter.ts';
import { AdapterError } from '../errors.ts';

Object.assign(globalThis, globals);
// Dropping what `create` returns crashes Node: it is held here for the life of the process.
const dawn = create([]);

/** Open the adapter and say on stderr which it is. */
export async function openDevice(): Promise<Gpu> {
  const gpu = await Gpu.open(dawn).catch((error: unknown) => {
    if (!(error instanceof AdapterError && error.reason === 'no-adapter')) throw error;
    throw new AdapterError(
      'no-adapter',
      'adapter: Dawn finds none (expected a Vulkan driver: the GPU’s own, Mesa 25’s lavapipe, or Chromium’s SwiftShader)',
    );
  });
  process.stderr.write(`adapter: ${gpu.name}\n`);
  return gpu;
}
