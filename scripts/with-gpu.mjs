// node scripts/with-gpu.mjs TOOL [arguments]: run a tool of node_modules/.bin where Dawn finds a WebGPU adapter.
import { adapterText, gpuEnvironment, noAdapterText } from './gpu-environment.mjs';
import { run, tool } from './process.mjs';

const [name, ...args] = process.argv.slice(2);
if (!name) {
  console.error('with-gpu: no tool (expected its name, such as vitest, and its arguments)');
  process.exit(2);
}
try {
  const { env, adapter } = await gpuEnvironment();
  console.error(adapter ? `WebGPU in Node: ${adapterText(adapter)}` : noAdapterText);
  process.exitCode = await run(tool(name), args, { cwd: process.cwd(), env });
} catch (error) {
  console.error(`with-gpu: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 2;
}
