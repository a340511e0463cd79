// Dawn in Node for the tests. A missing adapter fails the tests; they are never skipped.
import { afterAll, beforeAll } from 'vitest';
import { dawn } from '../cli/dawn.ts';
import { Gpu } from '../engine/gpu/adapter.ts';
import { defaultTuning, registers, type Tuning } from '../engine/gpu/tuning.ts';

/** Kernels that compile several times faster than the default ones of a software adapter. */
export const simpleKernels: Tuning = {
  product: { small: registers, large: registers },
  attention: { small: 'rows', large: 'rows' },
};
let chosen: Tuning | undefined;

/**
 * Call at the top of a test file to use `simpleKernels` on its devices, if it does not test the kernels themselves. Tests of
 * kernels, of models against PyTorch and of the command line use the adapter's own.
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

/** Call in a test file or a `describe` whose tests count the bytes of the sizes: they are in a uniform buffer, not immediates. */
export function useUniformSizes(): void {
  let offered = false;
  beforeAll(async () => {
    const gpu = await testGpu();
    offered = gpu.immediates;
    gpu.immediates = false;
  });
  afterAll(async () => {
    (await testGpu()).immediates = offered;
  });
}

let opened: Promise<Gpu> | undefined;

/** The device shared by all tests of a process, with its compiled kernels. */
export function testGpu(): Promise<Gpu> {
  opened ??= openGpu();
  return opened;
}

/**
 * Called after every test file: replaces the shared device if the file left buffers on it or made it fail, because the next
 * file expects an empty device.
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

/** The same device, presented as a GPU: with the kernels that GPUs use. */
export function asHardware(gpu: Gpu): Gpu {
  const facts = { ...gpu.facts, software: false };
  return Object.create(gpu, {
    facts: { value: facts },
    tuning: { value: defaultTuning(facts), writable: true },
    tuningSource: { value: 'facts', writable: true },
    lostVariants: { value: [], writable: true },
    retune: { value: undefined, writable: true },
    allocate: { value: gpu.allocate.bind(gpu) },
    release: { value: gpu.release.bind(gpu) },
  });
}

/** A separate device, for tests that lose or destroy it. */
export async function openGpu(): Promise<Gpu> {
  try {
    const gpu = await Gpu.open(dawn);
    if (chosen) gpu.tuning = chosen;
    return gpu;
  } catch (error) {
    throw new Error(
      `${error instanceof Error ? error.message : error}. The tests need a WebGPU adapter: run them with 'npm test', or install Chromium (its SwiftShader is used) or Mesa 25 (lavapipe).`,
    );
  }
}
