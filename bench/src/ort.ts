// ONNX Runtime Web on its WebGPU and on its WebAssembly backend, with its own fused operators or without.
import asyncifyLoader from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import asyncifyBinary from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import plainLoader from 'onnxruntime-web/ort-wasm-simd-threaded.mjs?url';
import plainBinary from 'onnxruntime-web/ort-wasm-simd-threaded.wasm?url';
import { encoderModel, type Fused } from './onnx/encoder.ts';
import type { Peer } from './peer.ts';
import { forwardSizes, rowsOf, weightsOf } from './workload.ts';

const provider = (name: 'webgpu' | 'wasm', fused: Fused): Peer => ({
  async forward() {
    const ort = name === 'webgpu' ? await import('onnxruntime-web/webgpu') : await import('onnxruntime-web/wasm');
    const [loader, binary] = name === 'webgpu' ? [asyncifyLoader, asyncifyBinary] : [plainLoader, plainBinary];
    const absolute = (url: string) => new URL(url, document.baseURI).href;
    ort.env.wasm.wasmPaths = { mjs: absolute(loader), wasm: absolute(binary) };
    // Suppresses its warnings about operators that it places on the CPU.
    ort.env.logLevel = 'error';
    ort.env.wasm.numThreads = navigator.hardwareConcurrency;
    const { B, S, D, M } = forwardSizes;
    const session = await ort.InferenceSession.create(encoderModel(forwardSizes, weightsOf(forwardSizes), fused), {
      executionProviders: [name],
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
    });
    const ids = rowsOf(forwardSizes);
    return async () => {
      const { hidden } = await session.run({ rows: new ort.Tensor('int32', ids, [B, S]) });
      if (!hidden) throw new Error('ort: no output hidden');
      const values = (await hidden.getData()) as Float32Array;
      return values.slice(D, (1 + M) * D);
    };
  },
});

const [all, none] = [
  { attention: true, rest: true },
  { attention: false, rest: false },
];
export const variants = {
  'ort-webgpu': provider('webgpu', all),
  'ort-webgpu-split': provider('webgpu', { attention: false, rest: true }),
  'ort-webgpu-standard': provider('webgpu', none),
  'ort-wasm': provider('wasm', all),
  'ort-wasm-standard': provider('wasm', none),
} as const;
