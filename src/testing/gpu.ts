// Dawn in Node for the tests: no adapter is a failure, never a skip.
import { afterAll, beforeAll } from 'vitest';
import { dawn } from '../cli/dawn.ts';
import { Gpu } from '../engine/gpu/adapter.ts';
import { registers, type Tuning } from '../engine/gpu/tuning.ts';

/** Kernels that compile several times as fast as those a software adapter runs fastest. */
export const simpleKernels: Tuning = {
  product: { small: registers, large: registers },
  attention: { small: 'rows', large: 'rows' },
};
let chosen: Tuning | undefined;

/**
 * Called at the head of a test file: its devices use `simpleKernels`. For tests of what happens around the kernels; the
 * kernels themselves, the models against PyTorch and the command line are tested with those that the adapter uses.
 */
export function useSimpleKernels(): void {
  let shared: Gpu | undefined;
  let before: Tuning | undefined;
  beforeAll(async () => {
    shared = await testGpu();
    before = shared.tuning;
    shared.tuning = simpleKernels;
    chosen = simpleKernels;
  });
  afterAll(() => {
    chosen = undefined;
    if (shared && before) shared.tuning = before;
  });
}

let opened: Promise<Gpu> | undefined;

/** The device that all tests of a process share, with its compiled kernels. */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu();
  return opened;
}

/**
 * Called after every test file: replaces the shared device if the file left buffers on it or made it fail, because the tests
 * of the next file expect none.
 */
export async function leaveTestGpu(): Promise<void> {
  const gpu = await opened?.catch(() => undefined);
  if (gpu && gpu.bytes === 0 && isSound(gpu)) return;
  opened = undefined;
  gpu?.destroy();
}

function isSound(gpu: Gpu): boolean {
  try {
    gpu.check();
    return true;
  } catch {
    return false;
  }
}

/** A device of one's own, for tests that lose or destroy it. */
export async function openGpu(): Promise<Gpu> {
  try {
    const gpu = await Gpu.open(dawn);
    if (chosen) gpu.tuning = chosen;
    return gpu;
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}. The tests need a WebGPU adapter: run them by 'npm test', or install Chromium (its SwiftShader is used) or Mesa 25 (lavapipe).`,
    );
  }
}
