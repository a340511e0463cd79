// Opens the machine's GPU through Dawn in Node.
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { Gpu } from '../engine/gpu/adapter.ts';
import { openTuned } from '../engine/gpu/tune.ts';
import { halfTuning } from '../engine/gpu/tuning.ts';
import type { TuningMemory } from '../engine/gpu/tuning-record.ts';
import { AdapterError } from '../errors.ts';
import { dawn } from './dawn.ts';

/** The kernel variants chosen for hardware adapters, in the user's cache; a broken or missing file counts as empty. */
function tuningMemory(): TuningMemory {
  const file = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'rmt-playground', 'tuning.json');
  const read = async (): Promise<Record<string, unknown>> => {
    try {
      const found: unknown = JSON.parse(await readFile(file, 'utf8'));
      return typeof found === 'object' && found !== null ? { ...found } : {};
    } catch {
      return {};
    }
  };
  return {
    recall: async (adapter) => (await read())[adapter],
    async keep(adapter, record) {
      await mkdir(dirname(file), { recursive: true });
      const half = `${file}.${process.pid}`;
      await writeFile(half, JSON.stringify({ ...(await read()), [adapter]: record }, null, 2));
      await rename(half, file);
    },
  };
}

const openAdapter = () =>
  Gpu.open(dawn).catch((error: unknown) => {
    if (!(error instanceof AdapterError && error.reason === 'no-adapter')) throw error;
    throw new AdapterError(
      'no-adapter',
      'adapter: Dawn found none (expected a Vulkan driver: the GPU’s own, Mesa 25’s lavapipe, or Chromium’s SwiftShader)',
    );
  });

/**
 * Open the adapter and print its name on stderr.
 * @param half store the tiles of forward products in f16
 * @param retune time the kernel candidates again, ignoring an earlier choice
 * @throws InputError if `half` is requested and the adapter lacks shader-f16
 */
export async function openDevice(half = false, retune = false): Promise<Gpu> {
  const gpu = await openTuned(openAdapter, tuningMemory(), { again: retune });
  process.stderr.write(`adapter: ${gpu.name}\n`);
  if (gpu.tuningSource === 'timed') process.stderr.write('adapter: kernels chosen by timing the candidates\n');
  if (half) gpu.tuning = halfTuning(gpu.tuning, gpu.facts);
  return gpu;
}

/** Opens the device of a command. */
export type OpenDevice = typeof openDevice;
