// npm start: install what is missing, build the page, serve it on this machine and open it.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { install } from './install.mjs';
import { root } from './process.mjs';

/** @param {string} message */
const fail = (message, status = 1) => {
  console.error(`start: ${message}`);
  process.exit(status);
};

/** The requested port, or the first to try. */
function portOption() {
  try {
    const { port } = parseArgs({ options: { port: { type: 'string' } } }).values;
    if (port === undefined) return { port: 4173, strictPort: false };
    if (/^\d+$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535)
      return { port: Number(port), strictPort: true };
    return fail(`--port: '${port}' (expected an integer from 1 to 65535)`, 2);
  } catch (error) {
    return fail(`${error instanceof Error ? error.message : error} (expected --port NUMBER or nothing)`, 2);
  }
}

/** Open the page in the user's default browser if there is a display. @param {string} url */
function open(url) {
  const { env, platform } = process;
  const screen = platform === 'linux' ? env.DISPLAY || env.WAYLAND_DISPLAY : !env.SSH_CONNECTION;
  if (!screen || env.CI) return;
  const [command, ...args] =
    platform === 'win32' ? ['cmd', '/c', 'start', '', url] : [platform === 'darwin' ? 'open' : 'xdg-open', url];
  spawn(/** @type {string} */ (command), args, { detached: true, stdio: 'ignore' })
    .on('error', () => {}) // no such program: the address is printed
    .unref();
}

const port = portOption();
if (!(await install())) fail('the packages could not be installed; see the messages of npm above');
const vite = await import('vite');
const settings = /** @type {const} */ ({ root, configFile: join(root, 'vite.config.ts'), logLevel: 'warn' });
try {
  console.log('Building the page …');
  await vite.build(settings);
  const server = await vite.preview({ ...settings, preview: port });
  const url = server.resolvedUrls?.local[0] ?? '';
  console.log(`\nRMT Playground: ${url}\nPress Ctrl-C to stop.`);
  if (process.platform === 'linux')
    console.log(
      `If the page finds no WebGPU, start Chrome with: google-chrome --enable-unsafe-webgpu --enable-features=Vulkan ${url}`,
    );
  open(url);
} catch (error) {
  fail(error instanceof Error ? error.message : String(error));
}
