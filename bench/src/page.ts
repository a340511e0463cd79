// The page: prepares one peer and runs it on request from the script. Times are measured here.
import { Gpu } from '../../src/engine/gpu/adapter.ts';
import type { Peer, Workload } from './peer.ts';
import { COMPARED_STEPS, forwardSizes, trainingSizes } from './workload.ts';

/** Only the requested library is loaded. */
const peers: Readonly<Record<string, () => Promise<Peer>>> = {
  ours: async () => (await import('./ours.ts')).ours,
  tfjs: async () => (await import('./tfjs.ts')).tfjs,
  jax: async () => (await import('./jax.ts')).jax,
  'ort-webgpu': async () => (await import('./ort.ts')).variants['ort-webgpu'],
  'ort-webgpu-split': async () => (await import('./ort.ts')).variants['ort-webgpu-split'],
  'ort-webgpu-standard': async () => (await import('./ort.ts')).variants['ort-webgpu-standard'],
  'ort-wasm': async () => (await import('./ort.ts')).variants['ort-wasm'],
  'ort-wasm-standard': async () => (await import('./ort.ts')).variants['ort-wasm-standard'],
};

let run: (() => Promise<Float32Array | number>) | undefined;

const bench = {
  sizes: { forward: forwardSizes, training: trainingSizes },
  /** Threads of a WebAssembly peer. */
  threads: crossOriginIsolated ? navigator.hardwareConcurrency : 1,

  /** The adapter that every library uses here. */
  async adapter(): Promise<string> {
    const gpu = await Gpu.open(navigator.gpu);
    const { name } = gpu;
    gpu.destroy();
    return name;
  },

  /** Prepare a peer and return the compared values: the rows of one pass, or the losses of the first steps. */
  async prepare(peer: string, workload: Workload): Promise<number[]> {
    const ready = await (await peers[peer]?.())?.[workload]?.();
    if (!ready) throw new Error(`${peer} has no ${workload}`);
    run = ready;
    const count = workload === 'forward' ? 1 : COMPARED_STEPS;
    const values: number[][] = [];
    for (let i = 0; i < count; i++) {
      const result = await ready();
      values.push(typeof result === 'number' ? [result] : [...result]);
    }
    return values.flat();
  },

  /** Milliseconds of one run, until the result is on the host. */
  async time(): Promise<number> {
    if (!run) throw new Error('nothing is prepared');
    const start = performance.now();
    await run();
    return performance.now() - start;
  },
};

export type Bench = typeof bench;
Object.assign(globalThis, { bench });
