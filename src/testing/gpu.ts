// Dawn in Node for the tests: no adapter is a failure, never a skip.
import { dawn } from '../cli/dawn.ts';
import { Gpu } from '../engine/gpu/adapter.ts';

let opened: Promise<Gpu> | undefined;

/** The one device all tests of a file share. */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu();
  return opened;
}

/** A device of one's own, for tests that lose or destroy it. */
export async function openGpu(): Promise<Gpu> {
  try {
    return await Gpu.open(dawn);
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}. The tests need a WebGPU adapter: run them by 'npm test', or install Chromium (its SwiftShader is used) or Mesa 25 (lavapipe).`,
    );
  }
}
