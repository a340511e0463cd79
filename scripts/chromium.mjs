// Finds an installed Chromium, or installs one.
import { execFileSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { run, tool } from './process.mjs';

const { env, platform } = process;

const names = {
  linux: ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome'],
  darwin: ['chromium', 'google-chrome'],
  win32: ['chrome.exe', 'chromium.exe'],
};

/** @type {Record<string, string[]>} */
const places = {
  linux: [
    '/usr/lib/chromium/chromium',
    '/usr/lib/chromium-browser/chromium-browser',
    '/opt/google/chrome/chrome',
    '/snap/bin/chromium',
  ],
  darwin: ['', env.HOME ?? ''].flatMap((home) => [
    `${home}/Applications/Google Chrome.app/Contents/MacOS/Google Chrome`,
    `${home}/Applications/Chromium.app/Contents/MacOS/Chromium`,
  ]),
  win32: [env.PROGRAMFILES, env['PROGRAMFILES(X86)'], env.LOCALAPPDATA].flatMap((folder) =>
    folder
      ? [join(folder, 'Google/Chrome/Application/chrome.exe'), join(folder, 'Chromium/Application/chrome.exe')]
      : [],
  ),
};

/** Every installed browser, best first. */
async function* browsers() {
  if (env.CHROMIUM_PATH) {
    if (!existsSync(env.CHROMIUM_PATH))
      throw new Error(`CHROMIUM_PATH: no file '${env.CHROMIUM_PATH}' (expected a Chromium or Chrome)`);
    yield env.CHROMIUM_PATH;
    return;
  }
  const folders = (env.PATH ?? '').split(delimiter).filter(Boolean);
  for (const name of names[/** @type {keyof typeof names} */ (platform)] ?? names.linux)
    for (const folder of folders) if (existsSync(join(folder, name))) yield join(folder, name);
  for (const path of places[platform] ?? []) if (existsSync(path)) yield path;
  const playwright = await import('playwright').catch(() => undefined); // may run before npm install
  const downloaded = playwright?.chromium.executablePath();
  if (downloaded && existsSync(downloaded)) yield downloaded;
}

/** Whether it starts: on some distributions the file is a script that only names a package to install. @param {string} path */
function starts(path) {
  if (platform !== 'linux' || env.CHROMIUM_PATH) return true; // on Windows --version opens a window
  try {
    return /\d+\.\d+/.test(
      execFileSync(path, ['--version'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch {
    return false;
  }
}

/**
 * The executable of a Chromium or Chrome on this machine.
 * @returns {Promise<string | undefined>}
 */
export async function findChromium() {
  for await (const path of browsers()) if (starts(path)) return path;
  return undefined;
}

/** Folders with the libraries of a browser, among them SwiftShader and the Vulkan loader. */
export async function* chromiumFolders() {
  const given = new Set();
  // On Debian the executable is a script in another folder; the browser's own folder is among the usual places.
  for await (const path of browsers())
    for (const folder of [dirname(realpathSync(path)), ...(places[platform] ?? []).map((place) => dirname(place))]) {
      if (!given.has(folder) && existsSync(folder)) yield folder;
      given.add(folder);
    }
}

/**
 * A Chromium, installed if necessary: Playwright's own, or the distribution's package when running as root.
 * @returns {Promise<string>}
 */
export async function provideChromium() {
  const found = await findChromium();
  if (found) return found;
  console.log('No Chromium found; installing Playwright’s …');
  await run(tool('playwright'), ['install', 'chromium'], { timeout: 10 * 60_000 });
  const downloaded = await findChromium();
  if (downloaded) return downloaded;
  if (existsSync('/usr/bin/apt-get') && process.getuid?.() === 0) {
    console.log('Installing the package chromium …');
    const apt = { env: { ...env, DEBIAN_FRONTEND: 'noninteractive' } };
    if ((await run('apt-get', ['update'], apt)) === 0)
      await run('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], apt);
    const packaged = await findChromium();
    if (packaged) return packaged;
  }
  throw new Error(
    'No Chromium found, and none could be installed. Install Chromium or Chrome (Debian, Ubuntu: ' +
      '`sudo apt-get install chromium`), or set CHROMIUM_PATH to its executable.',
  );
}

/** Arguments for Chromium: WebGPU on SwiftShader, so that every machine gets the same, and no network requests of its own. */
export const chromiumArguments = [
  '--no-sandbox',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
];

/** Chromium's arguments, for SwiftShader or for the adapter it chooses by default. @param {string} adapter */
export function argumentsFor(adapter) {
  if (adapter === 'swiftshader') return chromiumArguments;
  const vulkan = [
    '--use-angle=vulkan',
    '--enable-features=Vulkan',
    '--disable-vulkan-surface',
    '--ignore-gpu-blocklist',
  ];
  return [
    ...chromiumArguments.filter((argument) => !argument.startsWith('--use-webgpu-adapter')),
    ...(process.platform === 'linux' ? vulkan : []),
  ];
}
