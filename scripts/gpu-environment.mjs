// The environment in which Dawn finds a WebGPU adapter in Node: the machine's GPU if there is one, else a software adapter.
// A library path takes effect only if it is set before the process starts, so programs that need the GPU run as children.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromiumFolders } from './chromium.mjs';
import { root } from './process.mjs';

/** @typedef {{ vendor: string, architecture: string, description: string, software: boolean }} Adapter */

const probe = `
  import { writeSync } from 'node:fs';
  import { create } from 'webgpu';
  const adapter = await create([]).requestAdapter();
  if (adapter) {
    const { vendor, architecture, description, isFallbackAdapter: software } = adapter.info;
    writeSync(1, JSON.stringify({ vendor, architecture, description, software }));
  }
  process.exit();
`;

/**
 * The adapter that Dawn finds in an environment, requested in a separate process.
 * @param {NodeJS.ProcessEnv} env
 * @returns {Adapter | undefined}
 */
function adapterIn(env) {
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', probe], {
    cwd: root,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: 60_000,
  });
  return stdout ? JSON.parse(stdout) : undefined;
}

/** Mesa's software driver, for every architecture that is installed. */
function lavapipe() {
  for (const folder of ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d'])
    if (existsSync(folder)) {
      const files = readdirSync(folder).filter((name) => /^lvp_icd.*\.json$/.test(name));
      if (files.length > 0) return files.map((name) => join(folder, name)).join(':');
    }
  return undefined;
}

/** The first file of this name in a browser's folders. @param {string} name */
async function chromiumFile(name) {
  for await (const folder of chromiumFolders()) if (existsSync(join(folder, name))) return join(folder, name);
  return undefined;
}

const kinds = ['gpu', 'lavapipe', 'swiftshader'];

/**
 * Environments to try, best first.
 * @param {string | undefined} wanted one of `kinds`
 * @returns {AsyncGenerator<NodeJS.ProcessEnv>}
 */
async function* environments(wanted) {
  const { env } = process;
  const plain = wanted === undefined || wanted === 'gpu';
  if (plain) yield env;
  if (process.platform !== 'linux') return; // other systems come with drivers
  // If the system has no Vulkan loader, use the browser's.
  const loader = await chromiumFile('libvulkan.so.1');
  const path = loader && [join(loader, '..'), env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  const withLoader = path && { ...env, LD_LIBRARY_PATH: path };
  if (plain && withLoader) yield withLoader;

  const chosen = env.VK_DRIVER_FILES || env.VK_ICD_FILENAMES;
  if (wanted === 'gpu' || (wanted === undefined && chosen)) return; // the user's choice, even if it has no adapter
  for (const driver of [
    wanted !== 'lavapipe' && (await chromiumFile('vk_swiftshader_icd.json')),
    wanted !== 'swiftshader' && lavapipe(),
  ])
    if (driver)
      for (const base of withLoader ? [env, withLoader] : [env])
        yield { ...base, VK_ICD_FILENAMES: driver, VK_DRIVER_FILES: undefined };
}

/**
 * The environment to run Dawn in; RMT_ADAPTER=gpu, lavapipe or swiftshader selects a kind of adapter.
 * @returns {Promise<{ env: NodeJS.ProcessEnv, adapter: Adapter | undefined }>} no adapter: the environment unchanged
 */
export async function gpuEnvironment() {
  const wanted = process.env.RMT_ADAPTER || undefined;
  if (wanted && !kinds.includes(wanted)) throw new Error(`RMT_ADAPTER: '${wanted}' (expected ${kinds.join(', ')})`);
  const chosen = wanted || process.env.VK_DRIVER_FILES || process.env.VK_ICD_FILENAMES;
  /** @type {{ env: NodeJS.ProcessEnv, adapter: Adapter } | undefined} */
  let slowStart;
  for await (const env of environments(wanted)) {
    const adapter = adapterIn(env);
    if (!adapter || (wanted === 'gpu' && adapter.software)) continue;
    // Of two software adapters SwiftShader comes first: lavapipe takes minutes to compile the kernels of a first run.
    if (chosen || !adapter.software || adapter.architecture === 'swiftshader') return { env, adapter };
    slowStart ??= { env, adapter };
  }
  if (slowStart) return slowStart;
  if (wanted)
    throw new Error(`RMT_ADAPTER: no adapter of the kind '${wanted}' (expected another kind, or no RMT_ADAPTER)`);
  return { env: process.env, adapter: undefined };
}

/** An adapter in words. @param {Adapter} adapter */
export const adapterText = ({ vendor, architecture, description, software }) =>
  `${description || [vendor, architecture].join(' ')}${software ? ' (software)' : ''}`;

/** What to do when there is no adapter. */
export const noAdapterText =
  'Dawn found no WebGPU adapter. Install a Vulkan driver for the GPU, or a software one: Mesa 25 or newer ' +
  '(Debian, Ubuntu: `mesa-vulkan-drivers` and `libvulkan1`) or Chromium, which contains SwiftShader.';
