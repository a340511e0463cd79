// node scripts/interop.mjs DIR: imports models that the official classes wrote, compares logits and loss with what those
// classes answer, and exports the models again. DIR holds a folder for each case, CASE.input.json and
// CASE.expected.safetensors beside it.
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { gpuEnvironment } from './gpu-environment.mjs';
import { root, run, tool } from './process.mjs';

const [folder, ...more] = process.argv.slice(2);
if (!folder || more.length > 0 || !statSync(folder, { throwIfNoEntry: false })?.isDirectory()) {
  console.error(`interop: ${folder ? `'${[folder, ...more].join(' ')}'` : 'nothing'} (expected one folder)`);
  process.exit(2);
}
const { env } = await gpuEnvironment();
process.exitCode = await run(tool('vitest'), ['run', '--config', 'scripts/interop.config.ts', '--root', root], {
  env: { ...env, RMT_INTEROP: resolve(folder) },
});
