// Finds an installed Firefox, and starts it with WebGPU.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const { env, platform } = process;

const names = platform === 'win32' ? ['firefox.exe'] : ['firefox-esr', 'firefox', 'firefox-nightly'];

/** @type {Record<string, string[]>} */
const places = {
  linux: ['/usr/lib/firefox-esr/firefox-esr', '/usr/lib/firefox/firefox', '/opt/firefox/firefox'],
  darwin: ['/Applications/Firefox.app/Contents/MacOS/firefox'],
  win32: [env.PROGRAMFILES, env.LOCALAPPDATA].flatMap((folder) =>
    folder ? [join(folder, 'Mozilla Firefox/firefox.exe')] : [],
  ),
};

/** The first version whose WebGPU in workers is complete enough for the page. */
const OLDEST = 141;

/**
 * The executable of a Firefox on this machine that has WebGPU.
 * @returns {{ path: string, version: string } | { reason: string }}
 */
export function findFirefox() {
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  const candidates = env.FIREFOX_PATH
    ? [env.FIREFOX_PATH]
    : [...names.flatMap((name) => folders.map((folder) => join(folder, name))), ...(places[platform] ?? [])];
  let reason = 'no Firefox was found (expected one on the PATH, or in FIREFOX_PATH)';
  for (const path of candidates) {
    if (!existsSync(path)) continue;
    try {
      const said = execFileSync(path, ['--version'], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: 60_000,
      });
      const version = /Firefox (\d+[\d.]*)/.exec(said)?.[1];
      if (version && Number.parseInt(version, 10) >= OLDEST) return { path, version };
      reason = `${path} is ${said.trim()} (expected Firefox ${OLDEST} or newer)`;
    } catch {
      // A script that only names a package to install.
      reason = `${path} does not start`;
    }
  }
  return { reason };
}

/** Preferences with which Firefox offers WebGPU on every adapter, in workers too, and requests nothing on its own. */
const preferences = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'app.normandy.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
};

/**
 * Start it without a window.
 * @param {string} path
 * @param {NodeJS.ProcessEnv} environment in which Vulkan finds an adapter
 */
export async function launchFirefox(path, environment) {
  const { default: puppeteer } = await import('puppeteer-core');
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: path,
    headless: true,
    env: environment,
    extraPrefsFirefox: preferences,
    // A call that waits for a training run is answered when it is done.
    protocolTimeout: 0,
  });
}
