import { defineConfig } from 'vite';

// The two headers make the page cross-origin isolated: WASM peers get threads, and clocks have full resolution.
const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };

export default defineConfig({
  base: './',
  // ONNX Runtime's own files come from beside the page, by the addresses that ort.ts gives it.
  resolve: { conditions: ['onnxruntime-web-use-extern-wasm', 'module', 'browser', 'production'] },
  build: { target: 'es2022', outDir: 'dist', emptyOutDir: true, chunkSizeWarningLimit: 4000 },
  preview: { headers },
});
